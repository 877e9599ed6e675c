"""Reapers that take what the state source shows for what is true now, or read it piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad
from kpo_scenarios.known_bad.seven_steps import MendedSteps, Row


@known_bad(fails="SOURCE-LAGGING", because="try 2 runs on it")
class BelievesAnOlderRow(PlainReaper):
    """Takes the end of a try before the pod's own for the end of the pod's."""

    def is_behind(self, instance: Instance, pod: Pod) -> bool:
        """Look at the state alone."""
        return False


@known_bad(fails="SOURCE-LAGGING", because="try 2 runs on it")
class StepsThatBelieveAnOlderRow(MendedSteps):
    """Takes the first rule by the letter: no active task instance, whichever try it shows."""

    def is_over(self, pod: Pod, rows: Sequence[Row]) -> bool:
        """Look at the states alone."""
        return self.has_no_active(rows)
