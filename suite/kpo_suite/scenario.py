"""What a scenario is: a named function that builds a world, and the requirements that it examines."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from kpo_fixtures.airflow.releases import release
from kpo_suite.errors import ScenarioError
from kpo_suite.ledger import requirements
from kpo_suite.subjects.reaper_file import OptionName, ReaperFile
from kpo_suite.subjects.surroundings import Source

Kind: TypeAlias = Literal["replay", "live"]


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One planned sweep of a replay scenario.

    ``options`` are what it is asked to be, ``extra`` further arguments. ``refused`` says that the subject has to refuse
    it: it must end with another exit code than 0, and that is then no lack of a witness.
    """

    options: tuple[OptionName, ...] = ()
    extra: tuple[str, ...] = ()
    refused: bool = False

    def times(self, file: ReaperFile) -> int:
        """How often it is made: a reaper that waits for a second sighting needs two sweeps to act, none to refuse."""
        return 1 if self.refused else file.claims.sweeps


Passes: TypeAlias = int | Sequence[Pass] | Callable[[ReaperFile], Sequence[Pass]]
"""How many plain sweeps, or which ones, or which ones with this subject."""


@dataclass(frozen=True)
class Scenario:
    """A scenario as the plugin collects it.

    ``examines`` holds ids of the ledger. ``variants`` maps an argument of the function to its values: the scenario runs
    once for each combination. ``sweeps`` is what the subject is asked for in a replay world, ``options`` what every
    sweep is asked to be; a subject whose file names no such option is not asked. ``airflow`` are the generations on
    which the world can be (none: all), ``source`` the state source that it needs, ``rest_from`` the first generation
    whose REST API can tell it (Airflow 2 answers 500 for a state that it does not list). A ``survey`` holds very many
    situations: it is for subjects, and no proof of a known-bad reaper, which a smaller world is. ``company`` are the
    variants in which a second subject sweeps beside the first; of a scenario without variants, ``("",)``.
    """

    build: Callable[..., None]
    examines: tuple[str, ...]
    kind: Kind
    variants: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sweeps: Passes = 1
    options: tuple[OptionName, ...] = ()
    airflow: tuple[str, ...] = ()
    source: Source | None = None
    rest_from: str = ""
    survey: bool = False
    company: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The function's name: the property that the scenario shows."""
        return self.build.__name__

    @property
    def module(self) -> str:
        """The module in which the scenario stands."""
        return self.build.__module__

    @property
    def is_disturbed(self) -> bool:
        """Whether it is about a requirement that shows only where faults or changes come between the steps."""
        return any(requirements()[each].fault for each in self.examines)

    @property
    def page(self) -> str:
        """The published page: the function's docstring."""
        return inspect.getdoc(self.build) or ""

    def passes(self, file: ReaperFile) -> list[Pass]:
        """The sweeps that this subject is asked for, each of them as often as it needs to act (``Pass.times``)."""
        if isinstance(self.sweeps, int):
            return [Pass(options=self.options)] * self.sweeps
        planned = self.sweeps(file) if callable(self.sweeps) else self.sweeps
        return [replace(each, options=(*self.options, *each.options)) for each in planned]

    def possible(self, *, airflow: str, source: str) -> bool:
        """Whether this world can be on an Airflow of this generation, told through this state source."""
        if source == "rest" and self.rest_from and release(airflow) < release(self.rest_from):
            return False
        return (not self.airflow or airflow in self.airflow) and self.source in (None, source)

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

    def supported(self, file: ReaperFile, airflow: str | None = None) -> tuple[str, ...]:
        """The examined requirements that this subject is held to on this Airflow; ``core`` is always claimed."""
        if self.missing_option(file) or self.lacks_company(file) or not claims_airflow(file, airflow):
            return ()
        claimed = {"core", *file.claims.features}
        return tuple(each for each in self.scenario.examines if requirements()[each].feature in claimed)

    def missing_option(self, file: ReaperFile) -> str:
        """The first option of a sweep that the subject does not have; empty when it has all."""
        asked = (name for each in self.scenario.passes(file) for name in each.options)
        return next((name for name in asked if name not in file.run.options), "")

    def lacks_company(self, file: ReaperFile) -> bool:
        """Whether a second subject would have to make one sweep, and the subject is a daemon, which makes many."""
        values = [str(value) for value in self.arguments.values()] or [""]
        return file.run.adapter == "daemon" and any(value in self.scenario.company for value in values)


def scenario(
    *,
    examines: str | Sequence[str],
    variants: Mapping[str, Sequence[Any]] | None = None,
    sweeps: Passes = 1,
    options: Sequence[OptionName] = (),
    airflow: Sequence[str] = (),
    source: Source | None = None,
    rest_from: str = "",
    survey: bool = False,
    company: Sequence[str] = (),
    live: bool = False,
) -> Callable[[Callable[..., None]], Scenario]:
    """Declare a scenario.

    The function takes the world to fill (``World``, or ``LiveWorld`` with ``live=True``) and then one keyword for each
    variant. The others are as in ``Scenario``.

    Raises ScenarioError at import for an unknown requirement, a missing docstring or a wrong signature.
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
        return Scenario(
            build=build,
            examines=ids,
            kind="live" if live else "replay",
            variants=dict(variants or {}),
            sweeps=sweeps,
            options=tuple(options),
            airflow=tuple(airflow),
            source=source,
            rest_from=rest_from,
            survey=survey,
            company=tuple(company),
        )

    return declare


def claims_airflow(file: ReaperFile, airflow: str | None) -> bool:
    """Whether the subject claims this generation of Airflow; who names none claims them all."""
    generation = ".".join((airflow or "").split(".")[:2])
    return airflow is None or not file.claims.airflow or generation in file.claims.airflow


def _word(value: Any) -> str:
    return "none" if value is None else str(value)
