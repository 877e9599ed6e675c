"""Reapers that ask Airflow's database for too much, too often, or one that they do not know."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, path
from kpo_scenarios.known_bad.registry import known_bad


class SaysMoreToTheDatabase(PlainReaper):
    """Sends a statement of its own before it reads, and goes on when it is refused."""

    statement = ""

    def read_instances(self) -> list[Instance]:
        """Try it."""
        import psycopg

        with contextlib.suppress(psycopg.Error):
            self.ask(self.statement)
        return super().read_instances()


@known_bad(fails="SOURCE-READ-ONLY", because="FOR UPDATE")
class LocksTheRows(SaysMoreToTheDatabase):
    """Locks the rows of task_instance, to be sure that they stay as they are."""

    statement = "SELECT id FROM task_instance FOR UPDATE"


@known_bad(fails="SOURCE-READ-ONLY", because="pg_try_advisory_lock")
class TakesAnAdvisoryLock(SaysMoreToTheDatabase):
    """Takes a lock in Airflow's database, lest two reapers run at once."""

    statement = "SELECT pg_try_advisory_lock(58968)"


@known_bad(fails="SOURCE-READ-ONLY", because="CREATE TEMP TABLE")
class MakesATemporaryTable(SaysMoreToTheDatabase):
    """Puts its pods into a temporary table, to join them."""

    statement = "CREATE TEMP TABLE seen_pods (uid text)"


@known_bad(fails="SOURCE-READ-ONLY", because="LOCK TABLE")
class LocksTheTable(SaysMoreToTheDatabase):
    """Locks task_instance against writers while it decides."""

    statement = "LOCK TABLE task_instance IN SHARE MODE"


@known_bad(fails="SOURCE-READ-ONLY", because="UPDATE task_instance SET")
class WritesANoteOnTheRow(SaysMoreToTheDatabase):
    """Marks the rows whose pods it has looked at."""

    statement = "UPDATE task_instance SET custom_operator_name = 'seen' WHERE state = 'failed'"


@known_bad(fails="SOURCE-BOUNDED", because=r"sent \d+ queries")
class AsksForEachPod(PlainReaper):
    """Asks the database about each pod anew."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Be up to date."""
        return super().is_zombie(pod, self.read_instances(), pods)


@known_bad(fails="SOURCE-BOUNDED", because=r"sent \d+ requests to the API server")
class ReadsEachPodAgain(PlainReaper):
    """Reads each listed pod once more by itself, also those that it keeps."""

    def spares(self, pod: Pod) -> bool:
        """Look again."""
        return super().spares(self.api.call("GET", path(pod)))


@known_bad(fails="SOURCE-EVERY-AIRFLOW", because="what the tables of this Airflow mean is unknown")
class TrustsAnyDatabase(PlainReaper):
    """Reads the tables of whichever Airflow, as long as the columns are there."""

    def knows_airflow(self) -> bool:
        """Be of good cheer."""
        super().knows_airflow()
        return True


@known_bad(fails="SOURCE-EVERY-AIRFLOW", because="ended with 0")
class PassesOverAnUnknownAirflow(PlainReaper):
    """Deletes nothing where it does not know the Airflow, and says that all is well."""

    def refuse(self, why: str) -> int:
        """Look away."""
        super().refuse(why)
        return 0


@known_bad(fails="SOURCE-EVERY-AIRFLOW", because="its task is awaiting_input")
class KnowsTheStatesOfAirflowThreeZero(PlainReaper):
    """Holds a state that 3.0 did not have for an end, also on 3.3."""

    unfinished = (
        *("scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"),
        "shutdown",
    )

    def is_over(self, instance: Instance) -> bool:
        """Know the states of a year ago."""
        return instance.state is not None and instance.state not in self.unfinished
