"""A task with a retry, whose second try finds the pod of the first, beside one that is given up."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag
from kubernetes.client import models as k8s

WHERE = {
    "in_cluster": False,
    "config_file": os.environ["KPO_CONFORMANCE_KUBECONFIG"],
    "namespace": os.environ["KPO_CONFORMANCE_NAMESPACE"],
}


WORK_SECONDS = os.environ.get("KPO_CONFORMANCE_WORK_SECONDS", "30")


def pod() -> k8s.V1Pod:
    """One container that works for a while and then ends well."""
    base = k8s.V1Container(
        name="base",
        image="busybox:stable",
        image_pull_policy="IfNotPresent",
        command=["/bin/sh", "-c"],
        args=[f"echo begun; sleep {WORK_SECONDS}; echo done"],
    )
    return k8s.V1Pod(metadata=k8s.V1ObjectMeta(), spec=k8s.V1PodSpec(containers=[base], restart_policy="Never"))


@dag(
    dag_id="kpo_retry_dag",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    tags=["kpo-conformance"],
)
def kpo_retry_dag() -> None:
    """Two task instances that differ in their retries only."""
    KubernetesPodOperator(
        task_id="retried_kpo_task",
        full_pod_spec=pod(),
        retries=1,
        retry_delay=timedelta(seconds=1),
        **WHERE,
    )
    KubernetesPodOperator(task_id="abandoned_kpo_task", full_pod_spec=pod(), retries=0, **WHERE)


kpo_retry_dag()
