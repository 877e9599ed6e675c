"""Time that a sweep may take and that facts may age, on a clock that no one sets and that runs on while suspended."""

from __future__ import annotations

import time

from kpo_reaper.errors import DeadlineError

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def clock() -> float:
    """Seconds since boot, including the time that the machine was suspended where the system can tell."""
    return time.clock_gettime(_CLOCK)


class Deadline:
    """The end of a sweep, ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = clock() + seconds

    def allows(self, seconds: float) -> bool:
        """Whether ``seconds`` more fit in."""
        return clock() + seconds < self._end

    def at_most(self, seconds: float) -> float:
        """``seconds`` or what is left, whichever is less. Raises DeadlineError when nothing is left."""
        left = self._end - clock()
        if left <= 0:
            raise DeadlineError(f"the sweep did not end within its deadline of {self.seconds:g} seconds")
        return min(seconds, left)
