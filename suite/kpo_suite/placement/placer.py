"""Puts faults into the worlds of one pytest process, in a budget of time where there is one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Self

from kpo_fixtures.faults import Plan
from kpo_reports import Result
from kpo_suite.evidence import write_evidence
from kpo_suite.history import History
from kpo_suite.placement.campaign import Campaign, Campaigned
from kpo_suite.placement.choice import placeable
from kpo_suite.placement.judging import is_sound
from kpo_suite.placement.lanes import Lane, Lanes
from kpo_suite.scenario import Case
from kpo_suite.settings import RunSettings


class Placer:
    """Keeps the lanes from one world to the next; closed when the process has no more of them.

    ``share`` is the part of all worlds that one world of this process is. Each is given its part of the budget, and
    what those before it left of theirs.
    """

    def __init__(self, settings: RunSettings, own: Lane, *, share: float = 1.0) -> None:
        self._settings = settings
        self._lanes = Lanes(settings, own)
        self._part = None if settings.budget is None else settings.budget * share
        self._ends = time.monotonic()

    def run(self, case: Case, airflow: str, clean: History, *, sound: Iterable[Result]) -> Campaigned | None:
        """The faulty runs of this world, or None where none are made; ``sound`` are the results of its clean run."""
        settings = self._settings
        if not (settings.plan or placeable(case.scenario, settings.reaper)):
            return None
        name = settings.distinct(case.id, airflow, settings.worlds)
        until = None
        if self._part is not None:
            until = self._ends = self._ends + self._part

        def keep(history: History, plan: Plan) -> str | None:
            if settings.report is None:
                return None
            told = f"{name}~{plan}".replace("/", "-")
            return write_evidence(history, told, settings.report, secrets=history.secrets)

        campaign = Campaign(settings, self._lanes, case, airflow, clean, keep=keep, until=until)
        return campaign.run() if settings.plan or is_sound(sound) else campaign.left_out()

    @property
    def secrets(self) -> set[str]:
        """What subjects were told on any lane and nobody else may read."""
        return self._lanes.secrets

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._lanes.close()
