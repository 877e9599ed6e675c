"""Where the states of task instances come from: Airflow's database or its REST API, behind one small interface."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from kpo_reaper.deadline import Deadline
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, TaskInstanceFacts
from kpo_reaper.settings import Settings


class StateSource(Protocol):
    """One Airflow, asked by one sweep. Every error is a ReaperError and means that nothing was learned."""

    @property
    def release(self) -> str:
        """Which Airflow answered the last ``read``, in words; empty before."""
        ...

    def read(self, wanted: Collection[Attempts]) -> Snapshot:
        """Every task instance that one of ``wanted`` fits, as it is now."""
        ...

    def recall(
        self, snapshot: Snapshot, instances: Collection[TaskInstanceFacts], tell: Callable[[str], None]
    ) -> Snapshot:
        """The snapshot with the pods that Airflow remembers for ``instances``, which are some of its own.

        The same object where the snapshot holds them already or this Airflow remembers none. Where Airflow fails on
        one, ``tell`` is told in a sentence and that one may remember any pod.
        """
        ...

    def close(self) -> None:
        """Give the connections back; may be called twice."""
        ...


def state_source(settings: Settings, deadline: Deadline) -> StateSource:
    """The source that ``settings`` names; nothing is asked of it yet. Raises SettingsError."""
    # Only what is used is imported: SQLAlchemy alone takes a third of a small sweep's time.
    if settings.airflow_url:
        from kpo_reaper.airflow_rest import AirflowRest, Credentials

        credentials = Credentials(settings.airflow_token, settings.airflow_username, settings.airflow_password)
        return AirflowRest(settings.airflow_url, credentials, timeout=settings.request_timeout, deadline=deadline)
    from kpo_reaper.airflow_sql import AirflowDatabase

    return AirflowDatabase(settings.sql_alchemy_conn, timeout=settings.request_timeout, deadline=deadline)
