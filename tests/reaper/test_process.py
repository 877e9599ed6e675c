"""Many sweeps in one process: each behaves as if it were the first, and leaves nothing open behind it."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kpo_fixtures.airflow.recorded import StateDatabase, TaskInstanceRow
from kpo_reaper.cli import main

from .fake_airflow import TOKEN, FakeAirflow, Ti, refusal
from .fake_api import FakeApi
from .fake_server import always
from .worlds import DAG, RUN, TASK, manifest

PATIENCE = 10


def awaited(what: str, condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} seconds"
        time.sleep(0.01)


def descriptors() -> list[str]:
    """What this process has open, apart from the fakes' ends of connections."""
    folder = Path("/proc/self/fd")
    found = []
    for each in folder.iterdir():
        try:
            found.append(str(each.readlink()))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_sweeps_leave_nothing_behind(
    api: FakeApi,
    database: StateDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kubeconfig = api.kubeconfig(tmp_path)
    database.write([TaskInstanceRow(dag_id=DAG, run_id=RUN, task_id=TASK, state="running", try_number=1)])
    api.add(manifest("p"))
    with FakeAirflow() as airflow:
        airflow.add(Ti("running"))
        sql = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.sql_alchemy_conn(read_only=True)}
        rest = {"AIRFLOW__API__BASE_URL": airflow.url, "AIRFLOW_CLI_TOKEN": TOKEN}
        scope = ["sweep", "--namespace", "airflow", "--kubeconfig", kubeconfig]
        runs: list[tuple[dict[str, str], list[str], int]] = [
            (sql, scope, 0),
            (rest, scope, 0),
            (sql, [*scope, "--dry-run", "--output", "json"], 0),
            (rest, [*scope, "--exclusive-scope"], 0),
            ({}, scope, 2),
            (sql, [*scope, "--max-deletions", "0"], 2),
            ({"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://u:p@127.0.0.1:1/x"}, scope, 1),
            (rest | {"AIRFLOW_CLI_TOKEN": "wrong"}, scope, 1),
            (rest | {"AIRFLOW__API__BASE_URL": "http://127.0.0.1:1"}, scope, 1),
            (sql, ["sweep", "--all-namespaces", "--kubeconfig", "/nowhere"], 2),
        ]

        idle = threading.active_count()

        def all_of_them() -> None:
            for environ, argv, code in runs:
                with monkeypatch.context() as patch:
                    for name in (*sql, *rest):
                        patch.delenv(name, raising=False)
                    for name, value in environ.items():
                        patch.setenv(name, value)
                    assert main(argv) == code, (argv, capsys.readouterr().err)

        all_of_them()
        collecting = gc.isenabled()
        # The fakes' own ends of the connections close in their threads, a moment later.
        awaited("the connections of the first sweeps end", lambda: threading.active_count() <= idle)
        before = len(descriptors())
        for _ in range(3):
            all_of_them()
        awaited("every thread ends", lambda: threading.active_count() <= idle)
        awaited("every connection ends", lambda: len(descriptors()) <= before)
        assert gc.isenabled() is collecting
        assert {thread.name for thread in threading.enumerate()} >= {"MainThread"}


def test_a_change_of_rights_in_between_is_noticed(
    api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.add(manifest("p"))
    with FakeAirflow() as airflow:
        airflow.add(Ti("running"))
        monkeypatch.setenv("KPO_REAPER_AIRFLOW_URL", airflow.url)
        monkeypatch.setenv("KPO_REAPER_AIRFLOW_TOKEN", TOKEN)
        argv = ["sweep", "--namespace", "airflow", "--kubeconfig", api.kubeconfig(tmp_path)]
        assert main(argv) == 0
        airflow.version = "2.11.2"
        assert main(argv) == 1  # a token of 3.x is none of 2.x's
        airflow.version = "3.3.2"
        airflow.before.append(always("GET", refusal(403), containing="/dags"))
        assert main(argv) == 1
        airflow.before.clear()
        airflow.instances[0].state = "failed"
        assert main(argv) == 0
        assert api.names == []
    capsys.readouterr()


def test_importing_the_command_is_cheap() -> None:
    code = "import sys, kpo_reaper.cli; print(*sorted(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    heavy = {"sqlalchemy", "psycopg", "httpx2", "lightkube", "msgspec", "yaml", "asyncio"}
    assert not heavy & set(done.stdout.split())


def test_importing_a_sweep_starts_nothing() -> None:
    code = (
        "import sys, threading, kpo_reaper.sweep;"
        "assert threading.active_count() == 1;"
        "assert not {'sqlalchemy', 'psycopg'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
