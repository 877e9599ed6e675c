"""Reapers that take what the state source shows for what is true now, or read it piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import FINISHED, Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad
from kpo_scenarios.known_bad.seven_steps import MendedSteps, Row

COLUMNS = "dag_id, task_id, run_id, map_index, try_number, state, operator"


class AsksInPieces(PlainReaper):
    """Reads task instances by several questions."""

    rows = 100
    """Task instances in a page."""

    def some(self, condition: str) -> list[Instance]:
        """Those that fulfil a condition."""
        found = self.ask(f"SELECT {COLUMNS} FROM task_instance WHERE {condition}")  # noqa: S608 - constants
        return [Instance(**dict(zip(COLUMNS.split(", "), row, strict=True))) for row in found]


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


@known_bad(fails="SOURCE-CONSISTENT", because="its task goes on")
class AsksForTheRunningFirst(AsksInPieces):
    """Asks for the running task instances and then for the others, each time as they are at that moment."""

    def read_instances(self) -> list[Instance]:
        """Ask twice."""
        return self.some("state = 'running'") + self.some("state IS DISTINCT FROM 'running'")


@known_bad(fails="SOURCE-CONSISTENT", because="its task runs|its task will come back to it")
class PagesByOffset(AsksInPieces):
    """Reads the unfinished task instances page by page, by LIMIT and OFFSET, and then the others."""

    def read_instances(self) -> list[Instance]:
        """Turn the pages."""
        ended = f"state IN {tuple(sorted(FINISHED))}"
        found: list[Instance] = []
        while True:
            order = f"ORDER BY dag_id, run_id, task_id, map_index LIMIT {self.rows} OFFSET {len(found)}"
            page = self.some(f"({ended}) IS NOT TRUE {order}")
            found += page
            if len(page) < self.rows:
                return found + self.some(ended)
