"""What every adapter offers, and what they share: the environment of a sweep and the end of its processes."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, Self

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.surroundings import Outcome, Surroundings, arguments, filled, leads_elsewhere

if TYPE_CHECKING:
    from kpo_fixtures.faults import Timeline
    from kpo_fixtures.gateways.http import HttpGateway

FULL = Path("/dev/full")
"""Every write to it fails for want of room (Linux)."""
OUTPUT_LIMIT = 1 << 20
"""Bytes of each of a sweep's two output streams that the history keeps."""


PROMPTLY = 5.0
"""Seconds within which a process that has begun is known, and one that was killed has ended."""


class Group:
    """The processes of the sweep that goes on, by the one that leads their group; used by two threads.

    One makes sweeps and says who leads them, the other sends signals. In between nobody knows who leads: the first
    request of a sweep may come before the adapter is told of its process, so a signal waits for that.
    """

    def __init__(self) -> None:
        self._told = threading.Condition()
        self._sweeping = False
        self._leader = 0

    def __enter__(self) -> Self:
        with self._told:
            self._sweeping = True
        return self

    def __exit__(self, *exc_info: object) -> None:
        with self._told:
            self._sweeping, self._leader = False, 0
            self._told.notify_all()

    def led_by(self, pid: int) -> None:
        """Tell which process leads the group."""
        with self._told:
            self._leader = pid
            self._told.notify_all()

    def signal(self, number: int) -> bool:
        """As ``Subject.signal``."""
        with self._told:
            self._told.wait_for(lambda: self._leader or not self._sweeping, PROMPTLY)
            return bool(self._leader) and signalled(self._leader, number)


class Ground(Protocol):
    """Where a world is, for a subject that lives in it: the gateway that it is seen by, and ways in for replicas."""

    @property
    def timeline(self) -> Timeline:
        """The subject's steps."""

    @property
    def gateway(self) -> HttpGateway:
        """The subject's way to the API server."""

    def kubeconfig(self, caller: str = "") -> Path:
        """A file that leads to the gateway, by a way of its own for each caller."""

    def state(self, whose: str = "subject") -> Path:
        """A folder of its own for each of them."""


class Subject(ABC):
    """The reaper under test. Made from its file, closed when nothing more is asked of it."""

    def __init__(self, file: ReaperFile) -> None:
        self.file = file
        self._group = Group()

    @abstractmethod
    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """Make one pass and wait for its end. Never raises for what the reaper does.

        ``options`` are names under ``run.options`` of the reaper file, ``extra`` are arguments as they stand.
        """

    def can_be_started(self, circumstances: Circumstances) -> bool:
        """Whether a sweep has a process of its own that can be started so, on this system."""
        return circumstances == AS_EVER

    def signal(self, number: int) -> bool:
        """Send a signal to every process of the sweep that goes on; from another thread than the one that made it.

        False where nothing runs. After SIGKILL the process that made the sweep is no more when this returns.
        """
        return self._group.signal(number)

    def another(self) -> Subject:
        """Another one of the same kind, which can sweep while this one does. Whoever asks for it closes it."""
        return type(self)(self.file)

    def enter(self, ground: Ground, *, replicas: int = 1) -> None:  # noqa: B027 - for those that outlive a sweep
        """From now on sweep the world that is on this ground, with so many processes at once where it can."""

    def leave(self) -> None:  # noqa: B027
        """Nothing more is asked in this world: end what still sweeps it; may be called twice."""

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End whatever still runs; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def arguments(self, surroundings: Surroundings, options: Sequence[str], extra: Sequence[str]) -> list[str]:
        """The filled-in arguments of one sweep: the file's and its own."""
        return [*arguments(self.file.run.argv, surroundings), *self.own_arguments(surroundings, options, extra)]

    def own_arguments(self, surroundings: Surroundings, options: Sequence[str], extra: Sequence[str]) -> list[str]:
        """What follows the file's arguments: those of the state source and the options, filled in, and ``extra``."""
        asked = {surroundings.source, *options}
        named = [each for name, words in self.file.run.options.items() if name in asked for each in words]
        return [*arguments(named, surroundings), *extra]

    def environment(self, surroundings: Surroundings) -> dict[str, str]:
        """The variables of one sweep: ours, the world's, the file's. What leads to other stores is taken away."""
        inherited = {name: value for name, value in os.environ.items() if not leads_elsewhere(name)}
        words = surroundings.words()
        own = {name: filled(value, words) for name, value in self.file.run.env.items()}
        return {**inherited, **surroundings.environment(), **own}


def can_be(circumstances: Circumstances) -> bool:
    """Whether this system has what they need: the device without room, and a limit of memory that is kept."""
    full = "full" in (circumstances.stdout, circumstances.stderr)
    return (not full or FULL.exists()) and (circumstances.memory is None or sys.platform == "linux")


def signalled(leader: int, number: int) -> bool:
    """Send a signal to a group; whether there was one. A SIGKILL is waited for where the system can (Linux)."""
    with contextlib.ExitStack() as stack, contextlib.suppress(ProcessLookupError, PermissionError):
        ended = -1
        if number == signal.SIGKILL and hasattr(os, "pidfd_open"):
            ended = os.pidfd_open(leader)
            stack.callback(os.close, ended)
        os.killpg(leader, number)
        if ended >= 0:
            select.select([ended], [], [], PROMPTLY)
        return True
    return False


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's group, the process itself included, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone, or only zombies are left (macOS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def text(stream: IO[bytes]) -> str:
    """The stream's bytes as text; what is no UTF-8 is shown as replacement characters."""
    stream.seek(0)
    return stream.read(OUTPUT_LIMIT).decode("utf-8", "replace")
