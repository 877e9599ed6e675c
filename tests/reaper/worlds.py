"""Pods and task instances for tests: each builder makes the usual one, and keywords say what is unusual about it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kpo_reaper.labels import label_of
from kpo_reaper.pods import PodFacts, read_pod
from kpo_reaper.policy import Rules, Snapshot, TaskInstanceFacts

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
DAG, RUN, TASK = "etl", "manual__2026-06-01T11:00:00+00:00", "load"
AIRFLOW = Rules(namespaces=frozenset({"airflow"}))
ALONE = msgspec.structs.replace(AIRFLOW, exclusive_scope=True)

_numbers = itertools.count(1)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def manifest(
    name: str | None = None,
    *,
    dag_id: str = DAG,
    run_id: str = RUN,
    task_id: str = TASK,
    map_index: int = -1,
    try_number: int = 1,
    phase: str = "Running",
    created: datetime | None = None,
    finished: datetime | None = None,
    namespace: str = "airflow",
    labels: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A pod as KubernetesPodOperator makes it; a None in ``labels`` takes that label away."""
    number = next(_numbers)
    stated = {
        "dag_id": label_of(dag_id),
        "run_id": label_of(run_id),
        "task_id": label_of(task_id),
        "try_number": str(try_number),
        "kubernetes_pod_operator": "True",
        "airflow_version": "3.3.2",
        "airflow_kpo_in_cluster": "True",
    }
    if map_index >= 0:
        stated["map_index"] = str(map_index)
    stated |= labels or {}
    ended = {"finishedAt": stamp(finished), "exitCode": 0} if finished else None
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name or f"etl-load-{number:05}",
            "namespace": namespace,
            "uid": f"00000000-0000-0000-0000-{number:012}",
            "resourceVersion": str(1000 + number),
            "creationTimestamp": stamp(created or ago(hours=1)),
            "labels": {key: value for key, value in stated.items() if value is not None},
        }
        | (metadata or {}),
        "spec": {"containers": [{"name": "base", "image": "busybox"}]},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "base", "state": {"terminated": ended} if ended else {"running": {}}}],
        },
    }


def pod(name: str | None = None, **unusual: Any) -> PodFacts:
    return read_pod(msgspec.json.encode(manifest(name, **unusual)))


def row(
    state: str | None,
    try_number: int | None = 1,
    *,
    dag_id: str = DAG,
    run_id: str = RUN,
    task_id: str = TASK,
    map_index: int = -1,
    **more: Any,
) -> TaskInstanceFacts:
    return TaskInstanceFacts(
        dag_id=dag_id,
        run_id=run_id,
        task_id=task_id,
        map_index=map_index,
        state=state,
        try_number=try_number,
        **more,
    )


def snapshot(*rows: TaskInstanceFacts, dag_ids: tuple[str, ...] = (DAG,), plain_tries: bool = True) -> Snapshot:
    return Snapshot(instances=rows, dag_ids=frozenset(dag_ids), plain_tries=plain_tries)
