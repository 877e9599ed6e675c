"""Chaos Toolkit runs the shipped experiment: with a good reaper the steady state holds, with a bad one it deviates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from client_environments import client_python, variables

from kpo_reports import (
    Activity,
    Environment,
    Level,
    Report,
    Result,
    Subject,
    Suite,
    Verdict,
    chaos_journal,
    compile_report,
)
from kpo_reports.journal import ACTIVITY_KEYS, JOURNAL_KEYS, STATE_KEYS

pytestmark = [pytest.mark.clients, pytest.mark.client_chaostoolkit]

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "scenarios" / "kpo_scenarios" / "experiments"
MODULES = ("kpo_suite.chaostoolkit.actions", "kpo_suite.chaostoolkit.probes")


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables by which the environment of Chaos Toolkit has this project too, with its entry points."""
    metadata = tmp_path_factory.mktemp("metadata")
    installed = Path(str(distribution("kpo-conformance").locate_file("")))
    for folder in installed.glob("kpo_conformance-*.dist-info"):
        shutil.copytree(folder, metadata / folder.name)
    rooms = [ROOT / room for room in ("fixtures", "reports", "suite", "scenarios", "reaper")]
    return variables(PYTHONPATH=os.pathsep.join(map(str, [*rooms, metadata])))


@pytest.fixture(scope="module")
def chaos() -> Path:
    return client_python("kpo_chaostoolkit").with_name("chaos")


def run(chaos: Path, folder: Path, env: dict[str, str], name: str) -> dict[str, Any]:
    journal = folder / "journal.json"
    ended = subprocess.run(
        [chaos, "run", "--journal-path", journal, EXPERIMENTS / name],
        env={**env, "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert journal.exists(), ended.stderr[-3000:]
    return dict(json.loads(journal.read_text()))


def test_the_steady_state_holds_with_a_good_reaper(chaos: Path, tmp_path: Path, surroundings: dict[str, str]) -> None:
    journal = run(chaos, tmp_path, surroundings, "lost_reply.json")
    assert (journal["status"], journal["deviated"]) == ("completed", False), json.dumps(journal)
    assert [
        state["steady_state_met"] for state in (journal["steady_states"][when] for when in ("before", "after"))
    ] == [
        True,
        True,
    ]
    outputs = {each["activity"]["name"]: each["output"] for each in journal["run"]}
    assert outputs["faults-that-were-injected"] == ["DL2/eof@delete-pods-1"]
    assert [each["under_faults"] for each in outputs["sweep-under-the-fault"]] == [True]
    assert [each["exit_code"] for each in outputs["sweep-without-faults"]] == [0]
    assert set(journal) >= JOURNAL_KEYS
    assert set(journal["run"][0]) >= ACTIVITY_KEYS
    assert set(journal["steady_states"]["before"]) >= STATE_KEYS


def test_the_steady_state_deviates_with_a_bad_reaper(chaos: Path, tmp_path: Path, surroundings: dict[str, str]) -> None:
    env = {**surroundings, "KPO_REAPER": "takes-rule-two-literally"}
    journal = run(chaos, tmp_path, env, "lost_reply.json")
    assert journal["deviated"] is True
    failed = [each for each in journal["steady_states"]["after"]["probes"] if not each["tolerance_met"]]
    assert [each["activity"]["name"] for each in failed] == ["no-live-pod-deleted"]


@pytest.mark.parametrize("experiment", sorted(EXPERIMENTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_experiment_is_valid(chaos: Path, tmp_path: Path, surroundings: dict[str, str], experiment: Path) -> None:
    ended = subprocess.run(
        [chaos, "validate", experiment],
        env={**surroundings, "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_every_activity_is_discovered_with_its_arguments(
    chaos: Path, tmp_path: Path, surroundings: dict[str, str]
) -> None:
    code = "import json; from kpo_suite.chaostoolkit import discover; print(json.dumps(discover()))"
    told = subprocess.run(
        [chaos.with_name("python"), "-c", code],
        env=surroundings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {each["name"]: each for each in json.loads(told.stdout)["activities"]}
    assert {each["mod"] for each in found.values()} == set(MODULES)
    assert found["put_fault"]["arguments"] == [{"name": "form", "type": "string"}, {"name": "at", "type": "string"}]
    assert found["sweep"]["arguments"] == [{"name": "times", "default": 1, "type": "integer"}]
    assert {name for name, each in found.items() if each["type"] == "probe"} >= {
        "no_live_pod_deleted",
        "only_zombies_deleted",
        "every_zombie_gone",
        "accounts_are_true",
    }
    assert all(each["doc"] for each in found.values())


def test_our_journal_is_read_as_chaos_toolkits_own_is(chaos: Path, tmp_path: Path) -> None:
    """The tolerances that our journal claims to have met are met by Chaos Toolkit's own rule, and it is valid."""
    made = _report((Verdict.FAIL, Level.MUST), (Verdict.PASS, Level.MUST), (Verdict.FAIL, Level.SHOULD))
    done = [Activity(scenario="a_world", name="brought about", started=made.started, seconds=1.0, prepares=True)]
    (tmp_path / "journal.json").write_text(json.dumps(chaos_journal(made, done)))
    code = """
import json
from chaoslib.experiment import ensure_experiment_is_valid
from chaoslib.hypothesis import within_tolerance
journal = json.load(open("journal.json"))
ensure_experiment_is_valid(journal["experiment"])
probes = [each for when in ("before", "after") for each in journal["steady_states"][when]["probes"]]
print(json.dumps([[within_tolerance(p["activity"]["tolerance"], p["output"]), p["tolerance_met"]] for p in probes]))
"""
    told = subprocess.run(
        [chaos.with_name("python"), "-c", code],
        env=variables(PATH=f"{chaos.parent}:{Path(sys.executable).parent}"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout.splitlines()[-1]) == [[True, True], [False, False], [True, True], [True, True]]


def _report(*judged: tuple[Verdict, Level]) -> Report:
    return compile_report(
        suite=Suite(name="kpo-conformance", version="0", spec_version="1", spec_sha256="0" * 64),
        subject=Subject(name="a-reaper", version="1"),
        environment=Environment(
            cluster="embedded",
            kubernetes_version="v1.36.3",
            emulated=True,
            airflow_version="3.3.2",
            state_source="postgresql",
            python="3.11",
            platform="Linux x86_64",
        ),
        config={},
        started=datetime(2026, 11, 21, tzinfo=UTC),
        seconds=9.0,
        results=[
            Result(
                scenario="a_world",
                requirement=f"KEEP-{number}",
                level=level,
                verdict=each,
                reason="why",
                required="It MUST.",
                replay=f"KEEP-{number}/a_world:airflow=3.3.2,live",
                seconds=1.0,
            )
            for number, (each, level) in enumerate(judged)
        ],
    )
