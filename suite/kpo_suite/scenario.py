"""What a scenario is: a named function that builds a world, and the requirements that it examines."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from kpo_suite.errors import ScenarioError
from kpo_suite.ledger import requirements

Kind: TypeAlias = Literal["replay", "live"]


@dataclass(frozen=True)
class Scenario:
    """A scenario as the plugin collects it.

    ``examines`` holds ids of the ledger. ``variants`` maps an argument of the function to its values: the scenario runs
    once for each combination. ``sweeps`` is how many passes the subject makes over a replay world at least.
    """

    build: Callable[..., None]
    examines: tuple[str, ...]
    kind: Kind
    variants: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sweeps: int = 1

    @property
    def name(self) -> str:
        """The function's name: the property that the scenario shows."""
        return self.build.__name__

    @property
    def module(self) -> str:
        """The module in which the scenario stands."""
        return self.build.__module__

    @property
    def page(self) -> str:
        """The published page: the function's docstring."""
        return inspect.getdoc(self.build) or ""

    def cases(self) -> Iterator[Case]:
        """One case for each combination of variants, in their given order."""
        names = list(self.variants)
        for values in itertools.product(*self.variants.values()):
            yield Case(self, dict(zip(names, values, strict=True)))


@dataclass(frozen=True)
class Case:
    """One scenario with one choice of its variants; what one pytest item runs."""

    scenario: Scenario
    arguments: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Name for ``--select``, reports and pytest: ``name`` or ``name[value-value]``."""
        if not self.arguments:
            return self.scenario.name
        return f"{self.scenario.name}[{'-'.join(_word(value) for value in self.arguments.values())}]"

    def supported(self, features: Sequence[str]) -> tuple[str, ...]:
        """The examined requirements that a subject with these claims is held to; ``core`` is always claimed."""
        claimed = {"core", *features}
        return tuple(each for each in self.scenario.examines if requirements()[each].feature in claimed)


def scenario(
    *,
    examines: str | Sequence[str],
    variants: Mapping[str, Sequence[Any]] | None = None,
    sweeps: int = 1,
    live: bool = False,
) -> Callable[[Callable[..., None]], Scenario]:
    """Declare a scenario.

    The function takes the world to fill (``World``, or ``LiveWorld`` with ``live=True``) and then one keyword for each
    variant. Raises ScenarioError at import for an unknown requirement, a missing docstring or a wrong signature.
    """

    def declare(build: Callable[..., None]) -> Scenario:
        ids = (examines,) if isinstance(examines, str) else tuple(examines)
        unknown = [identifier for identifier in ids if identifier not in requirements()]
        if unknown or not ids:
            raise ScenarioError(f"{build.__name__} examines {unknown or 'nothing'}: not in the ledger")
        if not inspect.getdoc(build):
            raise ScenarioError(f"{build.__name__} has no docstring: it is the scenario's published page")
        expected = set(list(inspect.signature(build).parameters)[1:])
        if expected != set(variants or {}):
            raise ScenarioError(f"{build.__name__} takes {sorted(expected)} but has variants {sorted(variants or {})}")
        return Scenario(build, ids, "live" if live else "replay", dict(variants or {}), sweeps)

    return declare


def _word(value: Any) -> str:
    return "none" if value is None else str(value)
