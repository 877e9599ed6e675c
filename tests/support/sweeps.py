"""Small reapers in a line of Python, the surroundings that they are given, and the end of processes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest

from kpo_suite.subjects import ReaperFile, Surroundings
from kpo_suite.subjects.reaper_file import Identity, Run

SQL = Surroundings(
    kubeconfig=Path("/somewhere/kubeconfig"),
    sql_alchemy_conn="postgresql+psycopg2://reaper:secret@127.0.0.1:5/airflow",
    database_url="postgresql://reaper:secret@127.0.0.1:5/airflow",
    namespaces=("airflow", "etl"),
)
REST = Surroundings(
    kubeconfig=Path("/somewhere/kubeconfig"),
    airflow_url="http://127.0.0.1:6",
    airflow_token="a-token",
    airflow_username="reaper",
    airflow_password="a-password",
    namespaces=("airflow",),
)
DEADLINE = 10.0
"""Seconds within which a process that was killed must be gone."""
CHILD = "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
"""Starts a process that outlives whoever does not end it."""


def reaper(adapter: Literal["command", "stdio", "python"], *argv: str, **run: Any) -> ReaperFile:
    """A reaper file with 20 s for a sweep."""
    return ReaperFile(reaper=Identity(name="x"), run=Run(adapter=adapter, argv=[*argv], **{"timeout": 20.0, **run}))


def await_gone(pid: int) -> None:
    """Wait until no such process runs; what is killed and not yet waited for counts as gone."""
    deadline = time.monotonic() + DEADLINE
    while is_alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            pytest.fail(f"process {pid} still ran after {DEADLINE:.0f} s")
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether the process runs."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def await_text(path: Path) -> str:
    """Wait until a file holds a whole line and return it."""
    deadline = time.monotonic() + DEADLINE
    while not (path.exists() and path.read_text().endswith("\n")):
        if time.monotonic() > deadline:
            pytest.fail(f"nothing was written to {path.name} within {DEADLINE:.0f} s")
        time.sleep(0.01)
    return path.read_text().strip()
