"""The command adapter with real processes: what reaches them, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sweeps import CHILD, SQL, await_gone, reaper

from kpo_suite.subjects import Outcome
from kpo_suite.subjects.adapter import OUTPUT_LIMIT
from kpo_suite.subjects.command import CommandSubject


def swept(code: str, **run: Any) -> Outcome:
    with CommandSubject(reaper("command", "{python}", "-c", code, **run)) as subject:
        return subject.sweep(SQL)


def test_options_follow_the_arguments_and_extra_ones_come_last_as_they_are() -> None:
    known = {"sql": ["--dsn={database_url}"], "rest": ["--url"], "dry-run": ["--dry-run", "-n={namespace}"]}
    argv = ("{python}", "-c", "import sys; print(*sys.argv[1:], sep='\\n')", "--first")
    asked: dict[str, Any] = {"options": ("dry-run",), "extra": ("--budget=0", "{kubeconfig}")}
    told = CommandSubject(reaper("command", *argv, options=known)).sweep(SQL, **asked).stdout.split()
    named = [f"--dsn={SQL.database_url}", "--dry-run", "-n=airflow", "-n=etl"]
    assert told == ["--first", *named, "--budget=0", "{kubeconfig}"]
    told = CommandSubject(reaper("command", *argv)).sweep(SQL, **asked).stdout.split()
    assert told == ["--first", "--budget=0", "{kubeconfig}"], "what the file does not name adds nothing"


def test_the_environment_has_the_usual_names() -> None:
    outcome = swept("import json, os; print(json.dumps(dict(os.environ)))", env={"MINE": "{namespaces}!"})
    told = json.loads(outcome.stdout)
    assert outcome.exit_code == 0
    assert told["KUBECONFIG"] == "/somewhere/kubeconfig"
    assert told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == SQL.sql_alchemy_conn
    assert told["DATABASE_URL"] == SQL.database_url
    assert told["KPO_CONFORMANCE_NAMESPACES"] == "airflow,etl"
    assert told["MINE"] == "airflow,etl!"


def test_a_crash_is_an_exit_code_and_its_words() -> None:
    outcome = swept("raise SystemExit('no idea')")
    assert (outcome.exit_code, outcome.stderr) == (1, "no idea\n")


def test_a_signal_is_a_negative_exit_code() -> None:
    assert swept("import os; os.kill(os.getpid(), 9)").exit_code == -9


def test_garbage_on_the_output_is_kept_as_text_and_cut() -> None:
    outcome = swept(f"import os; os.write(1, b'\\xff\\x00ok'); os.write(2, b'x' * {OUTPUT_LIMIT + 5})")
    assert outcome.stdout == "\ufffd\x00ok"
    assert len(outcome.stderr) == OUTPUT_LIMIT


def test_who_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        f"import signal, time; {CHILD} signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"print('on the way', flush=True); open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(600)"
    )
    outcome = swept(code, timeout=1.5)
    assert outcome.exit_code is None
    assert outcome.stdout == "on the way\n"
    assert 1.5 <= outcome.seconds < 15
    await_gone(int(note.read_text()))


def test_children_do_not_outlive_a_sweep_that_ended() -> None:
    outcome = swept(f"{CHILD} print(child.pid)")
    assert outcome.exit_code == 0
    await_gone(int(outcome.stdout))


def test_standard_input_is_empty() -> None:
    assert swept("import sys; assert sys.stdin.read() == ''").exit_code == 0


def test_a_command_that_vanished_is_an_outcome_too() -> None:
    outcome = CommandSubject(reaper("command", "/no/such/reaper")).sweep(SQL)
    assert outcome.exit_code == 127
    assert "No such file" in outcome.stderr


def test_it_can_be_closed_twice_and_sweep_again() -> None:
    subject = CommandSubject(reaper("command", "{python}", "-c", "pass"))
    for _ in range(2):
        assert subject.sweep(SQL).exit_code == 0
        subject.close()
