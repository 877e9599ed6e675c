"""The table of known-bad reapers and what each must be failed for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from kpo_scenarios.known_bad.plain import PlainReaper


@dataclass(frozen=True, kw_only=True)
class KnownBad:
    """One known-bad reaper. ``because`` is a regular expression that the reason of the failure must match."""

    name: str
    reaper: type[PlainReaper]
    fails: str
    because: str

    @property
    def sentence(self) -> str:
        """What it gets wrong: the first line of its docstring."""
        return (inspect.getdoc(self.reaper) or "").partition("\n")[0]


_KNOWN: dict[str, KnownBad] = {}


def known_bad(*, fails: str, because: str) -> Callable[[type[PlainReaper]], type[PlainReaper]]:
    """Declare a known-bad reaper under its class name in kebab case."""

    def declare(reaper: type[PlainReaper]) -> type[PlainReaper]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", reaper.__name__).lower()
        _KNOWN[name] = KnownBad(name=name, reaper=reaper, fails=fails, because=because)
        return reaper

    return declare


def declared() -> dict[str, KnownBad]:
    """Those whose modules have been imported, by name; ``roster.known`` has all."""
    return dict(_KNOWN)
