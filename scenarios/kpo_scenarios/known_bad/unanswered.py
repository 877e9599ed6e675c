"""Reapers that go on where the state source has not answered, not as a whole, or let nobody in."""

from __future__ import annotations

from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import FINISHED, Instance, PlainReaper
from kpo_scenarios.known_bad.registry import known_bad

COLUMNS = "dag_id, task_id, run_id, map_index, try_number, state, operator"


@known_bad(fails="SOURCE-UNREACHABLE", because="was deleted at step")
class TakesAnErrorForNoRows(PlainReaper):
    """Takes an error of the database for an answer without rows."""

    def read_instances(self) -> list[Instance]:
        """Log the error, as a rule."""
        import psycopg

        try:
            return super().read_instances()
        except psycopg.Error:
            return []

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Go on without."""
        return True


@known_bad(fails="SOURCE-UNREACHABLE", because="was deleted at step")
class FallsBackToASmallerQuestion(PlainReaper):
    """Asks only for ended task instances where the database was too slow for all of them."""

    def read_instances(self) -> list[Instance]:
        """Ask for less, which is enough for zombies."""
        import psycopg

        try:
            return super().read_instances()
        except psycopg.Error:
            ended = ", ".join(f"'{state}'" for state in FINISHED)
            rows = self.ask(f"SELECT {COLUMNS} FROM task_instance WHERE state IN ({ended})")  # noqa: S608 - constants
            return [Instance(**dict(zip(COLUMNS.split(", "), row, strict=True))) for row in rows]


@known_bad(fails="SOURCE-EMPTY", because="is answered no rows")
class BelievesAnEmptyTable(PlainReaper):
    """Takes no task instance at all for the truth."""

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Believe it."""
        return True


@known_bad(fails="SOURCE-EMPTY", because="is answered no rows")
class AsksOnlyWhetherThereAreDags(PlainReaper):
    """Takes a database for the right one as long as it has DAGs."""

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Look at another table."""
        return bool(self.known_dags())
