"""A signal reaches the process of the sweep that goes on, whichever adapter made it, and nothing else."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from sweeps import CHILD, DEADLINE, SQL, await_gone, await_text, is_alive, reaper

from kpo_suite.subjects import Subject, open_subject
from kpo_suite.subjects.adapter import Group

MODULE = """
import os, signal, sys, time

def main():
    told = {}
    exec(sys.argv[1], globals(), told)
    return told.get("code")
"""
SERVE = """
import json, os, signal, sys, time
for line in sys.stdin:
    told = {}
    exec(json.loads(line)["arguments"][0], globals(), told)
    print(json.dumps({"exit_code": told.get("code", 0)}), flush=True)
"""
ADAPTERS = ("command", "stdio", "fresh", "standing")


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "signalled_reaper.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture(params=ADAPTERS)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """A reaper whose sweep does what its extra argument says."""
    file = {
        "command": lambda: reaper("command", "{python}", "-c", f"{MODULE}\nsys.exit(main())"),
        "stdio": lambda: reaper("stdio", "{python}", "-c", SERVE),
        "fresh": lambda: reaper("python", entry="signalled_reaper:main"),
        "standing": lambda: reaper("python", entry="signalled_reaper:main", fresh=False),
    }[request.param]()
    with open_subject(file) as subject:
        yield subject


def hanging(note: Path, before: str = "") -> str:
    return f"{before}open({str(note)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(600)"


def await_status(process: psutil.Process, wanted: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while process.status() != wanted:
        assert time.monotonic() < deadline, f"the process is {process.status()}, not {wanted}"
        time.sleep(0.005)


def test_nothing_is_signalled_where_nothing_runs(subject: Subject) -> None:
    assert not subject.signal(signal.SIGKILL)
    assert subject.sweep(SQL, extra=("pass",)).exit_code == 0
    assert not subject.signal(signal.SIGKILL)
    assert subject.sweep(SQL, extra=("pass",)).exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_the_sweep_and_the_next_goes_on(subject: Subject, tmp_path: Path, number: int) -> None:
    note = tmp_path / "pid"
    with ThreadPoolExecutor() as threads:
        sweep = threads.submit(subject.sweep, SQL, extra=(hanging(note),))
        pid = int(await_text(note))
        assert subject.signal(number)
        if number == signal.SIGKILL:  # then it is no more when signal() returns
            assert not is_alive(pid)
        assert sweep.result(20).exit_code == -number
    assert not subject.signal(number)
    assert subject.sweep(SQL, extra=("code = 3",)).exit_code == 3


def test_it_reaches_what_the_sweep_has_started(subject: Subject, tmp_path: Path) -> None:
    note, child = tmp_path / "pid", tmp_path / "child"
    code = hanging(note, f"{CHILD} open({str(child)!r}, 'w').write(f'{{child.pid}}\\n');")
    with ThreadPoolExecutor() as threads:
        sweep = threads.submit(subject.sweep, SQL, extra=(code,))
        await_text(note)
        assert subject.signal(signal.SIGTERM)
        assert sweep.result(20).exit_code == -signal.SIGTERM
    await_gone(int(await_text(child)))


def test_it_stops_and_continues(subject: Subject, tmp_path: Path) -> None:
    note, go = tmp_path / "pid", tmp_path / "go"
    code = (
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}}\\n')\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        "code = 4"
    )
    with ThreadPoolExecutor() as threads:
        sweep = threads.submit(subject.sweep, SQL, extra=(code,))
        process = psutil.Process(int(await_text(note)))
        assert subject.signal(signal.SIGSTOP)
        await_status(process, psutil.STATUS_STOPPED)
        go.touch()
        assert not sweep.done()
        assert subject.signal(signal.SIGCONT)
        assert sweep.result(20).exit_code == 4


def test_another_sweeps_while_it_does(subject: Subject, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with ThreadPoolExecutor() as threads, subject.another() as other:
        sweep = threads.submit(subject.sweep, SQL, extra=(hanging(note),))
        await_text(note)
        assert other.sweep(SQL, extra=("code = 5",)).exit_code == 5
        assert not other.signal(signal.SIGKILL)
        assert not sweep.done()
        assert subject.signal(signal.SIGKILL)
        assert sweep.result(20).exit_code == -signal.SIGKILL


def test_a_sweep_that_is_stopped_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    file = reaper("python", entry="signalled_reaper:main", timeout=1.0)
    with open_subject(file) as subject, ThreadPoolExecutor() as threads:
        sweep = threads.submit(subject.sweep, SQL, extra=(hanging(note),))
        pid = int(await_text(note))
        assert subject.signal(signal.SIGSTOP)
        assert sweep.result(20).exit_code is None
        await_gone(pid)


def test_a_signal_waits_until_it_is_known_whom_it_is_for() -> None:
    """The first request of a sweep may be seen before the adapter has heard of its process."""
    group, begun = Group(), threading.Event()

    def ask() -> bool:
        begun.set()
        return group.signal(0)

    with ThreadPoolExecutor() as threads, psutil.Popen(["sleep", "600"], start_new_session=True) as process:
        try:
            with group:
                asked = threads.submit(ask)
                assert begun.wait(20)
                assert not asked.done()
                group.led_by(process.pid)
                assert asked.result(20)
                late = threads.submit(group.signal, 0)
                assert late.result(20)
            assert not group.signal(0)
        finally:
            process.kill()


def test_a_sweep_that_ends_before_it_has_a_process_lets_go_of_who_waits() -> None:
    group = Group()
    with ThreadPoolExecutor() as threads:
        with group:
            asked = threads.submit(group.signal, 0)
        assert not asked.result(20)


def test_what_a_sweep_prints_is_not_what_the_host_says(tmp_path: Path) -> None:
    with open_subject(reaper("python", entry="signalled_reaper:main")) as subject:
        outcome = subject.sweep(SQL, extra=(f"print({json.dumps(json.dumps({'exit_code': 9}))})",))
    assert (outcome.exit_code, outcome.stdout) == (0, '{"exit_code": 9}\n')
