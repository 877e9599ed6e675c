"""The table of known-bad reapers and what each must be failed for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kpo_suite.subjects.reaper_file import Claims, Run

if TYPE_CHECKING:
    from kpo_scenarios.known_bad.plain import Api

Declared = TypeVar("Declared", bound="type[Any]")


class Reaper(Protocol):
    """What ``sweeping`` asks of a reaper that is written in Python."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None: ...

    def configure(self, settings: Sequence[str]) -> str:
        """Take the settings of one sweep; what is wrong with them, or an empty text."""

    def sweep(self) -> int:
        """Make one pass over the namespaces and return the exit code."""


IMPATIENT = 2
"""Seconds within which those that are written in Python end a sweep when they are asked to be impatient."""
SWEEPING = Run(
    adapter="python",
    entry="kpo_scenarios.known_bad.sweeping:main",
    preload=["psycopg", "yaml", "kpo_scenarios.known_bad.roster"],
    timeout=30.0,
    options={
        **{name: [f"--{name}"] for name in ("dry-run", "exclusive-scope", "sql", "rest")},
        "cluster-uid": ["--cluster-uid={cluster_uid}"],
        "impatient": [f"--deadline={IMPATIENT}"],
    },
    invalid=[["--budget=0"], ["--minimum-age=-1"], ["--no-such-setting"]],
)
"""How those that are written in Python are run: all in copies of one process."""


def by_name(bad: KnownBad) -> list[str]:
    """The arguments of a reaper that ``sweeping`` finds by its name."""
    return [bad.name]


@dataclass(frozen=True, kw_only=True)
class Family:
    """What a reaper and its variations have in common; a class names its own as ``family`` and hands it down.

    ``needs`` are programs that must be on the PATH. ``argv`` gives the arguments of one variation, after those of
    ``run``.
    """

    run: Run
    claims: Claims
    needs: tuple[str, ...] = ()
    argv: Callable[[KnownBad], list[str]] = by_name


@dataclass(frozen=True, kw_only=True)
class KnownBad:
    """One known-bad reaper. ``because`` is a regular expression that the reason of the failure must match.

    ``fails`` is empty for a good one. ``states`` are claims that it makes beyond those of its family. ``null`` marks
    one that judges nothing.
    """

    name: str
    reaper: type[Any]
    fails: str = ""
    because: str = ""
    null: bool = False
    timeout: float | None = None
    """Seconds; None for those of its family."""
    states: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What it gets wrong: the first paragraph of its docstring, on one line."""
        return " ".join((inspect.getdoc(self.reaper) or "").partition("\n\n")[0].split())


_KNOWN: dict[str, KnownBad] = {}


def known_bad(
    *,
    fails: str,
    because: str,
    null: bool = False,
    timeout: float | None = None,
    features: Sequence[str] | None = None,
    **states: object,
) -> Callable[[Declared], Declared]:
    """Declare a known-bad reaper under its class name in kebab case.

    ``features`` replaces what its family claims; ``states`` are other claims, as ``deletions=3``.

    Raises ValueError for a name that is taken.
    """
    claims = states if features is None else {**states, "features": list(features)}

    def declare(reaper: Declared) -> Declared:
        _add(
            KnownBad(
                name=kebab(reaper),
                reaper=reaper,
                fails=fails,
                because=because,
                null=null,
                timeout=timeout,
                states=claims,
            )
        )
        return reaper

    return declare


def known_good(reaper: Declared) -> Declared:
    """Declare a reaper that nothing is wrong with, under its class name in kebab case.

    Raises ValueError for a name that is taken.
    """
    _add(KnownBad(name=kebab(reaper), reaper=reaper))
    return reaper


def kebab(reaper: type[Any]) -> str:
    """The name of a class as the command line takes it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", reaper.__name__).lower()


def declared() -> dict[str, KnownBad]:
    """Those whose modules have been imported, by name; ``roster.known`` has all."""
    return dict(_KNOWN)


def _add(reaper: KnownBad) -> None:
    if reaper.name in _KNOWN:
        raise ValueError(f"two known-bad reapers are called {reaper.name}")
    _KNOWN[reaper.name] = reaper
