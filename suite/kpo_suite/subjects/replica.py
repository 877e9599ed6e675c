"""One process of a daemon: started, listened to, signalled and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kpo_suite.subjects.adapter import OUTPUT_LIMIT, end_group
from kpo_suite.subjects.lines import holds, objects
from kpo_suite.subjects.watch import Ended

DELIVERY = 2.0
"""Seconds that a process is given to be seen to have had a signal; one that is never at rest is not waited for."""
POLL = 0.005
"""Seconds between two looks at a process."""


class Replica:
    """A running process, the leader of a group of its own, and what it has said. Safe between threads."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        ended_by: Mapping[str, object],
        *,
        metrics_port: int,
    ) -> None:
        """Start it. ``ended_by`` is what a line holds that ends a sweep. Raises OSError when it cannot be started."""
        self.name = name
        self.argv = tuple(argv)
        self.metrics_port = metrics_port
        self.stopping_since: float | None = None
        """Since when it is to end, by SIGTERM."""
        self._ended: Ended | None = None
        self.is_stopped = False
        """Whether SIGSTOP was sent, and no SIGCONT since."""
        self._ended_by = ended_by
        self._lock = threading.Lock()
        self._read = self._told = 0
        self._heard = {"stdout": 0, "stderr": 0}
        self._rest = b""
        self._streams = {name: tempfile.TemporaryFile() for name in self._heard}  # noqa: SIM115 - closed by ``end``
        try:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=self._streams["stdout"],
                stderr=self._streams["stderr"],
                env=dict(environment),
                # A session of its own: Ctrl-C reaches the suite first, which then ends the whole group.
                start_new_session=True,
            )
        except OSError:
            for stream in self._streams.values():
                stream.close()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        if self._ended is None and (code := self.process.poll()) is not None:
            self._ended = Ended(caller=self.name, exit_code=code, at=time.monotonic())
        return self._ended is None

    def told(self) -> int | None:
        """How many ends of sweeps it has told so far; None where its file says that it tells none."""
        if not self._ended_by:
            return None
        with self._lock:
            descriptor = self._streams["stdout"].fileno()
            while read := os.pread(descriptor, OUTPUT_LIMIT, self._read):
                self._read += len(read)
                whole, newline, rest = (self._rest + read).rpartition(b"\n")
                self._rest = rest
                lines = (whole + newline).decode("utf-8", "replace")
                self._told += sum(holds(each, self._ended_by) for each in objects(lines))
            return self._told

    def said(self, stream: str) -> str:
        """What it wrote to ``stdout`` or ``stderr`` since this was asked last."""
        descriptor = self._streams[stream].fileno()
        size = os.fstat(descriptor).st_size
        read = os.pread(descriptor, OUTPUT_LIMIT, self._heard[stream])
        self._heard[stream] = size
        return read.decode("utf-8", "replace")

    def signal(self, number: int) -> bool:
        """Send a signal and wait until it has had it; False where it had ended before.

        A handler has run once nothing is pending and every thread is at rest; whoever is at work all the time is not
        waited for beyond ``DELIVERY``.
        """
        if not self.is_alive:
            return False
        if number == signal.SIGTERM:
            self.stopping_since = time.monotonic()
        self.is_stopped = number == signal.SIGSTOP or (self.is_stopped and number != signal.SIGCONT)
        self.process.send_signal(number)
        deadline = time.monotonic() + DELIVERY
        while self.is_alive and not _has_had(self.process.pid, number) and time.monotonic() < deadline:
            time.sleep(POLL)
        return True

    def end(self) -> Ended:
        """Kill what is left of it and say how it ended: None for the exit code where it had to be killed."""
        if self.is_alive:
            self._ended = Ended(caller=self.name, exit_code=None, at=time.monotonic())
        end_group(self.process)
        assert self._ended is not None
        return self._ended

    def close(self) -> None:
        """End it and forget what it said."""
        self.end()
        for stream in self._streams.values():
            stream.close()


def _has_had(pid: int, number: int) -> bool:
    """Whether no signal is pending and every thread is at rest, or stopped by SIGSTOP. False where it cannot be told.

    Read from /proc; where there is none (macOS), a signal is taken for delivered when ``DELIVERY`` has passed.
    """
    expected = "Tt" if number == signal.SIGSTOP else "S"
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            lines = dict(line.split(":", 1) for line in (thread / "status").read_text().splitlines() if ":" in line)
            pending = int(lines["SigPnd"], 16) | int(lines["ShdPnd"], 16)
            if pending or lines["State"].split()[0] not in expected:
                return False
    except (OSError, KeyError, ValueError):
        return False
    return True
