"""The python adapter with real processes: a copy of the host is all that a process of its own would be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sweeps import CHILD, REST, SQL, await_gone, await_text, is_alive, reaper

from kpo_suite.subjects import Hosts, Outcome, open_subject
from kpo_suite.subjects.forked import ForkedSubject

MODULE = """
import atexit, json, os, signal, sys, threading, time, warnings

print("an import that prints")
loads = os.getpid()
seen = []

def main():
    return eval_(sys.argv[1])

def eval_(code):
    told = {}
    exec(code, globals(), told)
    return told.get("code")
"""
"""A reaper whose sweep does what its first argument says; ``code`` is what it returns."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "odd_reaper.py").write_text(MODULE)
    (folder / "broken_reaper.py").write_text("raise RuntimeError('a dependency is missing')\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


@pytest.fixture(scope="module")
def hosts(modules: Path) -> Iterator[Hosts]:
    with Hosts() as hosts:
        yield hosts


def swept(hosts: Hosts | None, code: str, *, where: Any = SQL, entry: str = "odd_reaper:main", **run: Any) -> Outcome:
    with open_subject(reaper("python", code, entry=entry, **run), hosts) as subject:
        return subject.sweep(where)


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("pass", 0, ""),
        ("code = 3", 3, ""),
        ("code = True", 1, ""),
        ("code = 259", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(4)", 4, ""),
        ("sys.exit('no idea')", 1, "no idea\n"),
        ("code = 'no idea'", 1, "no idea\n"),
        ("os._exit(5)", 5, ""),
        ("os.kill(os.getpid(), 9)", -9, ""),
        ("os.kill(os.getpid(), signal.SIGSEGV)", -11, ""),
    ],
)
def test_it_ends_as_a_command_does(hosts: Hosts, code: str, exit_code: int, said: str) -> None:
    outcome = swept(hosts, code)
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (exit_code, "", said)


def test_an_exception_is_told_with_its_traceback(hosts: Hosts) -> None:
    outcome = swept(hosts, "print('so far'); {}['key']")
    assert (outcome.exit_code, outcome.stdout) == (1, "so far\n")
    assert outcome.stderr.startswith("Traceback (most recent call last):")
    assert outcome.stderr.endswith("KeyError: 'key'\n")


def test_arguments_and_environment_are_those_of_the_sweep_alone(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "the caller's own")
    code = "print(sys.argv[2:], os.environ.get('DATABASE_URL'), os.environ.get('MINE'), sys.stdin.read())"
    file = reaper("python", code, "-n={namespace}", entry="odd_reaper:main", env={"MINE": "{namespaces}"})
    with open_subject(file, hosts) as subject:
        assert subject.sweep(SQL, extra=("--more",)).stdout == (
            f"['-n=airflow', '-n=etl', '--more'] {SQL.database_url} airflow,etl \n"
        )
        assert subject.sweep(REST).stdout == "['-n=airflow'] None airflow \n"


def test_nothing_of_a_sweep_is_left_for_the_next(hosts: Hosts, tmp_path: Path) -> None:
    leave = f"seen.append(1); os.environ['MINE'] = '1'; sys.argv.append('x'); os.chdir({str(tmp_path)!r}); os.umask(0)"
    look = "print(seen, os.environ.get('MINE'), len(sys.argv), os.getcwd(), os.getpid() == loads)"
    before = swept(hosts, look).stdout
    assert swept(hosts, f"{leave}; signal.signal(signal.SIGTERM, signal.SIG_IGN); code = 1").exit_code == 1
    assert swept(hosts, look).stdout == before
    assert before.split()[:3] == ["[]", "None", "2"]
    assert before.endswith("False\n")


def test_it_has_a_session_and_descriptors_of_its_own(hosts: Hosts) -> None:
    outcome = swept(hosts, "print(os.getsid(0) == os.getpid(), sorted(map(int, os.listdir('/proc/self/fd')))[:3])")
    assert outcome.stdout == "True [0, 1, 2]\n"


def test_the_most_memory_that_it_held_is_told(hosts: Hosts) -> None:
    little = swept(hosts, "pass").memory
    much = swept(hosts, "len(bytes(range(256)) * (256 << 10))").memory
    assert little is not None
    assert much is not None
    assert 60 << 20 < much - little < 80 << 20
    assert swept(hosts, "pass", fresh=False).memory is None  # it may have been an earlier sweep's


