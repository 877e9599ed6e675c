"""What is installed: scenarios and reapers of every distribution that registers some, our own among them.

A distribution names its packages under the entry point groups ``kpo_conformance.scenarios`` (modules with ``@scenario``
functions) and a function that gives its ``ShippedReaper`` objects under ``kpo_conformance.reapers``.
"""

from __future__ import annotations

import difflib
import fnmatch
import functools
import importlib
import pkgutil
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from kpo_suite.errors import UsageError
from kpo_suite.scenario import Case, Scenario
from kpo_suite.subjects.shipped import ShippedReaper

SCENARIOS = "kpo_conformance.scenarios"
REAPERS = "kpo_conformance.reapers"


def scenario_packages() -> list[str]:
    """The packages that hold scenarios, by their dotted names."""
    return sorted({entry.value for entry in entry_points(group=SCENARIOS)})


def scenarios() -> list[Scenario]:
    """Every installed scenario, in the order of packages, modules and lines. Raises ScenarioError for a bad one."""
    found: list[Scenario] = []
    for package in scenario_packages():
        for module in _modules(package):
            found += of_module(vars(importlib.import_module(module)))
    return found


@functools.cache
def registered_folders() -> tuple[Path, ...]:
    """The folders of the registered scenario packages, for telling a collected file."""
    specs = [find_spec(package) for package in scenario_packages()]
    return tuple(Path(folder) for spec in specs if spec for folder in spec.submodule_search_locations or [])


def registers(path: Path) -> bool:
    """Whether a file is a module of a registered package of scenarios; what lies in ``dags`` is Airflow's."""
    return "dags" not in path.parts and any(path.is_relative_to(folder) for folder in registered_folders())


def of_module(names: dict[str, object]) -> Iterator[Scenario]:
    """The scenarios that a module itself declares, not those that it imports."""
    for value in list(names.values()):
        if isinstance(value, Scenario) and value.module == names.get("__name__"):
            yield value


@functools.cache
def shipped_reapers() -> Mapping[str, ShippedReaper]:
    """The shipped reapers by their names, known-bad ones among them."""
    found = [
        each for entry in sorted(entry_points(group=REAPERS), key=lambda entry: entry.value) for each in entry.load()()
    ]
    return {each.name: each for each in found}


def not_runnable() -> dict[str, str]:
    """The shipped reapers that cannot be run here, by name, with the reason."""
    lacking = {
        name: [program for program in each.needs if shutil.which(program) is None]
        for name, each in shipped_reapers().items()
    }
    return {name: f"it needs {' and '.join(programs)} on the PATH" for name, programs in lacking.items() if programs}


def selected(case: Case, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns means this case: by its id, its scenario's name or a requirement; no pattern: any."""
    if not patterns:
        return True
    words = (case.id, case.scenario.name, *case.scenario.examines)
    return any(word == pattern or fnmatch.fnmatchcase(word, pattern) for pattern in patterns for word in words)


def selection(patterns: Sequence[str], *, live: bool) -> list[Case]:
    """The cases that are meant; all of the kind without patterns.

    Raises UsageError for the first pattern that means none.
    """
    kind = "live" if live else "replay"
    cases = [case for scenario in scenarios() if scenario.kind == kind for case in scenario.cases()]
    for pattern in patterns:
        if not any(selected(case, [pattern]) for case in cases):
            known = sorted({word for case in cases for word in (case.scenario.name, *case.scenario.examines)})
            raise UsageError(f"--select {pattern!r} means no {kind} scenario; {_hint(pattern, known)}.")
    return [case for case in cases if selected(case, patterns)]


def _hint(pattern: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(pattern, list(known), n=2, cutoff=0.5)
    listing = "'kpo-conformance list scenarios' shows all"
    return f"did you mean {' or '.join(near)}? {listing}" if near else listing


def _modules(package: str) -> Iterator[str]:
    module = importlib.import_module(package)
    yield package
    for info in pkgutil.walk_packages(module.__path__, prefix=f"{package}."):
        if ".dags." not in f"{info.name}.":
            yield info.name
