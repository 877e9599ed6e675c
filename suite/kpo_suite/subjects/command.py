"""The ``command`` adapter: one process for each sweep, with everything it needs in its arguments and environment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kpo_suite.subjects.reaper_file import ReaperFile

OUTPUT_LIMIT = 1 << 20
"""Bytes of each of a sweep's two output streams that the history keeps."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a subject finds the two stores of its world. Every way in leads through a gateway where there is one."""

    kubeconfig: Path
    sql_alchemy_conn: str
    database_url: str
    namespaces: Sequence[str]

    def words(self) -> dict[str, str]:
        """The placeholders of ``reaper.toml`` but ``{namespace}``."""
        return {
            "kubeconfig": str(self.kubeconfig),
            "sql_alchemy_conn": self.sql_alchemy_conn,
            "database_url": self.database_url,
            "namespaces": ",".join(self.namespaces),
            "python": sys.executable,
        }

    def environment(self) -> dict[str, str]:
        """The same under the names that Airflow's and Kubernetes' own tools read."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.sql_alchemy_conn,
            "DATABASE_URL": self.database_url,
            "KPO_CONFORMANCE_NAMESPACES": ",".join(self.namespaces),
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one process did: its exit code (None: killed after the timeout), its output, and the seconds it took."""

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float


class CommandSubject:
    """Runs a reaper's command once for each sweep. A process never outlives its sweep, nor do its children."""

    def __init__(self, file: ReaperFile) -> None:
        self.file = file

    def sweep(self, surroundings: Surroundings) -> Outcome:
        """Make one pass and wait for its end. Never raises for what the reaper does."""
        argv = arguments(self.file.run.argv, surroundings)
        environment = {
            **os.environ,
            **surroundings.environment(),
            **{name: _filled(value, surroundings.words()) for name, value in self.file.run.env.items()},
        }
        began = time.monotonic()
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    env=environment,
                    # A session of its own: Ctrl-C reaches the suite first, which then ends the whole group.
                    start_new_session=True,
                )
            except OSError as error:
                return Outcome(exit_code=127, stdout="", stderr=str(error), seconds=0.0)
            code: int | None
            try:
                code = process.wait(self.file.run.timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end_group(process)
            seconds = time.monotonic() - began
            return Outcome(exit_code=code, stdout=_text(stdout), stderr=_text(stderr), seconds=seconds)


def arguments(argv: Sequence[str], surroundings: Surroundings) -> list[str]:
    """Fill in the placeholders; an argument with ``{namespace}`` comes once for each namespace."""
    words = surroundings.words()
    filled: list[str] = []
    for argument in argv:
        if "{namespace}" in argument:
            filled += [_filled(argument, {**words, "namespace": one}) for one in surroundings.namespaces]
        else:
            filled.append(_filled(argument, words))
    return filled


def _filled(text: str, words: Mapping[str, str]) -> str:
    """Replace known placeholders and nothing else: a JSON argument keeps its braces, a value is not filled again."""
    parts: list[str] = []
    rest = text
    while rest:
        before, brace, after = rest.partition("{")
        word, closed, tail = after.partition("}")
        if brace and closed and word in words:
            parts += [before, words[word]]
            rest = tail
        else:
            parts += [before, brace]
            rest = after
    return "".join(parts)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's group, the process itself included, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone, or only zombies are left (macOS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(stream: IO[bytes]) -> str:
    """The stream's bytes as text; what is no UTF-8 is shown as replacement characters."""
    stream.seek(0)
    return stream.read(OUTPUT_LIMIT).decode("utf-8", "replace")
