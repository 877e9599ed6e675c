"""Reapers that go on where the state source has not answered, not as a whole, or let nobody in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import FINISHED, Instance, PlainReaper
from kpo_scenarios.known_bad.registry import known_bad
from kpo_scenarios.known_bad.seven_steps import MendedSteps

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


@known_bad(fails="SOURCE-PARTIAL", because="is answered|loses its last row")
class CountsNoRows(PlainReaper):
    """Reads whatever comes until the end, and does not know how much it should be."""

    def is_whole(self, came: int, told: int) -> bool:
        """Trust the database."""
        return True


@known_bad(fails="SOURCE-PARTIAL", because="one of the two|row_of_a_namesake|was deleted at step")
class StepsThatCountNoRows(MendedSteps):
    """Takes the seven steps on as many rows as come."""

    def are_all(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Trust the database."""
        return True


@known_bad(fails="SOURCE-PARTIAL", because="after")
class KeepsTheRowsBeforeTheError(PlainReaper):
    """Reads rows one by one, and keeps those that came where an error ends them."""

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Stream."""
        import psycopg

        found: list[tuple[Any, ...]] = []
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            try:
                found.extend(connection.cursor().stream(query.encode()))
            except psycopg.Error:
                if not found:
                    raise
        return found

    def is_whole(self, came: int, told: int) -> bool:
        """Make do with some."""
        return came > 0


@known_bad(fails="SOURCE-UNAUTHORIZED", because="ended with exit code 0")
class EndsWellWithoutCredentials(PlainReaper):
    """Ends a sweep as if all were well where the database does not let it in."""

    def sweep(self) -> int:
        """Wait for somebody to mend the password."""
        import psycopg

        try:
            return super().sweep()
        except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
            sys.stderr.write(f"plain: {error}\n")
            return 0


@known_bad(fails="SOURCE-UNAUTHORIZED", because="was deleted at step")
class TakesADenialForNoRows(PlainReaper):
    """Takes a table that it may not read for an empty one."""

    def read_instances(self) -> list[Instance]:
        """See nothing."""
        import psycopg

        try:
            return super().read_instances()
        except psycopg.errors.InsufficientPrivilege:
            return []

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Go on without."""
        return True
