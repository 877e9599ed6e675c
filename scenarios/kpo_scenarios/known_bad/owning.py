"""Reapers that are wrong about whose a pod is to delete."""

from __future__ import annotations

from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, labels
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-NOT-KPO", because="KubernetesPodOperator did not make it")
class SelectsByIdsAlone(PlainReaper):
    """Lists every pod that carries a dag_id."""

    selector = "dag_id"


@known_bad(fails="KEEP-NOT-KPO", because="its label says 'False'")
class SelectsByTheBareKey(PlainReaper):
    """Asks whether there is a label kubernetes_pod_operator, and not what it says."""

    selector = "kubernetes_pod_operator"


@known_bad(fails="KEEP-NOT-KPO", because="its label says '(true|TRUE)'")
class ReadsTrueInAnyCase(PlainReaper):
    """Takes true and TRUE for True."""

    selector = "kubernetes_pod_operator"

    def spares(self, pod: Pod) -> bool:
        """Compare in lower case."""
        return labels(pod)["kubernetes_pod_operator"].lower() != "true" or super().spares(pod)


@known_bad(fails="KEEP-NOT-KPO", because="it is a (driver|executor) of Spark")
class TakesSparksPodsToo(PlainReaper):
    """Holds the pods of SparkKubernetesOperator for KubernetesPodOperator's, of which it is a subclass."""

    selector = "dag_id"

    def spares(self, pod: Pod) -> bool:
        """Know two labels that say who made a pod."""
        made = ("kubernetes_pod_operator", "spark_kubernetes_operator")
        return all(labels(pod).get(name) != "True" for name in made) or super().spares(pod)


@known_bad(fails="KEEP-WORKER", because="it is a worker of KubernetesExecutor")
class TakesWorkersToo(PlainReaper):
    """Does not know that KubernetesExecutor's pods carry the same ids, and may carry KPO's label."""

    def is_worker(self, pod: Pod) -> bool:
        """See only KPO."""
        return False


@known_bad(fails="KEEP-WORKER", because="it is a worker of KubernetesExecutor")
class KnowsWorkersByOneLabel(PlainReaper):
    """Looks for kubernetes_executor and not for airflow-worker."""

    def is_worker(self, pod: Pod) -> bool:
        """Ask for the newer label."""
        return labels(pod).get("kubernetes_executor") == "True"


@known_bad(fails="KEEP-WORKER", because="by an empty mark")
class OverlooksAnEmptyMark(PlainReaper):
    """Asks what airflow-worker says, and not whether it is there."""

    def is_worker(self, pod: Pod) -> bool:
        """Hold an empty text for none."""
        return bool(labels(pod).get("kubernetes_executor") or labels(pod).get("airflow-worker"))


@known_bad(fails="KEEP-WORKER", because="kept for whoever reads it")
class SweepsUpWorkersThatAreDone(PlainReaper):
    """Takes over from the executor what the executor has marked as done."""

    selector = "dag_id"

    def spares(self, pod: Pod) -> bool:
        """Delete KPO's pods and ended workers."""
        done = {"airflow_executor_done", "airflow_pod_revoked"} & set(labels(pod))
        return not done and (labels(pod).get("kubernetes_pod_operator") != "True" or super().spares(pod))


@known_bad(fails="KEEP-CONTROLLED", because="runs it")
class IgnoresOwners(PlainReaper):
    """Deletes the pods of Jobs, which make them again."""

    def is_controlled(self, pod: Pod) -> bool:
        """Ask nobody."""
        return False


@known_bad(fails="KEEP-CONTROLLED", because="its (Workload|SparkApplication|RayCluster|NightlyBatch) runs it")
class KnowsTheUsualControllers(PlainReaper):
    """Spares the pods of kinds that Kubernetes brings along."""

    def is_controlled(self, pod: Pod) -> bool:
        """Look for a kind that it knows."""
        kinds = {owner["kind"] for owner in pod["metadata"].get("ownerReferences", ())}
        return bool(kinds & {"Job", "ReplicaSet", "StatefulSet", "DaemonSet"})


