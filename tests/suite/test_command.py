"""The command adapter with real processes: what reaches them, and what becomes of them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from kpo_suite.subjects import CommandSubject, Surroundings
from kpo_suite.subjects.command import OUTPUT_LIMIT, arguments
from kpo_suite.subjects.reaper_file import Identity, ReaperFile, Run

WHERE = Surroundings(
    kubeconfig=Path("/somewhere/kubeconfig"),
    sql_alchemy_conn="postgresql+psycopg2://reaper:secret@127.0.0.1:5/airflow",
    database_url="postgresql://reaper:secret@127.0.0.1:5/airflow",
    namespaces=("airflow", "etl"),
)


def subject(code: str, *, timeout: float = 20, env: dict[str, str] | None = None) -> CommandSubject:
    run = Run(adapter="command", argv=["{python}", "-c", code], timeout=timeout, env=env or {})
    return CommandSubject(ReaperFile(reaper=Identity(name="x"), run=run))


def test_placeholders_are_filled_and_namespaces_repeated() -> None:
    argv = ["reap", "--kubeconfig={kubeconfig}", "-n", "{namespaces}", "--ns={namespace}", "{other} {", "{}"]
    assert arguments(argv, WHERE) == [
        "reap",
        "--kubeconfig=/somewhere/kubeconfig",
        "-n",
        "airflow,etl",
        "--ns=airflow",
        "--ns=etl",
        "{other} {",
        "{}",
    ]


def test_a_value_is_not_filled_again() -> None:
    odd = Surroundings(
        kubeconfig=Path("/tmp/{python}"), sql_alchemy_conn="{kubeconfig}", database_url="", namespaces=("a",)
    )
    assert arguments(["{kubeconfig} {sql_alchemy_conn}"], odd) == ["/tmp/{python} {kubeconfig}"]


def test_the_environment_has_the_usual_names() -> None:
    code = "import json, os; print(json.dumps({k: os.environ[k] for k in os.environ}))"
    outcome = subject(code, env={"MINE": "{namespaces}!"}).sweep(WHERE)
    told = json.loads(outcome.stdout)
    assert outcome.exit_code == 0
    assert told["KUBECONFIG"] == "/somewhere/kubeconfig"
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == WHERE.sql_alchemy_conn
    assert told["DATABASE_URL"] == WHERE.database_url
    assert told["KPO_CONFORMANCE_NAMESPACES"] == "airflow,etl"
    assert told["MINE"] == "airflow,etl!"


def test_a_crash_is_an_exit_code_and_its_words() -> None:
    outcome = subject("raise SystemExit('no idea')").sweep(WHERE)
    assert (outcome.exit_code, outcome.stderr) == (1, "no idea\n")


def test_a_signal_is_a_negative_exit_code() -> None:
    assert subject("import os; os.abort()").sweep(WHERE).exit_code == -6


def test_garbage_on_the_output_is_kept_as_text_and_cut() -> None:
    code = f"import os; os.write(1, b'\\xff\\x00ok'); os.write(2, b'x' * {OUTPUT_LIMIT + 5})"
    outcome = subject(code).sweep(WHERE)
    assert outcome.stdout == "\ufffd\x00ok"
    assert len(outcome.stderr) == OUTPUT_LIMIT


def test_who_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    outcome = subject(code, timeout=2).sweep(WHERE)
    assert outcome.exit_code is None
    assert 2 <= outcome.seconds < 15
    _await_gone(int(note.read_text()))


def test_children_do_not_outlive_a_sweep_that_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"open({str(note)!r}, 'w').write(str(child.pid))"
    )
    assert subject(code).sweep(WHERE).exit_code == 0
    _await_gone(int(note.read_text()))


def test_standard_input_is_empty() -> None:
    assert subject("import sys; assert sys.stdin.read() == ''").sweep(WHERE).exit_code == 0


def test_a_command_that_vanished_is_an_outcome_too() -> None:
    run = Run(adapter="command", argv=["/no/such/reaper"])
    outcome = CommandSubject(ReaperFile(reaper=Identity(name="x"), run=run)).sweep(WHERE)
    assert outcome.exit_code == 127
    assert "No such file" in outcome.stderr


def _await_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            pytest.fail(f"process {pid} outlived its sweep by 10 s")
        time.sleep(0.02)
