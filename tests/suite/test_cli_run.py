"""``kpo-conformance run`` from the outside: verdicts, reports, exit codes, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from command_line import conformance, left_behind, started

import kpo_suite.subjects
from kpo_suite import Case, catalogue
from kpo_suite.ledger import requirements


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "conformance-report" / "report.json").read_text())
    return found


WAITS_FOR_NOBODY = "pod_that_would_start_for_nobody[[]pending]"
"""A small world about REAP-PENDING."""
ADOPTED = "retry_runs_on_the_pod_of_the_older_try"
"""A small world about KEEP-REATTACHED."""
DAEMON_FEATURES = ("daemon", "leader-election", "metrics")
"""What the reference reaper, which is no daemon, does not claim."""


def replay_cases() -> list[Case]:
    """What a plain run is about: every replay case that can be on the default Airflow and its database."""
    possible = [each for each in catalogue.scenarios() if each.kind == "replay"]
    return [case for each in possible if each.possible(airflow="3.3", source="sql") for case in each.cases()]


def test_the_reference_reaper_passes_everything(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run")
    assert ended.code == 0, ended
    told = report(tmp_path)
    assert {result["verdict"] for result in told["results"]} == {"pass", "unsupported"}
    unsupported = {result["requirement"] for result in told["results"] if result["verdict"] == "unsupported"}
    daemons = {identifier for identifier, each in requirements().items() if each.feature in DAEMON_FEATURES}
    assert unsupported == {"DELETE-FORCE-LAST"} | daemons
    assert told["subject"]["name"] == "kpo-reaper"
    assert told["environment"]["emulated"] is True
    assert told["environment"]["airflow_version"] == "3.3"
    assert told["environment"]["provider_version"] is None
    assert {result["scenario"] for result in told["results"]} == {case.id for case in replay_cases()}
    for result in told["results"]:
        if result["verdict"] == "unsupported":
            continue
        assert (tmp_path / "conformance-report" / result["evidence"]).is_file()
    assert "report.md" in ended.stdout
    assert left_behind(tmp_path) == []


def test_the_reference_reaper_is_the_same_as_a_command(tmp_path: Path) -> None:
    """The suite calls it as a function, by default; people run it as a command."""
    text = (Path(kpo_suite.subjects.__file__).parent / "reference.toml").read_text()
    fields = tomllib.loads(text)
    argv = ["{python}", "-m", "kpo_reaper", *fields["run"]["argv"]]
    before, _, claims = text.partition("[claims]")
    options = before[before.index("[run.options]") :]
    run = f'[run]\nadapter = "command"\nargv = {json.dumps(argv)}\n'
    (tmp_path / "command.toml").write_text(f'[reaper]\nname = "kpo-reaper"\n\n{run}\n{options}\n[claims]{claims}')
    names = (ADOPTED, "zombie_that_takes_its_time_to_terminate", "dry_run_and_then_the_real_sweep")
    selection = [word for name in names for word in ("--select", name)]
    ended = conformance(tmp_path, "run", "--reaper", "command.toml", *selection)
    assert ended.code == 0, ended
    assert {result["verdict"] for result in report(tmp_path)["results"]} == {"pass"}


def test_workers_side_by_side_give_the_same_verdicts(tmp_path: Path) -> None:
    wanted = ("KEEP-AMBIGUOUS", "KEEP-OTHER-RUN", "REAP-SIDECAR")
    selection = [word for requirement in wanted for word in ("--select", requirement)]
    ended = conformance(tmp_path, "run", "-n", "2", *selection)
    assert ended.code == 0, ended
    results = report(tmp_path)["results"]
    assert {result["verdict"] for result in results} == {"pass"}
    meant = {case.id for case in replay_cases() if set(case.scenario.examines) & set(wanted)}
    assert {result["scenario"] for result in results} == meant
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "requirement", "scenario"),
    [
        ("does-nothing", "REAP-FINISHED", "running_pods_of_finished_tasks"),
        ("deletes-every-kpo-pod", "KEEP-UNFINISHED", "pods_of_unfinished_tasks"),
        ("takes-rule-two-literally", "KEEP-REATTACHED", ADOPTED),
        ("forgets-map-index", "KEEP-MAPPED-SIBLING", "one_map_index_is_over_and_its_siblings_run"),
    ],
)
def test_a_known_bad_reaper_is_named_with_its_requirement(
    tmp_path: Path, name: str, requirement: str, scenario: str
) -> None:
    ended = conformance(tmp_path, "run", "--reaper", name, "--select", scenario)
    assert ended.code == 1, ended
    results = report(tmp_path)["results"]
    assert {"fail"} == {result["verdict"] for result in results if result["requirement"] == requirement}
    assert f"{requirement}  MUST  failed in" in ended.stdout
    junit = ET.parse(tmp_path / "conformance-report" / "junit.xml")
    assert any(requirement in (case.get("name") or "") + str(case.attrib) for case in junit.iter("testcase"))
    if name == "does-nothing":
        assert "pass" not in {result["verdict"] for result in results}
    assert left_behind(tmp_path) == []


BROKEN = {
    "crashes": ("raise SystemExit('no idea')", "no idea"),
    "hangs": ("import time; time.sleep(600)", "hung"),
    "prints garbage": ("import os; os.write(1, bytes(range(256)) * 100); os._exit(7)", "exit code 7"),
    "is killed": ("import os; os.kill(os.getpid(), 9)", "signal 9"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_reaper_gets_verdicts(tmp_path: Path, name: str) -> None:
    code, words = BROKEN[name]
    argv = ["{python}", "-c", code]
    run = f'[run]\nadapter = "command"\nargv = {json.dumps(argv)}\ntimeout = 1\n'
    (tmp_path / "broken.toml").write_text(f'[reaper]\nname = "broken"\n{run}')
    ended = conformance(tmp_path, "run", "--reaper", "broken.toml", "--select", ADOPTED, "--select", WAITS_FOR_NOBODY)
    assert ended.code == 1, ended
    assert "Traceback" not in ended.stderr + ended.stdout
    results = [result for result in report(tmp_path)["results"] if result["verdict"] != "unsupported"]
    verdicts = {result["requirement"]: result for result in results}
    assert {result["verdict"] for result in results if result["requirement"] == "REAP-PENDING"} == {"fail"}
    assert {result["verdict"] for result in results if result["requirement"] == "KEEP-REATTACHED"} == {"vacuous"}
    assert words in verdicts["KEEP-REATTACHED"]["reason"]
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, number: signal.Signals, workers: str) -> None:
    process = started(tmp_path, "run", "-n", workers)
    _await_first_verdict(process, tmp_path)
    # Ctrl-C on a terminal reaches the whole foreground group, a supervisor's SIGTERM the process alone.
    if number is signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, (stdout, stderr)
    assert "Traceback" not in stdout + stderr
    assert "interrupted; everything that was started has been stopped" in stderr
    assert not (tmp_path / "conformance-report" / "report.json").exists()
    assert left_behind(tmp_path) == []


def test_a_replay_token_runs_that_case_alone(tmp_path: Path) -> None:
    token = "KEEP-AMBIGUOUS/two_dags_share_a_label[failed]:airflow=3.3"
    assert conformance(tmp_path, "replay", token).code == 0
    assert [result["replay"] for result in report(tmp_path)["results"]] == [token]


def test_a_users_own_pytest_settings_do_not_reach_the_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for you')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text("raise RuntimeError('not for you either')\n")
    ended = conformance(tmp_path, "run", "--select", WAITS_FOR_NOBODY)
    assert ended.code == 0, ended


def test_the_reports_hold_no_secret(tmp_path: Path) -> None:
    (tmp_path / "talks.toml").write_text(
        '[reaper]\nname = "talks"\n[run]\nadapter = "command"\n'
        'argv = ["sh", "-c", "echo $DATABASE_URL; cat $KUBECONFIG; exit 1"]\n'
    )
    conformance(tmp_path, "run", "--reaper", "talks.toml", "--select", WAITS_FOR_NOBODY)
    written = [path.read_text() for path in (tmp_path / "conformance-report").rglob("*") if path.is_file()]
    assert any("postgresql://" in text for text in written)
    for text in written:
        for line in text.splitlines():
            assert "reaper:" not in line or "@127.0.0.1" not in line or "reaper:***@" in line, line
            assert "token: " not in line or "***" in line, line


def _await_first_verdict(process: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + 60
    evidence = folder / "conformance-report" / "evidence"
    while not (evidence.is_dir() and any(evidence.iterdir())):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no scenario was judged within 60 s"
        time.sleep(0.05)
