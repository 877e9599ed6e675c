"""One trial of the self-test: a reaper in one case, and what came of it. Plain data that travels between processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from kpo_suite import catalogue
from kpo_suite.scenario import Case
from kpo_suite.settings import DEFAULT_AIRFLOW
from kpo_suite.subjects import reference
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
    left_out = catalogue.not_runnable()
    for reaper in catalogue.shipped_reapers().values() if {"kill", "floor"} & set(purposes) else ():
        if reaper.name in left_out:
            continue
        for name, setting in known.items():
            if setting.source not in reaper.file.run.options:
                continue
            supported = setting.case.supported(reaper.file)
            if "kill" in purposes and reaper.fails in supported and not setting.case.scenario.survey:
                yield Trial("kill", reaper.name, name)
            if "floor" in purposes and reaper.null and supported:
                yield Trial("floor", reaper.name, name)
    for name, setting in known.items():
        if "repeat" in purposes and setting.case.supported(reference()):
            yield Trial("repeat", REFERENCE, name)
        if "honesty" in purposes and setting.case.scenario.name == HONESTY:
            yield Trial("honesty", REFERENCE, name)
