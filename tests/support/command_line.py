"""Runs ``kpo-conformance`` as a user does, in a folder and a temporary folder of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

temporary_folders: set[Path] = set()
"""Those that were made, to be removed by ``conftest``."""
PROGRAM = Path(sys.executable).with_name("kpo-conformance")


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str

    @property
    def sentence(self) -> str:
        """What a usage error says, on one line without the program's name."""
        return " ".join(self.stderr.split()).removeprefix("kpo-conformance: ")


def temporary_folder(folder: Path) -> Path:
    """The temporary folder for what runs in ``folder``; not inside: as root, PostgreSQL's user has to enter it."""
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    # In memory where that is to be had: a database is made for each run.
    memory = Path("/dev/shm")
    base = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    return base / f"kpo-conformance-tests-{name}"


def environment(folder: Path) -> dict[str, str]:
    temporary = temporary_folder(folder)
    temporary.mkdir(mode=0o755, exist_ok=True)
    temporary_folders.add(temporary)
    # Many processes start from here: let the first leave its bytecode to the others, as Python does by default.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "TMPDIR": str(temporary), "COLUMNS": "120", "NO_COLOR": "1"}


def conformance(folder: Path, *arguments: str, timeout: float = 120) -> Ended:
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start it in a session of its own, as the foreground job of a terminal, for a test that interrupts it."""
    return subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left_behind(folder: Path) -> list[str]:
    """What a run in ``folder`` left: temporary files, and processes that were started with that folder for them."""
    temporary = temporary_folder(folder)
    found = [str(path) for path in temporary.iterdir()]
    if not found:
        temporary.rmdir()
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(temporary):
                found.append(f"{process.pid} {process.cmdline()}")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