def test_threads_are_waited_for_and_exit_functions_run(hosts: Hosts) -> None:
    code = """
        def work():
            time.sleep(0.1)
            print("worked")
        atexit.register(print, "bye")
        threading.Thread(target=work).start()
        print("main")
    """
    outcome = swept(hosts, textwrap.dedent(code))
    assert (outcome.exit_code, outcome.stdout) == (0, "main\nworked\nbye\n")


def test_who_hangs_is_killed_with_its_children(hosts: Hosts, tmp_path: Path) -> None:
    note = tmp_path / "pids"
    code = (
        f"{CHILD} signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on the way', flush=True);"
        f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}\\n'); time.sleep(600)"
    )
    outcome = swept(hosts, code, timeout=1.0)
    assert outcome.exit_code is None
    assert outcome.stdout == "on the way\n"
    assert 1 <= outcome.seconds < 15
    for pid in map(int, note.read_text().split()):
        await_gone(pid)
    assert swept(hosts, "code = 6").exit_code == 6, "the host goes on"


def test_children_do_not_outlive_a_sweep_that_ended(hosts: Hosts) -> None:
    outcome = swept(hosts, f"{CHILD} print(child.pid)")
    assert outcome.exit_code == 0
    await_gone(int(outcome.stdout))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("broken_reaper:main", "RuntimeError: a dependency is missing"),
        ("odd_reaper:no_such_function", "has no attribute 'no_such_function'"),
        ("no_such_module:main", "No module named 'no_such_module'"),
    ],
)
def test_an_import_that_fails_is_told_at_every_sweep(modules: Path, entry: str, words: str) -> None:
    with ForkedSubject(reaper("python", entry=entry)) as subject:
        for _ in range(2):
            outcome = subject.sweep(SQL)
            assert outcome.exit_code == 1
            assert words in outcome.stderr


def test_a_host_that_was_killed_is_told_and_started_anew(modules: Path) -> None:
    with ForkedSubject(reaper("python", "print(os.getppid())", entry="odd_reaper:main")) as subject:
        host = int(subject.sweep(SQL).stdout)
        os.kill(host, signal.SIGKILL)
        await_gone(host)
        outcome = subject.sweep(SQL)
        assert outcome.exit_code == 1
        assert outcome.stderr == "the process that runs the reaper's sweeps was ended\n"
        assert int(subject.sweep(SQL).stdout) != host


def test_close_ends_the_host_and_may_come_twice_or_before_any_sweep(modules: Path) -> None:
    subject = ForkedSubject(reaper("python", "print(os.getppid())", entry="odd_reaper:main"))
    subject.close()
    host = int(subject.sweep(SQL).stdout)
    subject.close()
    subject.close()
    await_gone(host)


def test_reapers_with_the_same_imports_share_a_host_that_outlives_them(modules: Path) -> None:
    with Hosts() as hosts:
        told = [swept(hosts, code) for code in ("print(os.getppid())", "print( os.getppid() )")]
        other = swept(hosts, "print(os.getppid())", preload=["sched"])
        numbers = [int(outcome.stdout) for outcome in (*told, other)]
        assert numbers[0] == numbers[1] != numbers[2]
        assert all(map(is_alive, numbers))
    for number in numbers:
        await_gone(number)


def test_a_subject_without_hosts_has_one_of_its_own(modules: Path) -> None:
    outcome = swept(None, "print(os.getppid())")
    await_gone(int(outcome.stdout))


def test_it_works_where_warnings_are_errors(modules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    assert swept(None, "print('fine')").stdout == "fine\n"
    assert "DeprecationWarning: old" in swept(None, "warnings.warn('old', DeprecationWarning)").stderr


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "in-a-sweep"])
def test_the_host_does_not_outlive_the_suite(modules: Path, tmp_path: Path, busy: bool) -> None:
    note = tmp_path / "pids"
    sweep = f"open({str(note)!r}, 'w').write(f'{{os.getppid()}} {{os.getpid()}}\\n')" + "; time.sleep(600)" * busy
    code = f"""
        import time
        from pathlib import Path
        from kpo_suite.subjects import Surroundings, open_subject
        from kpo_suite.subjects.reaper_file import Identity, ReaperFile, Run
        run = Run(adapter="python", argv=[{sweep!r}], entry="odd_reaper:main")
        subject = open_subject(ReaperFile(reaper=Identity(name="x"), run=run))
        subject.sweep(Surroundings(kubeconfig=Path("/x"), namespaces=("a",)))
        time.sleep(600)
    """
    suite = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    try:
        pids = [int(word) for word in await_text(note).split()]
        assert psutil.pid_exists(pids[0])
    finally:
        suite.kill()
        suite.wait()
    for pid in pids:
        await_gone(pid)
