"""When a sweep of a daemon begins and ends, told by its own requests; the keeper of the gate that parts the passes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kpo_fixtures.gateways import Exchange
from kpo_suite.subjects.watch import Begin

_PAGING = frozenset(("limit", "continue", "resourceVersion", "resourceVersionMatch", "timeoutSeconds"))
"""The parameters in which two LISTs of the same pods may differ."""


@dataclass
class _Caller:
    """One replica: what it has listed since its sweep began, and how many sweeps it had ended by its own words."""

    sweeping: bool = False
    turn: int = 0
    """In which pass its sweep began."""
    listed: set[tuple[str, ...]] = field(default_factory=set)
    said: int = 0
    """How many ends it had told when its sweep began."""
    said_before: int = 0
    """How many it had told when the pass began."""
    arrived: float | None = None
    """Since when its LIST waits at the gate."""


class Turns:
    """A LIST of pods begins a sweep unless it goes on with one: another page, or pods that were not listed yet.

    The sweep has ended when the next begins, or when the daemon says so: ``told`` gives the number of ends that a
    replica has told so far, None where it tells none. Then a LIST belongs to the same sweep until its end is told. In a
    pass, LISTs that begin a sweep go through until one sweep is over; between passes none does.
    """

    def __init__(self, told: Callable[[str], int | None]) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._callers: dict[str, _Caller] = {}
        self._turn = 0
        self._open = False
        self._over = threading.Event()
        self._begins: list[Begin] = []

    def open(self) -> None:
        """A pass begins; ask the gate again about who waits."""
        with self._lock:
            self._turn += 1
            self._open = True
            self._over.clear()
            self._begins = []
            for name, caller in self._callers.items():
                caller.said_before = self._told(name) or 0

    def close(self) -> tuple[Begin, ...]:
        """The pass is over: the sweeps that began in it."""
        with self._lock:
            self._open = False
            return tuple(self._begins)

    def meet(self, name: str) -> None:
        """A new process goes by this name from now on."""
        with self._lock:
            self._callers[name] = _Caller()

    def is_over(self, patience: float) -> bool:
        """Whether a sweep that began in this pass has ended, after at most ``patience`` seconds."""
        if self._over.wait(patience):
            return True
        with self._lock:
            for name, caller in self._callers.items():
                self._look(name, caller)
        return self._over.is_set()

    def keep(self, asked: Exchange) -> bool:
        """As a gate's keeper: whether this request may go on."""
        if asked.verb != "list" or asked.target.resource != "pods" or asked.parameters.get("continue"):
            return True
        parameters = (f"{name}={value}" for name, value in asked.parameters.items() if name not in _PAGING)
        pods = (asked.path, *sorted(parameters))
        with self._lock:
            caller = self._callers.setdefault(asked.by, _Caller())
            self._look(asked.by, caller)
            if caller.sweeping and (self._told(asked.by) is not None or pods not in caller.listed):
                caller.listed.add(pods)
                return True
            if caller.sweeping:
                self._end(caller)
            caller.arrived = caller.arrived or time.monotonic()
            if not self._open or self._over.is_set():
                return False
            self._begins.append(Begin(caller=asked.by, arrived=caller.arrived, admitted=time.monotonic()))
            caller.sweeping, caller.turn, caller.listed, caller.arrived = True, self._turn, {pods}, None
            caller.said = self._told(asked.by) or 0
            return True

    def _look(self, name: str, caller: _Caller) -> None:
        """Take notice of an end that it has told, also one that no LIST came before."""
        told = self._told(name) or 0
        if caller.sweeping and told > caller.said:
            self._end(caller)
        elif told >= caller.said_before + 2 and self._open:
            self._over.set()

    def _end(self, caller: _Caller) -> None:
        caller.sweeping = False
        if caller.turn == self._turn:
            self._over.set()
