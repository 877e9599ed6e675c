"""What an adapter saw of a daemon during one pass: when sweeps began, what was sent to its processes, how they ended.

Plain data for the history. Moments are seconds on the monotonic clock that the exchanges' are on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Begin:
    """The LIST of pods with which a sweep began: when it came up, and when it was let in to the API server."""

    caller: str
    arrived: float
    admitted: float


@dataclass(frozen=True, kw_only=True)
class Signalled:
    """A signal that was sent at a moment. Requests with a later step than ``step`` began after it was delivered."""

    number: int
    caller: str
    step: int
    at: float


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The end of a process: its exit code, negative for a signal; None where it had to be killed for not ending."""

    caller: str
    exit_code: int | None
    at: float


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One pass of a daemon, which may hold several sweeps of several replicas, or none that ended."""

    begins: tuple[Begin, ...] = ()
    signals: tuple[Signalled, ...] = ()
    ends: tuple[Ended, ...] = ()
    metrics_before: str = ""
    """Its metrics as they were before the pass, in Prometheus' text format; empty where none could be read."""
    metrics: str = ""
    """The same after it."""
    began: float = 0.0
    """The moment of the pass in seconds since the epoch, as metrics tell it."""
