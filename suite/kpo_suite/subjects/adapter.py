"""What every adapter offers, and what they share: the environment of a sweep and the end of its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import IO, Self

from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.surroundings import Outcome, Surroundings, arguments, filled, leads_elsewhere

OUTPUT_LIMIT = 1 << 20
"""Bytes of each of a sweep's two output streams that the history keeps."""


class Subject(ABC):
    """The reaper under test. Made from its file, closed when nothing more is asked of it."""

    def __init__(self, file: ReaperFile) -> None:
        self.file = file

    @abstractmethod
    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """Make one pass and wait for its end. Never raises for what the reaper does.

        ``options`` are names under ``run.options`` of the reaper file, ``extra`` are arguments as they stand.
        """

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


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process's group, the process itself included, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone, or only zombies are left (macOS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def text(stream: IO[bytes]) -> str:
    """The stream's bytes as text; what is no UTF-8 is shown as replacement characters."""
    stream.seek(0)
    return stream.read(OUTPUT_LIMIT).decode("utf-8", "replace")
