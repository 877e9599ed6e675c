"""Reapers that find the right zombies and delete them in a wrong way."""

from __future__ import annotations

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, labels, path
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="DELETE-ONE-POD", because="deletes the collection")
class DeletesTheCollection(PlainReaper):
    """Deletes by the label of the zombie's task instead of by name."""

    def delete(self, pod: Pod) -> None:
        """Let the API server pick the pods."""
        selector = f"dag_id%3D{labels(pod)['dag_id']},task_id%3D{labels(pod)['task_id']}"
        self.api.call("DELETE", f"{path(pod).rpartition('/')[0]}?labelSelector={selector}")


@known_bad(fails="DELETE-NOTHING-ELSE", because="writes pods")
class MarksBeforeItDeletes(PlainReaper):
    """Writes a label on the pod before it deletes it."""

    def delete(self, pod: Pod) -> None:
        """Leave a mark first."""
        patch = {"metadata": {"labels": {"reaped": "True"}}}
        marked = self.api.call("PATCH", path(pod), patch, "application/merge-patch+json")
        super().delete(marked)


@known_bad(fails="DELETE-GRACEFULLY", because="with 0 s of grace")
class ForcesEveryDeletion(PlainReaper):
    """Deletes with a grace period of 0 ('force deletes all identified zombie pods', apache/airflow#58968)."""

    def delete(self, pod: Pod) -> None:
        """Leave no time."""
        self.api.call("DELETE", path(pod), {"gracePeriodSeconds": 0})


@known_bad(fails="DELETE-ONCE", because="was sent 3 DELETEs")
class DeletesAgainInEverySweep(PlainReaper):
    """Does not see that a pod is terminating already."""

    def is_terminating(self, pod: Pod) -> bool:
        """Hold a pod for present until it is gone."""
        return False


@known_bad(fails="RESIST-REPEAT", because="in a later sweep over a world that nobody had changed")
class AnnouncesEveryKeptPod(PlainReaper):
    """Writes an event for each pod that it keeps, in every sweep anew."""

    def spares(self, pod: Pod) -> bool:
        """Keep, and say so."""
        metadata = pod["metadata"]
        kept = super().spares(pod)
        if kept:
            event = {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"generateName": "kept-", "namespace": metadata["namespace"]},
                "involvedObject": {"kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"]},
                "reason": "Kept",
                "message": "kept",
            }
            self.api.call("POST", f"/api/v1/namespaces/{metadata['namespace']}/events", event)
        return kept
