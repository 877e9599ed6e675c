"""The stdio adapter with real processes: the line that they are told, the one that they answer, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
import pytest
from sweeps import CHILD, REST, SQL, await_gone, await_text, reaper

from kpo_suite.subjects.adapter import OUTPUT_LIMIT
from kpo_suite.subjects.stdio import StdioSubject

LOOP = """
import json, os, sys, time
for line in sys.stdin:
    order = json.loads(line)
    {}
    print(json.dumps({{"exit_code": 0}}), flush=True)
"""
"""A reaper that does something with each order and answers."""


def subject(code: str, **run: Any) -> StdioSubject:
    """A subject whose process does this at each order."""
    return StdioSubject(reaper("stdio", "{python}", "-c", LOOP.format(code), **run))


def test_it_is_told_its_world_and_its_arguments() -> None:
    known = {"sql": ["--source=sql"], "dry-run": ["--dry-run", "-n={namespace}"]}
    with subject("print(line, end='')", options=known) as reaping:
        outcome = reaping.sweep(SQL, options=("dry-run",), extra=("--budget=0",))
    assert outcome.exit_code == 0
    assert json.loads(outcome.stdout) == {
        "sweep": 1,
        "kubeconfig": "/somewhere/kubeconfig",
        "sql_alchemy_conn": SQL.sql_alchemy_conn,
        "database_url": SQL.database_url,
        "airflow_url": "",
        "airflow_token": "",
        "airflow_username": "",
        "airflow_password": "",
        "state": "",
        "cluster_uid": "",
        "namespaces": ["airflow", "etl"],
        "options": ["dry-run"],
        "arguments": ["--source=sql", "--dry-run", "-n=airflow", "-n=etl", "--budget=0"],
    }


def test_words_in_its_own_command_do_not_shift_the_arguments_of_a_sweep() -> None:
    argv = ("{python}", "-c", LOOP.format("print(order['arguments'])"), "-n={namespace}", "{kubeconfig}")
    with StdioSubject(reaper("stdio", *argv, options={"sql": ["--source=sql"]})) as reaping:
        assert reaping.sweep(SQL).stdout == "['--source=sql']\n"


def test_one_process_makes_all_sweeps_and_is_told_of_each_world() -> None:
    with subject("print(os.getpid(), order['sweep'], order['airflow_url'] or order['database_url'])") as reaping:
        told = [reaping.sweep(where).stdout.split() for where in (SQL, REST)]
    assert told[0][0] == told[1][0]
    assert [words[1:] for words in told] == [["1", SQL.database_url], ["2", REST.airflow_url]]


def test_what_it_prints_and_what_it_reports_is_the_sweeps_output() -> None:
    answer = """print('{"deleted": 3}'); print("7"); sys.stderr.write("odd\\n"); sys.stderr.flush()
    print(json.dumps({"exit_code": 3, "stdout": "out", "stderr": "err"}), flush=True); continue"""
    with subject(answer) as reaping:
        for _ in range(2):
            outcome = reaping.sweep(SQL)
            assert outcome.exit_code == 3
            assert outcome.stdout == '{"deleted": 3}\n7\nout', "JSON without an exit code is no answer"
            assert outcome.stderr == "odd\nerr", "each sweep has its own"


def test_an_answer_too_many_is_not_that_of_the_next_sweep() -> None:
    twice = """print('{"exit_code": 1}\\n{"exit_code": 5}\\nmore', flush=True); continue"""
    with subject(twice) as reaping:
        assert [reaping.sweep(SQL).exit_code for _ in range(3)] == [1, 1, 1]


def test_garbage_is_kept_as_text() -> None:
    with subject("sys.stdout.buffer.write(b'\\xff[1]\\n{\\n'); sys.stdout.flush()") as reaping:
        outcome = reaping.sweep(SQL)
    assert (outcome.exit_code, outcome.stdout) == (0, "\ufffd[1]\n{\n")


@pytest.mark.parametrize("line", [True, False], ids=["lines", "one-line"])
def test_huge_output_is_cut_and_the_answer_found(line: bool) -> None:
    end = "\\n" if line else ""
    with subject(f"[sys.stdout.write('x' * 99 + '{end}') for _ in range(40000)]; print()") as reaping:
        outcome = reaping.sweep(SQL)
    assert outcome.exit_code == 0
    assert len(outcome.stdout) == OUTPUT_LIMIT


def test_who_hangs_is_killed_with_its_children_and_started_anew() -> None:
    hang = f"""{CHILD} print(os.getpid(), child.pid, flush=True)
    if order["sweep"] == 1: sys.stderr.write("waiting"); sys.stderr.flush(); time.sleep(600)"""
    with subject(hang, timeout=2.0) as reaping:
        first = reaping.sweep(SQL)
        assert first.exit_code is None
        assert first.stderr == "waiting"
        assert 2 <= first.seconds < 15
        for pid in map(int, first.stdout.split()):
            await_gone(pid)
        second = reaping.sweep(SQL)
        assert second.exit_code == 0
    for pid in map(int, second.stdout.split()):
        await_gone(pid)


def test_who_never_stops_talking_hangs_too() -> None:
    with subject("\n    while True: sys.stdout.write('more\\n' * 1000)", timeout=1.0) as reaping:
        outcome = reaping.sweep(SQL)
    assert outcome.exit_code is None
    assert outcome.seconds < 15
    assert outcome.stdout.startswith("more\nmore\n")
    assert len(outcome.stdout) <= OUTPUT_LIMIT


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("sys.exit('no idea')", 1, "no idea\n"),
        ("sys.exit(7)", 7, ""),
        ("sys.exit(0)", 1, ""),  # gone without an answer is no success
        ("os.kill(os.getpid(), 9)", -9, ""),
        ("os.write(1, b'half an answ'); os._exit(4)", 4, ""),
    ],
)
def test_who_dies_gives_its_exit_code_and_is_started_anew(code: str, exit_code: int, said: str) -> None:
    with subject(f"if order['sweep'] == 1: {code}") as reaping:
        first = reaping.sweep(SQL)
        assert (first.exit_code, first.stderr) == (exit_code, said)
        assert reaping.sweep(SQL).exit_code == 0


def test_who_died_between_two_sweeps_is_told_so_and_started_anew() -> None:
    with subject("print(os.getpid())") as reaping:
        pid = int(reaping.sweep(SQL).stdout)
        psutil.Process(pid).kill()
        await_gone(pid)
        assert reaping.sweep(SQL).exit_code == -9
        assert reaping.sweep(SQL).exit_code == 0


@pytest.mark.parametrize("descriptor", [0, 1], ids=["stdin", "stdout"])
def test_who_closes_a_pipe_and_lives_on_is_ended(descriptor: int, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    closing = f"""print('{{"exit_code": 0}}', flush=True); os.close({descriptor})
    open({str(note)!r}, "w").write(f"{{os.getpid()}}\\n"); time.sleep(600)"""
    with subject(closing) as reaping:
        assert reaping.sweep(SQL).exit_code == 0
        pid = int(await_text(note))
        outcome = reaping.sweep(SQL)
        assert outcome.exit_code == 1
        assert outcome.seconds < 15
        await_gone(pid)


def test_a_command_that_vanished_is_an_outcome_too() -> None:
    with StdioSubject(reaper("stdio", "/no/such/reaper")) as reaping:
        for _ in range(2):
            outcome = reaping.sweep(SQL)
            assert outcome.exit_code == 127
            assert "No such file" in outcome.stderr


def test_close_ends_the_process_and_what_it_started() -> None:
    reaping = subject(f"{CHILD} print(os.getpid(), child.pid)")
    outcome = reaping.sweep(SQL)
    reaping.close()
    reaping.close()
    for pid in map(int, outcome.stdout.split()):
        await_gone(pid)


def test_its_environment_is_that_of_the_first_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "the caller's own")
    with subject("print(os.environ.get('DATABASE_URL'), os.environ['AIRFLOW_CLI_TOKEN'])") as reaping:
        assert reaping.sweep(REST).stdout == "None a-token\n"
