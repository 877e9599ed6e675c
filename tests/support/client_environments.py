"""Kubernetes clients in virtual environments of their own, and the scripts that run there: chapters with answers."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kpo_fixtures.virtual_environments import cache_folder, interpreter, make

CLIENTS = Path(__file__).parents[1] / "clients"
SECONDS = 240.0
"""How long one script may take with all of its chapters."""
_FOREIGN_VARIABLES = ("PYTHON", "KUBE", "VIRTUAL_ENV", "KPO_CONFORMANCE_")
_LOCAL_HOSTS = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def client_python(name: str) -> Path:
    """The interpreter of the environment of ``pins/NAME.txt``, made now if the cache does not hold it.

    Raises FixtureError where it cannot be installed.
    """
    pins = (CLIENTS / "pins" / f"{name}.txt").read_bytes()
    digest = hashlib.sha256(pins).hexdigest()[:8]
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache_folder() / "clients" / f"{name}-{version}-{digest}"
    make(folder, pins, title=f"the Kubernetes client {name}")
    python = interpreter(folder)
    assert python is not None, f"{folder} was made and has no Python"
    return python


def variables(**settings: str) -> dict[str, str]:
    """The variables for a client's process: ours without what configures another client or Python."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_VARIABLES)}
    return {**inherited, **_LOCAL_HOSTS, **settings}


@dataclass(frozen=True)
class Answers:
    """What each chapter of a script answered, as JSON data; ``stderr`` is what the process said besides."""

    chapters: Mapping[str, Mapping[str, Any]]
    stderr: str

    def __getitem__(self, chapter: str) -> Any:
        """The answer of a chapter; the test fails with the chapter's traceback where it raised."""
        told = self.chapters[chapter]
        if "raised" in told:
            pytest.fail(f"{chapter}:\n{told['raised']}\n{self.stderr[-3000:]}")
        return told["answer"]

    def raised(self, chapter: str) -> str:
        """The traceback of a chapter that raised, else an empty text."""
        return str(self.chapters[chapter].get("raised", ""))

    def __iter__(self) -> Iterator[str]:
        return iter(self.chapters)


def answers_of(script: str, python: Path, *, cwd: Path, **settings: str) -> Answers:
    """Run ``scripts/SCRIPT`` by ``python`` with ``settings`` as variables."""
    return answers_of_program([python, CLIENTS / "scripts" / script], cwd=cwd, env=variables(**settings))


def answers_of_program(command: Sequence[Path | str], *, cwd: Path, env: Mapping[str, str]) -> Answers:
    """Run a program that prints its answers after ANSWER."""
    ended = subprocess.run(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = f"{ended.stdout[-3000:]}{ended.stderr[-5000:]}"
    assert ended.returncode == 0, f"{command} ended with exit code {ended.returncode}\n{said}"
    return Answers(json.loads(ended.stdout.rpartition("\nANSWER")[2]), ended.stderr)
