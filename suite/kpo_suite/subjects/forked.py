"""The ``python`` adapter: each sweep is a fresh copy of a process that has imported the reaper already.

It has everything of a process of its own, exit code, output, signals and the end by force, and starts in a few
milliseconds instead of the half second that imports take. Nothing of a sweep is left for the next one.
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
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Self

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_suite.subjects.adapter import FULL, Subject, can_be, end_group, text
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.surroundings import Outcome, Surroundings

PROGRAM = os.fspath(Path(__file__).with_name("host.py"))
START_DEADLINE = 60.0
"""Seconds that the imports of a reaper may take, once."""


class Host:
    """The process with the imports; ``host.py`` is what runs in it, by its path: importing the suite would take longer.

    It is started at its first sweep, or ahead of it by ``start``.
    """

    def __init__(self, entry: str, preload: Sequence[str]) -> None:
        self._imports = (entry, *preload)
        self._beside: Host | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._said = _Lines(-1)
        self._errors: IO[bytes] | None = None

    @property
    def complaint(self) -> str:
        """Why its imports failed; empty unless they did."""
        return text(self._errors) if self._errors is not None and self._process is None else ""

    def start(self) -> None:
        """Begin with the imports, and do not wait for them."""
        if self._process is not None or self._errors is not None:
            return
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            # -P: beside that file are modules of the suite, whose names are not the reaper's to find
            [sys.executable, "-P", PROGRAM, *self._imports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._said = _Lines(self._process.stdout.fileno())

    def sweep(self, order: dict[str, Any], led_by: Callable[[int], None]) -> tuple[bool, int | None, int | None]:
        """Whether the sweep was made, its exit code (None where it had to be killed), and its memory as in ``Outcome``.

        ``led_by`` is told the id of the process that makes it, once there is one.
        """
        process = self._started()
        if process is None:
            return False, 1, None
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            # The host itself keeps the sweep's deadline; this one is for a host that has gone wrong.
            deadline = time.monotonic() + order["timeout"] + START_DEADLINE
            while line := self._said.next(deadline):
                told = json.loads(line)
                if "exit_code" in told:
                    return True, told["exit_code"], told["memory"]
                led_by(told["pid"])
        self.close()
        return False, 1, None

    def beside(self) -> Host:
        """A second process with the same imports, for a sweep while one goes on here. It ends with this one."""
        if self._beside is None:
            entry, *preload = self._imports
            self._beside = Host(entry, preload)
        return self._beside

    def close(self) -> None:
        """End the process and the one beside it; a sweep that still runs ends with it. May be called twice."""
        if self._beside is not None:
            self._beside.close()
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):  # of an order that it did not live to read
                process.stdin.close()
            try:
                process.wait(5 if self._is_ready else 0)  # nobody waits for imports that are not wanted any more
            except subprocess.TimeoutExpired:
                end_group(process)
            process.stdout.close()
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        self._is_ready = False

    def _started(self) -> subprocess.Popen[bytes] | None:
        """The process once its imports are done; None where they failed, now or before."""
        self.start()
        process = self._process
        if process is None or self._is_ready:
            return process
        if self._said.next(time.monotonic() + START_DEADLINE) == b"ready":
            self._is_ready = True
            return process
        self._process = None
        end_group(process)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        return None


class _Lines:
    """The lines that come from a pipe, each with a deadline."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = b""

    def next(self, deadline: float) -> bytes:
        """The next line without its end, empty when none came in time (of the monotonic clock) or none will."""
        while b"\n" not in self._read:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
            read = os.read(self._descriptor, 4096) if ready else b""
            if not read:
                return b""
            self._read += read
        line, _, self._read = self._read.partition(b"\n")
        return line


class Hosts:
    """Hosts by what they import: reapers of one entry point share one, as all known-bad ones do."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, ...], Host] = {}

    def of(self, file: ReaperFile) -> Host:
        """The host for this reaper, made if there is none."""
        key = (file.run.entry, *file.run.preload)
        if key not in self._hosts:
            self._hosts[key] = Host(file.run.entry, file.run.preload)
        return self._hosts[key]

    def close(self) -> None:
        """End them all."""
        for host in self._hosts.values():
            host.close()
        self._hosts.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class ForkedSubject(Subject):
    """Lets a host make the sweeps: its own, or one that outlives this subject."""

    def __init__(self, file: ReaperFile, host: Host | None = None) -> None:
        super().__init__(file)
        self._own = host is None
        self._host = host or Host(file.run.entry, file.run.preload)
        self._host.start()

    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """As ``Subject.sweep``; an import that fails is exit code 1 with its traceback on standard error."""
        began = time.monotonic()
        with tempfile.NamedTemporaryFile() as stdout, tempfile.NamedTemporaryFile() as stderr, self._group:
            made, code, memory = self._host.sweep(
                {
                    "argv": self.arguments(surroundings, options, extra),
                    "environment": self.environment(surroundings),
                    "stdout": stdout.name,
                    "stderr": stderr.name,
                    "timeout": self.file.run.timeout,
                    "fresh": self.file.run.fresh,
                    "limits": {},
                    **_under(surroundings.circumstances),
                },
                self._group.led_by,
            )
            seconds = time.monotonic() - began
            said = text(stderr)
            if not made:
                said += self._host.complaint or "the process that runs the reaper's sweeps was ended\n"
            return Outcome(exit_code=code, stdout=text(stdout), stderr=said, seconds=seconds, memory=memory)

    def can_be_started(self, circumstances: Circumstances) -> bool:
        """As ``Subject.can_be_started``."""
        return can_be(circumstances)

    def another(self) -> Subject:
        """As ``Subject.another``."""
        return ForkedSubject(self.file, self._host.beside())

    def close(self) -> None:
        """End the host unless it outlives this subject."""
        if self._own:
            self._host.close()


def _under(circumstances: Circumstances) -> dict[str, Any]:
    """What an order says otherwise where something about the process is not as ever; no other sweep is made in it."""
    if circumstances == AS_EVER:
        return {}
    names = {"closed": None, "full": str(FULL)}
    streams = {"stdout": circumstances.stdout, "stderr": circumstances.stderr}
    told: dict[str, Any] = {name: names[stream] for name, stream in streams.items() if stream != "kept"}
    limits = {} if circumstances.memory is None else {"RLIMIT_DATA": circumstances.memory}
    if not circumstances.disk:
        told |= dict.fromkeys(streams, os.devnull)
        limits["RLIMIT_FSIZE"] = 0
    return {**told, "limits": limits, "fresh": True}
