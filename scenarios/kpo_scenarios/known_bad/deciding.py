"""Reapers that are wrong about who is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, number
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="REAP-FINISHED", because="was still there")
class DoesNothing(PlainReaper):
    """Looks at nothing and deletes nothing."""

    def sweep(self) -> None:
        """Be content."""


@known_bad(fails="KEEP-UNFINISHED", because=r"its task is .* \(8 more\)")
class DeletesEveryKpoPod(PlainReaper):
    """Takes the label kubernetes_pod_operator=True for a reason."""

    def sweep(self) -> None:
        """Delete what is listed."""
        for pod in self.list_pods():
            self.delete(pod)


@known_bad(fails="KEEP-UNFINISHED", because="without a state")
class TakesNullForAnEnd(PlainReaper):
    """Asks SQL for states that are NOT IN the finished ones, which NULL never is."""

    def is_over(self, instance: Instance) -> bool:
        """Forget that NULL is a state."""
        return instance.state is None or super().is_over(instance)


@known_bad(fails="KEEP-UNKNOWN-STATE", because="its task is in a state that may well")
class KnowsOnlyTodaysStates(PlainReaper):
    """Holds every state that it does not know for finished."""

    waiting = ("scheduled", "queued", "up_for_retry", "up_for_reschedule", "deferred", "awaiting_input")

    def is_over(self, instance: Instance) -> bool:
        """Know all states by heart."""
        return instance.state not in (None, "running", "restarting", *self.waiting)


@known_bad(fails="KEEP-REATTACHED", because="try 2 runs on it")
class TakesRuleTwoLiterally(PlainReaper):
    """Deletes a pod whose try_number is below its task instance's (rule 2 of apache/airflow#58968)."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Believe the label."""
        return number(pod) < instance.try_number


@known_bad(fails="KEEP-AWAITING-REATTACH", because="the retry that is still to come")
class ThinksOnlyRunningIsAlive(PlainReaper):
    """Holds a task that waits for its retry for over."""

    def is_over(self, instance: Instance) -> bool:
        """Give up on a task whose worker died."""
        return instance.state in ("up_for_retry", "scheduled", "queued") or super().is_over(instance)


@known_bad(fails="KEEP-RESUMING", because="has not read its result yet")
class SweepsUpEndedPods(PlainReaper):
    """Deletes Succeeded and Failed pods without asking Airflow."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Hold an ended pod for rubbish."""
        return pod["status"]["phase"] in ("Succeeded", "Failed") or super().is_zombie(pod, instances, pods)


@known_bad(fails="REAP-FINISHED", because="its task ended as removed")
class KnowsThreeEnds(PlainReaper):
    """Holds removed and upstream_failed for states from which a task comes back."""

    def is_over(self, instance: Instance) -> bool:
        """Wait for what will not come."""
        return instance.state in ("success", "failed", "skipped")


@known_bad(fails="REAP-SIDECAR", because="only istio-proxy lives on")
class KnowsOneSidecar(PlainReaper):
    """Counts a pod as running as long as a container runs that is not Airflow's own sidecar."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Leave a pod alone in which somebody else's container is alive."""
        running = {
            status["name"] for status in pod["status"].get("containerStatuses", ()) if "running" in status["state"]
        }
        return running <= {"base", "airflow-xcom-sidecar"} and super().is_zombie(pod, instances, pods)


@known_bad(fails="REAP-PENDING", because="failed before it started")
class LeavesPendingPodsAlone(PlainReaper):
    """Thinks that a pod which has not started can do no harm."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Judge only what runs or ran."""
        return pod["status"]["phase"] != "Pending" and super().is_zombie(pod, instances, pods)


@known_bad(fails="REAP-OVERTAKEN", because="try 2 runs on a pod of its own")
class NeverLooksAtTries(PlainReaper):
    """Keeps every pod of an unfinished task, also one that a newer try has overtaken."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """See no difference between tries."""
        return False