@known_bad(fails="KEEP-CONTROLLED", because="named after another owner")
class LooksAtTheFirstOwner(PlainReaper):
    """Asks the first ownerReference whether it is the controller."""

    def is_controlled(self, pod: Pod) -> bool:
        """Read one."""
        owners = pod["metadata"].get("ownerReferences", ())
        return bool(owners) and bool(owners[0].get("controller"))


@known_bad(fails="KEEP-CONTROLLED", because="counts it as (succeeded|failed)")
class SweepsUpTheEndedPodsOfJobs(PlainReaper):
    """Thinks that a controller has no use for a pod that has ended."""

    def is_controlled(self, pod: Pod) -> bool:
        """Spare what still works."""
        return pod["status"]["phase"] not in ("Succeeded", "Failed") and super().is_controlled(pod)


@known_bad(fails="KEEP-OUT-OF-SCOPE", because="its namespace is not in the reaper's scope")
class SweepsTheWholeCluster(PlainReaper):
    """Lists the pods of all namespaces, whichever it was given."""

    def list_pods(self) -> list[Pod]:
        """List more than was asked for."""
        return self.list_namespace("/api/v1/pods")


@known_bad(fails="KEEP-OUT-OF-SCOPE", because="its namespace is not in the reaper's scope")
class TakesNamespacesThatBeginAlike(PlainReaper):
    """Lists the pods of all namespaces and keeps those whose namespace begins with a name that it was given."""

    def list_pods(self) -> list[Pod]:
        """Compare beginnings."""
        pods = self.list_namespace("/api/v1/pods")
        return [pod for pod in pods if pod["metadata"]["namespace"].startswith(tuple(self.namespaces))]


@known_bad(fails="KEEP-OUT-OF-SCOPE", because="its namespace is not in the reaper's scope")
class RemembersNamesWithoutNamespaces(PlainReaper):
    """Notes the names of its zombies, and deletes the pods of these names wherever they are."""

    def delete(self, pod: Pod) -> bool:
        """Look for the name."""
        namesakes = [
            other
            for other in self.list_namespace("/api/v1/pods")
            if other["metadata"]["name"] == pod["metadata"]["name"]
        ]
        deleted = [PlainReaper.delete(self, other) for other in namesakes]
        return all(deleted)


@known_bad(fails="KEEP-FOREIGN-DEPLOYMENT", because="it is another Airflow's, whose DAG is not known here")
class TakesAMissingRowForAnOrphan(PlainReaper):
    """Deletes a pod for which there is no row, as apache/airflow#67030 did."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Look no further."""
        return True


@known_bad(fails="KEEP-FOREIGN-DEPLOYMENT", because="which runs the same DAG|a developer's own Airflow")
class TakesAKnownDagForItsOwn(PlainReaper):
    """Holds a pod without a row for its own when its DAG is known, in a namespace that others use."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Ask for the DAG."""
        return labels(pod)["dag_id"] in {self.label(instance.dag_id) for instance in instances}


@known_bad(fails="KEEP-FOREIGN-DEPLOYMENT", because="whose (version of the DAG has this task|list is longer)")
class TakesAKnownRunForItsOwn(PlainReaper):
    """Holds a pod without a row for its own when its DAG has that run, in a namespace that others use."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Ask for the DAG and its run."""
        key = (labels(pod)["dag_id"], labels(pod)["run_id"])
        return key in {(self.label(instance.dag_id), self.label(instance.run_id)) for instance in instances}


@known_bad(fails="KEEP-FOREIGN-DEPLOYMENT", because="it is another Airflow's, of version")
class TakesAnotherVersionForALeftover(PlainReaper):
    """Deletes what has no row and was made by an Airflow of another version, as left over by an upgrade."""

    def list_pods(self) -> list[Pod]:
        """See which version most pods are of."""
        pods = super().list_pods()
        versions = [labels(pod).get("airflow_version", "") for pod in pods]
        self.usual = max(versions, key=versions.count, default="")
        return pods

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Compare versions."""
        return labels(pod).get("airflow_version", "") != self.usual
