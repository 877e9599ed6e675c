"""One process that makes one sweep after the other: as good as fresh ones, until a sweep ends without order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sweeps import CHILD, REST, SQL, await_gone, await_text, is_alive, reaper

from kpo_suite.subjects import Hosts, Outcome, open_subject

MODULE = """
import json, os, signal, sys, time

seen = []

def main():
    told = {}
    exec(sys.argv[1], globals(), told)
    return told.get("code")
"""
WHO = "print(os.getpid())"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "standing_reaper.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


@pytest.fixture
def hosts(modules: Path) -> Iterator[Hosts]:
    with Hosts() as hosts:
        yield hosts


def swept(hosts: Hosts, code: str, *, where: Any = SQL, **run: Any) -> Outcome:
    file = reaper("python", code, entry="standing_reaper:main", fresh=False, **run)
    with open_subject(file, hosts) as subject:
        return subject.sweep(where)


def test_one_process_makes_the_sweeps(hosts: Hosts) -> None:
    first, second = swept(hosts, WHO), swept(hosts, WHO)
    assert first.exit_code == second.exit_code == 0
    assert first.stdout == second.stdout
    assert int(first.stdout) != os.getpid()


@pytest.mark.parametrize(
    ("code", "exit_code", "said", "stays"),
    [
        ("code = 3", 3, "", True),
        ("sys.exit('no idea')", 1, "no idea\n", True),
        ("os._exit(5)", 5, "", False),
        ("os._exit(0)", 1, "", False),  # gone without an answer is no success
        ("os.kill(os.getpid(), 9)", -9, "", False),
    ],
)
def test_it_stays_after_a_sweep_that_says_what_failed_and_not_after_one_that_broke_off(
    hosts: Hosts, code: str, exit_code: int, said: str, stays: bool
) -> None:
    before = swept(hosts, WHO).stdout
    failed = swept(hosts, code)
    assert (failed.exit_code, failed.stderr) == (exit_code, said)
    after = swept(hosts, WHO)
    assert after.exit_code == 0
    assert (after.stdout == before) is stays


def test_an_exception_is_told_with_its_traceback_and_ends_it(hosts: Hosts) -> None:
    before = swept(hosts, WHO).stdout
    outcome = swept(hosts, "raise KeyError('uid')")
    assert outcome.exit_code == 1
    assert "KeyError: 'uid'" in outcome.stderr
    assert swept(hosts, WHO).stdout != before


def test_arguments_environment_and_output_are_those_of_the_sweep_alone(hosts: Hosts) -> None:
    told = "print(sorted(name for name in os.environ if 'AIRFLOW' in name or name == 'DATABASE_URL'))"
    sql, rest = swept(hosts, told, where=SQL), swept(hosts, told, where=REST)
    assert "DATABASE_URL" in sql.stdout
    assert "DATABASE_URL" not in rest.stdout
    assert "AIRFLOW__API__BASE_URL" in rest.stdout
    assert swept(hosts, "sys.stderr.write('x')").stderr == "x"
    quiet = swept(hosts, "pass")
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_who_hangs_is_killed_with_its_children_and_the_next_sweep_goes_on(hosts: Hosts, tmp_path: Path) -> None:
    note = tmp_path / "child"
    hang = f"{CHILD} open({str(note)!r}, 'w').write(f'{{child.pid}}\\n'); time.sleep(600)"
    outcome = swept(hosts, hang, timeout=1.0)
    assert outcome.exit_code is None
    await_gone(int(await_text(note)))
    assert swept(hosts, WHO).exit_code == 0


def test_it_ends_with_its_host(modules: Path) -> None:
    with Hosts() as hosts:
        process = int(swept(hosts, WHO).stdout)
        assert is_alive(process)
    await_gone(process)


def test_it_leaves_no_descriptor_open(hosts: Hosts) -> None:
    count = "print(len(os.listdir('/proc/self/fd')))" if Path("/proc/self/fd").exists() else "print(0)"
    first = swept(hosts, count).stdout
    for _ in range(3):
        swept(hosts, "pass")
    assert swept(hosts, count).stdout == first
    host = next(iter(hosts._hosts.values()))._process
    assert host is not None
    open_ones = psutil.Process(host.pid).num_fds()
    for _ in range(3):
        swept(hosts, "os._exit(1)")
        swept(hosts, "pass")
    assert psutil.Process(host.pid).num_fds() == open_ones
