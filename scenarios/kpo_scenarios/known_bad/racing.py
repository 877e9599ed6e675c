"""Reapers that are right about a world that stands still: they read in the wrong order, or trust what has changed."""

from __future__ import annotations

from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad


class AsksAirflowFirst(PlainReaper):
    """Reads the task instances before the pods."""

    known: Sequence[Instance] | None = None

    def list_pods(self) -> list[Pod]:
        """Ask the database, and then the API server."""
        self.known = super().read_instances()
        return super().list_pods()

    def read_instances(self) -> list[Instance]:
        """Remember what it said."""
        return list(self.known or ())


@known_bad(fails="KEEP-BORN-DURING-SWEEP", because="its task began", minimum_age=0)
class TakesTheNewbornForAnOrphan(AsksAirflowFirst):
    """Reads the task instances before the pods, and gives a pod without one no time."""

    minimum_age = 0.0


@known_bad(fails="KEEP-BORN-DURING-SWEEP", because="when one namespace had been listed", minimum_age=0)
class AsksAirflowAfterTheFirstNamespace(PlainReaper):
    """Reads the task instances once there are pods to ask about, and then goes on to the other namespaces."""

    minimum_age = 0.0
    known: Sequence[Instance] | None = None

    def list_namespace(self, where: str) -> list[Pod]:
        """Ask between two lists."""
        found = super().list_namespace(where)
        if self.known is None:
            self.known = super().read_instances()
        return found

    def read_instances(self) -> list[Instance]:
        """Remember what it said."""
        return list(self.known or ())


@known_bad(fails="KEEP-BORN-DURING-SWEEP", because="began before LIST 2 was answered", minimum_age=0)
class ListsAgainToBeSure(AsksAirflowFirst):
    """Lists the pods a second time when it has read the task instances, so that none is gone, and judges those."""

    minimum_age = 0.0

    def list_pods(self) -> list[Pod]:
        """Look, ask, and look again."""
        return super().list_pods() if PlainReaper.list_pods(self) else []
