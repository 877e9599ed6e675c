"""The live scenarios on a real Airflow: what the reference passes, and what known-bad reapers fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from command_line import conformance, left_behind, started

from kpo_reports import Verdict
from kpo_suite import catalogue
from kpo_suite.judge import Judgement, verdict
from kpo_suite.live_testbed import LiveTestbed
from kpo_suite.runner import run_live
from kpo_suite.settings import settle
from kpo_suite.subjects import open_subject

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]
CASES = {case.id: case for each in catalogue.scenarios() if each.kind == "live" for case in each.cases()}
DAGS = Path(__file__).parents[2] / "scenarios" / "kpo_scenarios" / "live" / "dags"


def test_the_reference_reaper_passes_and_the_report_tells_what_became_of_each_pod(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run", "--live", timeout=800)
    assert ended.code == 0, ended
    told: dict[str, Any] = json.loads((tmp_path / "conformance-report" / "report.json").read_text())
    assert told["environment"]["airflow_version"] == "3.3.2"
    assert told["environment"]["provider_version"] == "10.25.0"
    assert {result["scenario"] for result in told["results"]} == set(CASES)
    pods = {pod["task"].partition(" ")[0]: pod for result in told["results"] for pod in result["pods"]}
    outcomes = {name: (pod["fate"], pod["outcome"]) for name, pod in pods.items()}
    assert outcomes == {
        "kpo_zombie_dag.zombie_kpo_task": ("zombie", "deleted"),
        "kpo_zombie_dag.mapped_kpo_task[0]": ("zombie", "deleted"),
        "kpo_zombie_dag.healthy_kpo_task": ("live", "gone"),
        "kpo_zombie_dag.mapped_kpo_task[1]": ("live", "gone"),
        "kpo_retry_dag.retried_kpo_task": ("live", "gone"),
        "kpo_retry_dag.abandoned_kpo_task": ("zombie", "deleted"),
    }
    assert "running, try 2" in pods["kpo_retry_dag.retried_kpo_task"]["task"]
    assert "labelled try_number=1" in pods["kpo_retry_dag.retried_kpo_task"]["task"]
    assert all(pod["why"] for pod in pods.values())
    journal: dict[str, Any] = json.loads((tmp_path / "conformance-report" / "journal.json").read_text())
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert len(journal["steady_states"]["before"]["probes"]) == len(CASES)
    assert {"workers_of_two_tasks_die: sweep 1"} <= {each["activity"]["name"] for each in journal["run"]}
    readable = (tmp_path / "conformance-report" / "report.md").read_text()
    assert "3.3.2" in readable
    assert "10.25.0" in readable
    assert left_behind(tmp_path) == []


def test_an_interrupted_live_run_leaves_nothing(tmp_path: Path) -> None:
    process = started(tmp_path, "run", "--live")
    _await_component(process, "scheduler")
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, (stdout, stderr)
    assert left_behind(tmp_path) == []


@pytest.fixture(scope="module")
def testbed() -> Iterator[LiveTestbed]:
    settings = settle(reaper=None, cluster=None, airflow=None, live=True, select=(), report=None)
    with LiveTestbed(settings, DAGS) as testbed:
        yield testbed


def judged(case: str, reaper: str, testbed: LiveTestbed) -> dict[str, Judgement]:
    with open_subject(catalogue.shipped_reapers()[reaper].file) as subject:
        history = run_live(CASES[case], testbed, subject)
    return {requirement: verdict(history, requirement) for requirement in CASES[case].scenario.examines}


def test_rule_two_taken_literally_costs_the_retried_task(testbed: LiveTestbed) -> None:
    found = judged("retry_adopts_the_pod_of_the_first_try", "takes-rule-two-literally", testbed)["KEEP-REATTACHED"]
    assert found.verdict is Verdict.FAIL
    assert "try 2 runs on it" in found.reason


def test_who_deletes_every_kpo_pod_costs_the_healthy_tasks(testbed: LiveTestbed) -> None:
    found = judged("workers_of_two_tasks_die", "deletes-every-kpo-pod", testbed)
    assert {name: each.verdict for name, each in found.items()} == {
        "REAP-SIDECAR": Verdict.VACUOUS,
        "REAP-MAPPED": Verdict.VACUOUS,
        "KEEP-MAPPED-SIBLING": Verdict.FAIL,
        "KEEP-UNFINISHED": Verdict.FAIL,
        "DELETE-NOTHING-ELSE": Verdict.VACUOUS,
    }


def test_who_does_nothing_leaves_the_zombies(testbed: LiveTestbed) -> None:
    found = judged("workers_of_two_tasks_die", "does-nothing", testbed)
    assert {name: each.verdict for name, each in found.items()} == {
        "REAP-SIDECAR": Verdict.FAIL,
        "REAP-MAPPED": Verdict.FAIL,
        "KEEP-MAPPED-SIBLING": Verdict.VACUOUS,
        "KEEP-UNFINISHED": Verdict.VACUOUS,
        "DELETE-NOTHING-ELSE": Verdict.VACUOUS,
    }


def _await_component(process: subprocess.Popen[str], name: str) -> None:
    deadline = time.monotonic() + 300
    while True:
        assert process.poll() is None, process.communicate()
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                if "airflow" in child.cmdline() and name in child.cmdline():
                    return
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        assert time.monotonic() < deadline, f"the {name} did not start within 300 s"
        time.sleep(0.2)
