"""Reapers that find the right zombies and delete them in a wrong way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, labels, path
from kpo_scenarios.known_bad.registry import known_bad

MERGE = "application/merge-patch+json"


@known_bad(fails="DELETE-ONE-POD", because="deletes the collection")
class DeletesTheCollection(PlainReaper):
    """Deletes by the label of the zombie's task instead of by name."""

    def delete(self, pod: Pod) -> bool:
        """Let the API server pick the pods."""
        selector = f"dag_id%3D{labels(pod)['dag_id']},task_id%3D{labels(pod)['task_id']}"
        self.api.call("DELETE", f"{path(pod).rpartition('/')[0]}?labelSelector={selector}")
        return True


@known_bad(fails="DELETE-ONE-POD", because="deletes the collection of namespace batch")
class EmptiesANamespaceOfZombies(PlainReaper):
    """Deletes the whole namespace's pods where it has seen nothing but zombies in it."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Save some requests."""
        chosen = super().choose(zombies)
        for name in self.namespaces:
            doomed = [pod for pod in chosen if pod["metadata"]["namespace"] == name]
            if len(doomed) > 1 and len(doomed) == len(self.list_namespace(f"/api/v1/namespaces/{name}/pods")):
                self.api.call("DELETE", f"/api/v1/namespaces/{name}/pods")
                chosen = [pod for pod in chosen if pod not in doomed]
        return chosen


@known_bad(fails="DELETE-NOTHING-ELSE", because="writes pods")
class MarksBeforeItDeletes(PlainReaper):
    """Writes a label on the pod before it deletes it."""

    def delete(self, pod: Pod) -> bool:
        """Leave a mark first."""
        return super().delete(self.api.call("PATCH", path(pod), {"metadata": {"labels": {"reaped": "True"}}}, MERGE))


@known_bad(fails="DELETE-NOTHING-ELSE", because="writes pods")
class MarksWhatItHasSeen(PlainReaper):
    """Writes an annotation on each pod that it keeps."""

    def spares(self, pod: Pod) -> bool:
        """Note that it was here."""
        kept = super().spares(pod)
        if kept:
            self.api.call("PATCH", path(pod), {"metadata": {"annotations": {"reaper/seen": "True"}}}, MERGE)
        return kept


@known_bad(fails="DELETE-NOTHING-ELSE", because="writes configmaps")
class KeepsABookOfItsDeeds(PlainReaper):
    """Writes a ConfigMap with what it has deleted."""

    def delete(self, pod: Pod) -> bool:
        """Note it."""
        metadata = pod["metadata"]
        book = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "reaped-"}}
        where = f"/api/v1/namespaces/{metadata['namespace']}/configmaps"
        self.api.call("POST", where, {**book, "data": {"pod": metadata["name"]}})
        return super().delete(pod)


@known_bad(fails="DELETE-GRACEFULLY", because="with 0 s of grace")
class ForcesEveryDeletion(PlainReaper):
    """Deletes with a grace period of 0 ('force deletes all identified zombie pods', apache/airflow#58968)."""

    def delete(self, pod: Pod) -> bool:
        """Leave no time."""
        self.api.call("DELETE", path(pod), {"gracePeriodSeconds": 0})
        return True


@known_bad(fails="DELETE-GRACEFULLY", because="with 30 s of grace .* asks for (120|600) s")
class GivesEveryPodThirtySeconds(PlainReaper):
    """Asks for the usual grace period, whatever the pod's own is."""

    def delete(self, pod: Pod) -> bool:
        """Treat all alike."""
        self.api.call("DELETE", path(pod), {"gracePeriodSeconds": 30})
        return True


@known_bad(fails="DELETE-ONCE", because="was sent 3 DELETEs")
class DeletesAgainInEverySweep(PlainReaper):
    """Does not see that a pod is terminating already."""

    def is_terminating(self, pod: Pod) -> bool:
        """Hold a pod for present until it is gone."""
        return False


@known_bad(fails="DELETE-ONCE", because="it was terminating already")
class HelpsWhereAFinalizerHolds(PlainReaper):
    """Asks again for the end of a pod that a finalizer holds, as if it had not been heard."""

    def is_terminating(self, pod: Pod) -> bool:
        """Believe in asking."""
        return super().is_terminating(pod) and not pod["metadata"].get("finalizers")


@known_bad(fails="DELETE-KEEPS-FINALIZERS", because="removed the finalizer")
class StripsFinalizers(PlainReaper):
    """Removes the finalizers of a pod before it deletes it, so that it goes."""

    def delete(self, pod: Pod) -> bool:
        """Break another controller's promise."""
        if pod["metadata"].get("finalizers"):
            pod = self.api.call("PATCH", path(pod), {"metadata": {"finalizers": None}}, MERGE)
        return super().delete(pod)


@known_bad(fails="DELETE-KEEPS-FINALIZERS", because="removed the finalizer")
class FreesWhatIsStuck(PlainReaper):
    """Replaces a terminating pod by itself without finalizers."""

    def is_terminating(self, pod: Pod) -> bool:
        """Lend a hand."""
        terminating = super().is_terminating(pod)
        if terminating and pod["metadata"].get("finalizers"):
            self.api.call("PUT", path(pod), {**pod, "metadata": {**pod["metadata"], "finalizers": []}})
        return terminating


@known_bad(fails="DELETE-RESOURCE-VERSION", because="carries no resourceVersion")
class DeletesByUidAlone(PlainReaper):
    """States the uid and not the resourceVersion that it has judged."""

    def delete(self, pod: Pod) -> bool:
        """Make sure of half."""
        self.api.call("DELETE", path(pod), {"preconditions": {"uid": pod["metadata"]["uid"]}})
        return True


@known_bad(fails="DELETE-RESOURCE-VERSION", because="the pod was not read right before")
class ReadsAllAgainBeforeItDeletes(PlainReaper):
    """Reads its zombies once more, all of them, and then deletes them by name."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Look again, too early."""
        return [self.api.call("GET", path(pod)) for pod in super().choose(zombies)]

    def delete(self, pod: Pod) -> bool:
        """Trust the second look."""
        self.api.call("DELETE", path(pod))
        return True


@known_bad(fails="RESIST-REPEAT", because="in a later sweep over a world that nobody had changed")
class AnnouncesEveryKeptPod(PlainReaper):
    """Writes an event for each pod that it keeps, in every sweep anew."""

    def spares(self, pod: Pod) -> bool:
        """Keep, and say so."""
        kept = super().spares(pod)
        if kept:
            self.announce(pod["metadata"])
        return kept

    def announce(self, metadata: dict[str, Any]) -> None:
        """Write an event about the pod."""
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "kept-", "namespace": metadata["namespace"]},
            "involvedObject": {"kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"]},
            "reason": "Kept",
            "message": "kept",
        }
        self.api.call("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event)


@known_bad(fails="BOUND-DRY-RUN", because="in a dry run")
class AnnouncesInADryRun(AnnouncesEveryKeptPod):
    """Writes an event about each zombie that a dry run finds."""

    def spares(self, pod: Pod) -> bool:
        """Keep in silence."""
        return PlainReaper.spares(self, pod)

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Tell the namespace."""
        chosen = super().choose(zombies)
        for pod in chosen if self.dry_run else ():
            self.announce(pod["metadata"])
        return chosen
