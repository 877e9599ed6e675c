"""Reapers that are right about a world that stands still: they read in the wrong order, or trust what has changed."""

from __future__ import annotations

import urllib.error
from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, path
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


@known_bad(fails="KEEP-RACED", because="somebody cleared its task")
class JudgesByOlderRows(AsksAirflowFirst):
    """Reads the task instances first and deletes what it lists afterwards by what they were."""


@known_bad(fails="KEEP-RACED", because="when the sweep had seen it|its annotation asks to keep it")
class NamesTheUidAlone(PlainReaper):
    """Sees to it that no other pod is deleted, and not that this one is still what it was."""

    preconditions = ("uid",)


@known_bad(fails="KEEP-RACED", because="when the sweep had seen it|its annotation asks to keep it")
class ReadsAgainWithoutLooking(PlainReaper):
    """Reads the pod right before its DELETE, for preconditions that are met, and does not look at what it has read."""

    def delete(self, pod: Pod) -> bool:
        """Let no conflict come up."""
        return super().delete(self.api.call("GET", path(pod)))


@known_bad(fails="KEEP-RACED", because="when the sweep had seen it|its annotation asks to keep it")
class TakesTheNewVersionForAnAnswer(PlainReaper):
    """Takes a conflict for a nuisance: reads the new resourceVersion and sends its DELETE again."""

    def delete(self, pod: Pod) -> bool:
        """Try once more with what the API server wants to hear."""
        if super().delete(pod):
            return True
        try:
            now = self.api.call("GET", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return False
        return now["metadata"]["uid"] == pod["metadata"]["uid"] and super().delete(now)


@known_bad(fails="KEEP-RACED", because="when the sweep had seen it")
class ReadsAllAgainAndJudges(NamesTheUidAlone):
    """Reads all its zombies once more before it deletes the first of them, and judges them anew, but no later."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Look again, and too early for the last."""
        return [pod for pod in super().choose(zombies) if not self.spares(self.api.call("GET", path(pod)))]
