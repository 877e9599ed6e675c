"""Reapers that are wrong about who is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import FINISHED, Instance, PlainReaper, Pod, age, ended
from kpo_scenarios.known_bad.registry import known_bad

WAITING = ("scheduled", "queued", "up_for_retry", "up_for_reschedule", "deferred")
"""What Airflow 2 itself lists as unfinished, beside running, restarting and no state."""


@known_bad(fails="KEEP-UNFINISHED", because="without a state")
class TakesNullForAnEnd(PlainReaper):
    """Asks SQL for states that are NOT IN the finished ones, which NULL never is."""

    def is_over(self, instance: Instance) -> bool:
        """Forget that NULL is a state."""
        return instance.state is None or super().is_over(instance)


@known_bad(fails="KEEP-UNFINISHED", because="its task is being shut down")
class TakesAirflowsOwnSetsForWhole(PlainReaper):
    """Holds what is not in State.unfinished for finished, and shutdown is in neither of Airflow 2's sets."""

    def is_over(self, instance: Instance) -> bool:
        """Know only what Airflow lists."""
        return instance.state not in (None, "running", "restarting", "awaiting_input", *WAITING)


@known_bad(fails="KEEP-UNFINISHED", because="waits for somebody's answer")
class KnowsTheStatesOfAirflowTwo(PlainReaper):
    """Was written before awaiting_input, with a list of the states that are not an end."""

    def is_over(self, instance: Instance) -> bool:
        """Know what there was to know."""
        return instance.state not in (None, "running", "restarting", "shutdown", *WAITING)


@known_bad(fails="KEEP-UNFINISHED", because="waits for its start")
class ReapsWhatHasWaitedTooLong(PlainReaper):
    """Deletes every pod that has been Pending for half an hour, as airflow kubernetes cleanup-pods does."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Have no patience."""
        late = pod["status"]["phase"] == "Pending" and age(pod["metadata"]["creationTimestamp"]) > 1800
        return late or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-UNFINISHED", because="still has to read its result")
class GoesByTheBaseContainer(PlainReaper):
    """Holds a pod whose first container has ended for a zombie, without asking Airflow."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Look at the container that does the work."""
        statuses = pod["status"].get("containerStatuses", ())
        over = any(status["name"] == "base" and "terminated" in status["state"] for status in statuses)
        return over or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-UNFINISHED", because="its task has been running for a week")
class GivesNoTaskMoreThanAWeek(PlainReaper):
    """Thinks that no task works for longer than seven days."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Go by age."""
        return age(pod["metadata"]["creationTimestamp"]) > 7 * 86400 or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-UNKNOWN-STATE", because="its task is in a state that may well")
class KnowsOnlyTodaysStates(PlainReaper):
    """Holds every state that it does not know for finished."""

    def is_over(self, instance: Instance) -> bool:
        """Know all states by heart."""
        return instance.state not in (None, "running", "restarting", "shutdown", "awaiting_input", *WAITING)


@known_bad(fails="KEEP-UNKNOWN-STATE", because="which Airflow does not write")
class ReadsStatesInAnySpelling(PlainReaper):
    """Compares states in lower case and without blanks around them."""

    def is_over(self, instance: Instance) -> bool:
        """Be generous."""
        return (instance.state or "").strip().lower() in FINISHED


@known_bad(fails="KEEP-UNKNOWN-STATE", because="which is no state that anybody knows")
class FindsTheWordOfAnEnd(PlainReaper):
    """Takes a state that holds the word of an end for that end."""

    def is_over(self, instance: Instance) -> bool:
        """Search instead of comparing."""
        return any(word in (instance.state or "") for word in FINISHED)


@known_bad(fails="KEEP-AWAITING-REATTACH", because="the retry that is still to come")
class ThinksOnlyRunningIsAlive(PlainReaper):
    """Holds a task that waits for its retry for over."""

    def is_over(self, instance: Instance) -> bool:
        """Give up on a task whose worker died."""
        return instance.state in ("up_for_retry", "scheduled", "queued") or super().is_over(instance)


@known_bad(fails="KEEP-AWAITING-REATTACH", because=r"the retry of map index \d will adopt it|the retry that is still")
class TakesAFailedTryForAFailedTask(PlainReaper):
    """Holds up_for_retry for one more way to have failed."""

    def is_over(self, instance: Instance) -> bool:
        """See a try that has failed, and nothing that comes after it."""
        return instance.state == "up_for_retry" or super().is_over(instance)


@known_bad(fails="KEEP-RESUMING", because="has not read its result yet")
class SweepsUpEndedPods(PlainReaper):
    """Deletes Succeeded and Failed pods without asking Airflow."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Hold an ended pod for rubbish."""
        return pod["status"]["phase"] in ("Succeeded", "Failed") or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-RESUMING", because="has not read its result yet")
class SweepsUpWhatEndedHoursAgo(PlainReaper):
    """Thinks that a result which nobody has read for three hours will not be read any more."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Wait a while, and then ask nobody."""
        over = pod["status"]["phase"] in ("Succeeded", "Failed") and age(ended(pod)) > 3 * 3600
        return over or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-RESUMING", because="has not learned yet why its pod failed")
class SweepsUpEvictedPods(PlainReaper):
    """Deletes what was evicted, whatever its task is doing (apache/airflow cleanup-pods does so in any phase)."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Hold an eviction for the end of the matter."""
        return pod["status"].get("reason") == "Evicted" or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-RESUMING", because="its task is (deferred|scheduled|queued) and has not read")
class ThinksThatOnlyAWorkerReads(PlainReaper):
    """Deletes an ended pod whose task has no worker, as a deferred one has none."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Look for a worker."""
        states = {instance.state for instance in instances if self.fits(pod, instance)}
        unread = pod["status"]["phase"] in ("Succeeded", "Failed") and bool(states) and "running" not in states
        return unread or super().is_zombie(pod, instances, pods)


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
