"""Reapers that are too careful about newer tries, rows that are gone, and ids that are hashed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, labels, number
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="REAP-OVERTAKEN", because="not on that of try 1")
class ComparesWithTheNextTryOnly(PlainReaper):
    """Takes a pod for overtaken if the pod of the very next try runs."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Add one."""
        return instance.try_number == number(pod) + 1 and super().is_overtaken(pod, instance, pods)


@known_bad(fails="REAP-OVERTAKEN", because="this one may still start")
class ReapsOvertakenPodsThatRun(PlainReaper):
    """Leaves an older pod alone that has not started."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Ask for its phase."""
        return pod["status"]["phase"] == "Running" and super().is_overtaken(pod, instance, pods)


@known_bad(fails="REAP-OVERTAKEN", because="try 2 has made a pod of its own and waits for that")
class WaitsForTheNewerPodToRun(PlainReaper):
    """Believes in a newer try once its pod is Running."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """See only pods that run."""
        running = [each for each in pods if each["status"]["phase"] == "Running"]
        return super().is_overtaken(pod, instance, running)


@known_bad(fails="REAP-OVERTAKEN", because="try 2 is deferred on a pod of its own")
class ForgetsThatTriesDefer(PlainReaper):
    """Lets a newer try overtake only while a worker runs it."""

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Wait for a worker."""
        return instance.state == "running" and super().is_overtaken(pod, instance, pods)


@known_bad(fails="REAP-ROWLESS", because="its run was deleted; its DAG is still there")
class KeepsWhatHasNoRow(PlainReaper):
    """Keeps a pod without a row, also where it is told that the scope is its Airflow's alone."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Never be sure."""
        return False


@known_bad(fails="REAP-ROWLESS", because="its task instance was deleted; its run is still there")
class AsksForTheRunOnly(PlainReaper):
    """Takes a pod for a run's that is still there, and keeps it."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Look for anything of the run."""
        runs = {(self.label(each.dag_id), self.label(each.run_id)) for each in instances}
        return (labels(pod)["dag_id"], labels(pod)["run_id"]) not in runs and super().is_rowless(pod, instances)


@known_bad(fails="REAP-ROWLESS", because="its run was deleted after the first sweep")
class LearnsDagsFromTaskInstances(PlainReaper):
    """Knows a DAG by the rows of its tasks, and none that has lost them all."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Read one table less."""
        known = {self.label(each.dag_id) for each in instances}
        return labels(pod)["dag_id"] in known and super().is_rowless(pod, instances)


@known_bad(fails="REAP-ROWLESS", because="its map index is no longer one of the task's")
class TakesASiblingForTheRow(PlainReaper):
    """Holds a pod for its task's as long as any map index of the task has a row."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Look for the task, whichever its index."""
        tasks = {(self.label(each.dag_id), self.label(each.run_id), self.label(each.task_id)) for each in instances}
        own = (labels(pod)["dag_id"], labels(pod)["run_id"], labels(pod)["task_id"])
        return own not in tasks and super().is_rowless(pod, instances)


@known_bad(fails="REAP-MAPPED", because="map index 20 is over")
class ReadsOneDigit(PlainReaper):
    """Reads the first digit of a map index and leaves it at that."""

    def map_index(self, pod: Pod) -> int:
        """Count to nine."""
        text = labels(pod).get("map_index", "-1")
        return int(text[0]) if text.isdigit() else -1


@known_bad(fails="REAP-ENCODED-IDS", because="of ids with 250 characters, failed")
class CutsAtSixtyThree(PlainReaper):
    """Drops what no label may hold and cuts at 63 characters, without a hash."""

    def label(self, value: str) -> str:
        """Cut."""
        return "".join(each for each in value if each.isascii() and (each.isalnum() or each in "-_."))[:63]


@known_bad(fails="REAP-ENCODED-IDS", because="its task of the DAG")
class HashesOnlyWhatIsLong(PlainReaper):
    """Adds the hash to ids of more than 63 characters, and to no others that lose something."""

    def label(self, value: str) -> str:
        """Leave short ids without one."""
        return super().label(value) if len(value) > 63 else value.strip("-_.")


@known_bad(fails="REAP-ENCODED-IDS", because="its task of the DAG")
class KnowsAsciiOnly(PlainReaper):
    """Takes a DAG with letters that are not ASCII for one that cannot be."""

    def label(self, value: str) -> str:
        """Refuse what it cannot spell."""
        return super().label(value) if value.isascii() else ""


@known_bad(fails="REAP-ENCODED-IDS", because="its task of the run")
class ReplacesColonsInRunIds(PlainReaper):
    """Writes run ids as KubernetesExecutor writes dates: colons as underscores, plus as a word."""

    def label(self, value: str) -> str:
        """Use the other encoding."""
        return super().label(value.replace(":", "_").replace("+", "_plus_"))
