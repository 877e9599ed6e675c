"""Reapers that are wrong about tries: what a label, a row and a newer pod say about an older one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kpo_scenarios.known_bad.plain import IDENTITY, Instance, PlainReaper, Pod, age, labels, number
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-REATTACHED", because="try 2 runs on it")
class TakesRuleTwoLiterally(PlainReaper):
    """Deletes a pod whose try_number is below its task instance's (rule 2 of apache/airflow#58968)."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Believe the label."""
        return number(pod) < instance.try_number


@known_bad(fails="KEEP-REATTACHED", because="try 3 runs on it, as try 2 did")
class AllowsForOneAdoption(PlainReaper):
    """Lets a pod be one try behind its row, and no more."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Count to one."""
        return number(pod) + 1 < instance.try_number or super().is_overtaken(pod, instance, pods)


@known_bad(fails="KEEP-REATTACHED", because="try 2 of map index 0 runs on it")
class TakesASiblingsPodForANewerOne(PlainReaper):
    """Forgets the map index where it looks for a pod of the newer try."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Compare DAG, task and run."""
        key = [labels(pod).get(name) for name in IDENTITY[:3]]
        return instance.state == "running" and any(
            [labels(other).get(name) for name in IDENTITY[:3]] == key and number(pod) < number(other)
            for other in pods
            if not self.is_malformed(other)
        )


@known_bad(fails="KEEP-REATTACHED", because="try 2 runs on it")
class TakesAWorkerForANewerPod(PlainReaper):
    """Counts KubernetesExecutor's worker of the newer try as a pod that the newer try made."""

    selector = "dag_id"

    def spares(self, pod: Pod) -> bool:
        """Delete KPO's pods only; list them all."""
        return labels(pod).get("kubernetes_pod_operator") != "True" or super().spares(pod)


@known_bad(fails="KEEP-REATTACHED", because="try 2 runs on it and began later")
class ComparesAPodWithTheStartOfItsTry(PlainReaper):
    """Deletes a pod that was made before the present try began."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Think that each try makes its own pod."""
        key = (instance.dag_id, instance.run_id, instance.task_id, instance.map_index)
        rows = self.ask("SELECT dag_id, run_id, task_id, map_index, start_date FROM task_instance")
        started = {tuple(row[:4]): row[4] for row in rows}[key]
        created = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        return instance.state == "running" and created < started - timedelta(minutes=1)


@known_bad(fails="KEEP-AWAITING-REATTACH", because="(the retry that is still to come|that somebody asked for) will")
class ExpectsEachTryToMakeItsPod(PlainReaper):
    """Deletes the pod of an older try while the next one is queued, to make room for it."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Believe that the next try starts from nothing."""
        return instance.state in ("scheduled", "queued") and number(pod) < instance.try_number


@known_bad(fails="KEEP-AWAITING-REATTACH", because="the retry that is still to come")
class WaitsSomeHoursForARetry(PlainReaper):
    """Thinks that a retry which has not come within twelve hours does not come."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Lose patience."""
        return instance.state == "up_for_retry" and age(pod["metadata"]["creationTimestamp"]) > 12 * 3600


@known_bad(fails="KEEP-AWAITING-REATTACH", because="the retry that is still to come will wait for it")
class ThinksThatOnlyRunningPodsAreAdopted(PlainReaper):
    """Deletes a Pending pod whose task has no worker."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """See nothing in it that could be adopted."""
        states = {instance.state for instance in instances if self.fits(pod, instance)}
        deserted = bool(states) and states <= {"up_for_retry", "scheduled", "queued"}
        return (deserted and pod["status"]["phase"] == "Pending") or super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-DEFERRED-OFF-BY-ONE", because="the row shows try 0 meanwhile")
class MatchesTheTryExactly(PlainReaper):
    """Wants the try_number of pod and row to be the same."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Compare two numbers."""
        return number(pod) != instance.try_number


@known_bad(fails="KEEP-DEFERRED-OFF-BY-ONE", because="the row shows try 1 meanwhile")
class TakesALaterPodForALeftover(PlainReaper):
    """Deletes a pod of a try that its row has not reached, as if the row had been set back."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Trust the row."""
        return number(pod) > instance.try_number


@known_bad(fails="KEEP-DEFERRED-OFF-BY-ONE", because="comes back to it")
class CorrectsTheColumnAndThenTrustsIt(PlainReaper):
    """Adds one to a deferred row's try_number, as it should, and deletes the pods of the tries before."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Know half of it."""
        away = instance.state in ("deferred", "up_for_reschedule")
        return away and number(pod) < instance.try_number + 1


@known_bad(fails="REAP-OVERTAKEN", because="try 2 runs on a pod of its own")
class NeverLooksAtTries(PlainReaper):
    """Keeps every pod of an unfinished task, also one that a newer try has overtaken."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """See no difference between tries."""
        return False
