"""The Go program of the clients' tests, compiled once for each state of its sources and kept in the cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kpo_fixtures.virtual_environments import cache_folder

SOURCES = Path(__file__).parents[1] / "clients" / "go"
COMPILING_SECONDS = 1200.0
"""From nothing, controller-runtime and client-go take some minutes on two cores."""


def go_program() -> Path:
    """The compiled program. The test fails where there is no Go, or where it cannot compile, with what it said."""
    go = shutil.which("go")
    if go is None:
        pytest.fail("the Go clients need the program go, which is not on PATH: install Go 1.26 or put it there")
    sources = sorted([*SOURCES.glob("*.go"), SOURCES / "go.mod", SOURCES / "go.sum"])
    digest = hashlib.sha256(b"\0".join(each.read_bytes() for each in sources)).hexdigest()[:8]
    program = cache_folder() / "clients" / f"go-{digest}" / "clients"
    program.parent.mkdir(parents=True, exist_ok=True)
    with program.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _compile(go, program)
    return program


def _compile(go: str, program: Path) -> None:
    unfinished = program.with_suffix(".new")
    ended = subprocess.run(
        [go, "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", str(unfinished), "."],
        cwd=SOURCES,
        env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        timeout=COMPILING_SECONDS,
        check=False,
    )
    if ended.returncode:
        pytest.fail(
            f"the Go clients could not be compiled; see that a Go module proxy answers:\n{ended.stderr[-3000:]}"
        )
    unfinished.rename(program)
