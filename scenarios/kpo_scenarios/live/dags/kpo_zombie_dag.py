"""The DAG of apache/airflow#58968: pods whose sidecar never exits beside healthy ones, plain and mapped."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag
from kubernetes.client import models as k8s

IMAGE = "busybox:stable"
A_DAY = 86400
WORK_SECONDS = os.environ.get("KPO_CONFORMANCE_WORK_SECONDS", "20")

WHERE = {
    "in_cluster": False,
    "config_file": os.environ["KPO_CONFORMANCE_KUBECONFIG"],
    "namespace": os.environ["KPO_CONFORMANCE_NAMESPACE"],
}


def sleeping(name: str, duration: int | str) -> k8s.V1Container:
    """A container that sleeps for ``duration`` seconds, or for ever; as PID 1 it ignores SIGTERM."""
    return k8s.V1Container(
        name=name,
        image=IMAGE,
        image_pull_policy="IfNotPresent",
        command=["/bin/sh", "-c"],
        args=[f"sleep {duration}"],
    )


def healthy_pod() -> k8s.V1Pod:
    """One container that works for a while; the pod may take a day to terminate."""
    return k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(),
        spec=k8s.V1PodSpec(
            containers=[sleeping("base", WORK_SECONDS)], termination_grace_period_seconds=A_DAY, restart_policy="Never"
        ),
    )


def zombie_pod() -> k8s.V1Pod:
    """The base container ends after 5 s, the sidecar never."""
    return k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(),
        spec=k8s.V1PodSpec(containers=[sleeping("base", 5), sleeping("sidecar", "infinity")]),
    )


@dag(
    dag_id="kpo_zombie_dag",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    tags=["kpo-conformance"],
)
def kpo_zombie_dag() -> None:
    """Four task instances side by side: two zombies, two healthy ones."""
    KubernetesPodOperator(task_id="zombie_kpo_task", full_pod_spec=zombie_pod(), **WHERE)
    KubernetesPodOperator(task_id="healthy_kpo_task", full_pod_spec=healthy_pod(), **WHERE)
    KubernetesPodOperator.partial(task_id="mapped_kpo_task", **WHERE).expand_kwargs(
        [{"full_pod_spec": zombie_pod()}, {"full_pod_spec": healthy_pod()}]
    )


kpo_zombie_dag()
