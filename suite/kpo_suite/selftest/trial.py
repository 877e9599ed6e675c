"""One trial of the self-test: a reaper in one case, and what came of it. Plain data that travels between processes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from kpo_suite import catalogue
from kpo_suite.scenario import Case
from kpo_suite.settings import DEFAULT_AIRFLOW
from kpo_suite.subjects import ShippedReaper, reference
from kpo_suite.subjects.surroundings import Source

Purpose: TypeAlias = Literal["kill", "floor", "repeat", "honesty"]

REFERENCE = "reference"
"""The name under which trials know the reference reaper."""
HONESTY = "zombie_that_takes_its_time_to_terminate"
"""The scenario in which a reaper is asked for what does not exist: a zombie is there to be deleted."""


class Trial(msgspec.Struct, frozen=True):
    """What is to be done: this reaper in this case, for this purpose."""

    purpose: Purpose
    reaper: str
    case: str

    @property
    def id(self) -> str:
        """The name by which pytest shows it."""
        return f"{self.purpose}/{self.reaper}/{self.case}"


class Judged(msgspec.Struct, frozen=True):
    """A verdict on one requirement in a trial."""

    requirement: str
    verdict: str
    reason: str
    because: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a trial; ``error`` is the defect that kept it from being judged."""

    trial: Trial
    judged: tuple[Judged, ...] = ()
    fingerprint: str = ""
    error: str = ""


def kill(bad: ShippedReaper, outcome: Outcome) -> Judged | None:
    """The verdict that fails a known-bad reaper by the requirement that it breaks and for the stated reason, if any."""
    return next(
        (
            each
            for each in outcome.judged
            if each.requirement == bad.fails and each.verdict == "fail" and re.search(bad.because, each.reason)
        ),
        None,
    )


class Setting(msgspec.Struct, frozen=True):
    """A case with the Airflow and the state source on which it is tried."""

    case: Case
    airflow: str
    source: Source


def settings() -> dict[str, Setting]:
    """Every replay case by its id: on the default Airflow and its database, or where else its world can be."""
    found: dict[str, Setting] = {}
    for scenario in catalogue.scenarios():
        airflow = (
            scenario.airflow[-1] if scenario.airflow and DEFAULT_AIRFLOW not in scenario.airflow else DEFAULT_AIRFLOW
        )
        for case in scenario.cases() if scenario.kind == "replay" else ():
            found[case.id] = Setting(case, airflow, scenario.source or "sql")
    return found


def trials(*purposes: Purpose) -> Iterator[Trial]:
    """Every trial of these purposes, in a fixed order."""
    known = settings()
    for reaper in _runnable() if "kill" in purposes else ():
        for name, setting in known.items():
            if not setting.case.scenario.survey and reaper.fails in _put_to(reaper, setting):
                yield Trial("kill", reaper.name, name)
    if "floor" in purposes:
        yield from _floors(known)
    for name, setting in known.items():
        if "repeat" in purposes and setting.case.supported(reference()):
            yield Trial("repeat", REFERENCE, name)
        if "honesty" in purposes and setting.case.scenario.name == HONESTY:
            yield Trial("honesty", REFERENCE, name)


def _runnable() -> Iterator[ShippedReaper]:
    """The shipped reapers that can be run here."""
    left_out = catalogue.not_runnable()
    return (each for each in catalogue.shipped_reapers().values() if each.name not in left_out)


def _floors(known: Mapping[str, Setting]) -> Iterator[Trial]:
    """Each null reaper in one case of every scenario, and not all of them in the same."""
    for number, reaper in enumerate(each for each in _runnable() if each.null):
        cases: dict[str, list[str]] = {}
        for name, setting in known.items():
            if _put_to(reaper, setting):
                cases.setdefault(setting.case.scenario.name, []).append(name)
        for names in cases.values():
            yield Trial("floor", reaper.name, names[number % len(names)])


def _put_to(reaper: ShippedReaper, setting: Setting) -> Collection[str]:
    """The requirements by which this reaper is judged there; none where it cannot read the state of tasks."""
    return setting.case.supported(reaper.file) if setting.source in reaper.file.run.options else ()


def rows(*purposes: Purpose) -> dict[str, list[Trial]]:
    """The trials that are made together, by the name of their row: those that may kill one reaper, any other alone.

    The first of them that kills it ends the row.
    """
    found: dict[str, list[Trial]] = {}
    for trial in trials(*purposes):
        found.setdefault(f"kill/{trial.reaper}" if trial.purpose == "kill" else trial.id, []).append(trial)
    return found
