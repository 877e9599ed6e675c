"""The ``stdio`` adapter: one long-lived process that is told of each sweep by a line of JSON, so that it starts once.

Told: ``{"sweep": 1, "kubeconfig": …, "sql_alchemy_conn": …, "database_url": …, "airflow_url": …, "airflow_token": …,
"airflow_username": …, "airflow_password": …, "state": …, "namespaces": […], "options": […], "arguments": […]}``.
Answered, after whatever else it prints: ``{"exit_code": 0}``, with ``stdout`` and ``stderr`` if the sweep's output is
to be told apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Any

from kpo_suite.subjects.adapter import OUTPUT_LIMIT, Subject, end_group, text
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.surroundings import Outcome, Surroundings

CHUNK = 1 << 16
LONGEST_LINE = 1 << 24
"""Bytes of a line without an end that are waited for."""
MOMENT = 1.0
"""Seconds that a process is given to end after it closed a pipe."""


class StdioSubject(Subject):
    """Keeps the reaper's process between sweeps; one that hung, died or broke the protocol is started anew."""

    def __init__(self, file: ReaperFile) -> None:
        super().__init__(file)
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._sweeps = 0

    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """As ``Subject.sweep``. What the process prints before its answer is the sweep's standard output."""
        with self._group:
            return self._sweep(surroundings, options, extra)

    def _sweep(self, surroundings: Surroundings, options: Sequence[str], extra: Sequence[str]) -> Outcome:
        began = time.monotonic()
        try:
            process = self._running(surroundings)
        except OSError as error:
            return Outcome(exit_code=127, stdout="", stderr=str(error), seconds=0.0)
        self._group.led_by(process.pid)
        self._sweeps += 1
        words = {name: word for name, word in surroundings.words().items() if name not in ("python", "namespaces")}
        order = {
            "sweep": self._sweeps,
            **words,
            "namespaces": list(surroundings.namespaces),
            "options": list(options),
            "arguments": self.own_arguments(surroundings, options, extra),
        }
        answer, printed = self._ask(process, order, began + self.file.run.timeout)
        seconds = time.monotonic() - began
        if answer is None:
            ended, hung = process.poll(), time.monotonic() >= began + self.file.run.timeout
            said = self._said()
            self.close()
            # Gone or mute without an answer is no success, whatever the process itself ended with.
            code = None if ended is None and hung else ended or 1
            return Outcome(exit_code=code, stdout=printed, stderr=said, seconds=seconds)
        stdout, stderr = (str(answer.get(name, "")) for name in ("stdout", "stderr"))
        return Outcome(
            exit_code=int(answer["exit_code"]), stdout=printed + stdout, stderr=self._said() + stderr, seconds=seconds
        )

    def close(self) -> None:
        """Kill the process and what it started."""
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)
            end_group(process)
        if self._stderr is not None:
            self._stderr.close()
            self._stderr = None

    def _running(self, surroundings: Surroundings) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._stderr = self._stderr or tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
            self._process = subprocess.Popen(
                [argument.replace("{python}", sys.executable) for argument in self.file.run.argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=self.environment(surroundings),
                start_new_session=True,
            )
        return self._process

    def _ask(
        self, process: subprocess.Popen[bytes], order: dict[str, Any], deadline: float
    ) -> tuple[dict[str, Any] | None, str]:
        """The answer, or None when none came in time, and what was printed before it."""
        assert process.stdin is not None
        assert process.stdout is not None
        _drain(process.stdout, deadline)
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            _await_end(process, deadline)
            return None, ""
        printed, rest = bytearray(), bytearray()
        while time.monotonic() < deadline and len(rest) < LONGEST_LINE:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(process.stdout.fileno(), CHUNK) if ready else b""
            if not read:
                if ready:
                    _await_end(process, deadline)
                break
            *lines, last = read.split(b"\n")
            for line in lines:
                rest += line + b"\n"
                answer = _answer(rest)
                if answer is not None:
                    return answer, _shown(printed)
                printed += rest[: OUTPUT_LIMIT - len(printed)]
                rest.clear()
            rest += last
        return None, _shown(printed + rest[:OUTPUT_LIMIT])

    def _said(self) -> str:
        """What the process wrote to its standard error since the last sweep."""
        if self._stderr is None:
            return ""
        said = text(self._stderr)
        self._stderr.seek(0)
        self._stderr.truncate()
        return said


def _drain(stream: IO[bytes], deadline: float) -> None:
    """Read away what was said after the last answer: it belongs to no sweep, and answers nothing."""
    while time.monotonic() < deadline and select.select([stream], [], [], 0)[0]:
        if not os.read(stream.fileno(), CHUNK):
            return


def _answer(line: bytearray) -> dict[str, Any] | None:
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    told = isinstance(found, dict) and isinstance(found.get("exit_code"), int)
    return found if told else None


def _shown(printed: bytearray) -> str:
    return printed[:OUTPUT_LIMIT].decode("utf-8", "replace")


def _await_end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """One of its pipes has ended: most likely because the process has, which is given a moment to be seen."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.1, min(MOMENT, deadline - time.monotonic())))


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return
