"""Reapers that are wrong about whose a pod is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import IDENTITY, Instance, PlainReaper, Pod, labels
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-MAPPED-SIBLING", because=r"map index \d+ runs")
class ForgetsMapIndex(PlainReaper):
    """Holds a pod for a zombie as soon as any map index of its task is over."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Look for any end among the siblings."""
        return any(self.is_over(instance) for instance in instances if self.fits(pod, instance))

    def map_index(self, pod: Pod) -> int:
        """Do not tell one from another."""
        return 0

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and run."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])


@known_bad(fails="REAP-MAPPED", because="map index (has failed|is over|\\d+ is over)")
class WaitsForEveryMapIndex(PlainReaper):
    """Deletes the pods of a mapped task when all of its map indexes are over."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and run."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])


@known_bad(fails="REAP-ENCODED-IDS", because="hashed in the label")
class ComparesBareIds(PlainReaper):
    """Compares labels with ids as the database holds them."""

    def label(self, value: str) -> str:
        """Know nothing of truncation and hashes."""
        return value


@known_bad(fails="KEEP-OTHER-RUN", because="share only two of its ids")
class ForgetsTheRun(PlainReaper):
    """Holds a pod for a zombie as soon as its task is over in some run."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Look for any end among the runs."""
        return any(self.is_over(instance) for instance in instances if self.fits(pod, instance))

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and map index."""
        same = all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:2])
        return same and self.map_index(pod) == instance.map_index


@known_bad(fails="KEEP-AMBIGUOUS", because="one of the two task instances")
class TakesTheFirstMatch(PlainReaper):
    """Believes that a pod's labels fit one task instance only."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask the first that fits."""
        ordered = sorted(instances, key=lambda instance: instance.dag_id)
        first = next((instance for instance in ordered if self.fits(pod, instance)), None)
        return first is not None and self.is_over(first)


@known_bad(fails="KEEP-MALFORMED", because="its label .* is ")
class TakesNoMatchForAnOrphan(PlainReaper):
    """Deletes a pod that fits no task instance, whatever became of its labels."""

    def is_malformed(self, pod: Pod) -> bool:
        """Take every label as it is."""
        return False

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Delete what fits nothing, and what is over."""
        return all(self.is_over(instance) for instance in instances if self.fits(pod, instance))

    def map_index(self, pod: Pod) -> int:
        """Read what can be read."""
        text = labels(pod).get("map_index", "-1")
        return int(text) if text.lstrip("-").isdigit() else -2


@known_bad(fails="KEEP-ANY-OPERATOR", because="its task, of the operator")
class ListsTheOperators(PlainReaper):
    """Reads only the rows of operators that it has heard of (step 3 of apache/airflow#58968)."""

    operators = ("KubernetesPodOperator", "KubernetesPodOperatorAsync", "SparkKubernetesPodOperator")

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Delete what none of its rows claims."""
        known = [instance for instance in instances if instance.operator in self.operators]
        return all(self.is_over(instance) for instance in known if self.fits(pod, instance))


@known_bad(fails="KEEP-NOT-KPO", because="KubernetesPodOperator did not make it")
class SelectsByIdsAlone(PlainReaper):
    """Lists every pod that carries a dag_id."""

    selector = "dag_id"


@known_bad(fails="KEEP-WORKER", because="it is a worker of KubernetesExecutor")
class TakesWorkersToo(PlainReaper):
    """Does not know that KubernetesExecutor's pods carry the same ids, and may carry KPO's label."""

    def is_worker(self, pod: Pod) -> bool:
        """See only KPO."""
        return False


@known_bad(fails="KEEP-CONTROLLED", because="runs it")
class IgnoresOwners(PlainReaper):
    """Deletes the pods of Jobs, which make them again."""

    def is_controlled(self, pod: Pod) -> bool:
        """Ask nobody."""
        return False


@known_bad(fails="KEEP-RETAINED", because="its author asked to keep it")
class IgnoresAlreadyChecked(PlainReaper):
    """Does not know what the label already_checked says."""

    def is_retained(self, pod: Pod) -> bool:
        """Keep nothing for anybody."""
        return False


@known_bad(fails="KEEP-OUT-OF-SCOPE", because="its namespace is not in the reaper's scope")
class SweepsTheWholeCluster(PlainReaper):
    """Lists the pods of all namespaces, whichever it was given."""

    def list_pods(self) -> list[Pod]:
        """List more than was asked for."""
        items: list[Pod] = self.api.call("GET", f"/api/v1/pods?labelSelector={self.selector.replace('=', '%3D')}")[
            "items"
        ]
        return items
