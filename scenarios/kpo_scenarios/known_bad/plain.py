"""A small reaper that gets every replay scenario right: what the known-bad reapers are variations of.

It is plain on purpose and no example to follow: no paging, no retries, no budget. The reference reaper is kpo-reaper.
"""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import yaml

from kpo_fixtures.airflow.labels import make_safe_label_value

Pod = dict[str, Any]
IDENTITY = ("dag_id", "task_id", "run_id", "try_number")
FINISHED = frozenset(("success", "failed", "skipped", "upstream_failed", "removed"))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A row of task_instance."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    state: str | None
    operator: str


class Api:
    """The Kubernetes API by a kubeconfig with a token."""

    def __init__(self, kubeconfig: Path) -> None:
        document = yaml.safe_load(kubeconfig.read_text())
        cluster = document["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        self._server = cluster["server"]
        self._token = document["users"][0]["user"]["token"]

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """Send one request and return the answer's JSON. Raises urllib.error.HTTPError."""
        request = urllib.request.Request(  # noqa: S310 - the kubeconfig says where to
            self._server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": content_type},
        )
        with urllib.request.urlopen(request, context=self._context, timeout=20) as answer:  # noqa: S310
            return json.load(answer)


class PlainReaper:
    """Pods first, then the database, then one DELETE with preconditions for each zombie."""

    selector = "kubernetes_pod_operator=True"

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        self.api, self.dsn, self.namespaces = api, dsn, namespaces

    def sweep(self) -> None:
        """Make one pass over the namespaces."""
        pods = self.list_pods()
        instances = self.read_instances()
        for pod in pods:
            if not self.spares(pod) and self.is_zombie(pod, instances, pods):
                self.delete(pod)

    def list_pods(self) -> list[Pod]:
        """The pods of the scope that the selector catches."""
        query = f"?labelSelector={quote(self.selector)}"
        return [
            pod
            for name in self.namespaces
            for pod in self.api.call("GET", f"/api/v1/namespaces/{name}/pods{query}")["items"]
        ]

    def read_instances(self) -> list[Instance]:
        """Every row of task_instance."""
        columns = "dag_id, task_id, run_id, map_index, try_number, state, operator"
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(f"SELECT {columns} FROM task_instance").fetchall()  # noqa: S608 - constants
        return [Instance(**dict(zip(columns.split(", "), row, strict=True))) for row in rows]

    def spares(self, pod: Pod) -> bool:
        """Whether the pod is nobody's to judge: foreign, kept, terminating, or without a whole identity."""
        return (
            self.is_worker(pod)
            or self.is_controlled(pod)
            or self.is_retained(pod)
            or self.is_terminating(pod)
            or self.is_malformed(pod)
        )

    def is_worker(self, pod: Pod) -> bool:
        """A worker pod of KubernetesExecutor."""
        return labels(pod).get("kubernetes_executor") == "True" or "airflow-worker" in labels(pod)

    def is_controlled(self, pod: Pod) -> bool:
        """A pod of a Job, a ReplicaSet or another controller."""
        return any(owner.get("controller") for owner in pod["metadata"].get("ownerReferences", ()))

    def is_retained(self, pod: Pod) -> bool:
        """A pod that its operator was told to keep."""
        return labels(pod).get("already_checked") == "True"

    def is_terminating(self, pod: Pod) -> bool:
        """A pod that somebody deleted already."""
        return "deletionTimestamp" in pod["metadata"]

    def is_malformed(self, pod: Pod) -> bool:
        """A pod whose labels name no task instance."""
        found = labels(pod)
        whole = all(found.get(name) for name in IDENTITY) and re.fullmatch(r"[1-9]\d*", found["try_number"])
        return not whole or not re.fullmatch(r"0|[1-9]\d*", found.get("map_index", "0"))

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Whether every task instance that the labels fit is over, or has overtaken the pod."""
        fitting = [instance for instance in instances if self.fits(pod, instance)]
        return bool(fitting) and all(
            self.is_over(instance) or self.is_overtaken(pod, instance, pods) for instance in fitting
        )

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Whether the pod's identity labels are those of the task instance."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3]) and (
            self.map_index(pod) == instance.map_index
        )

    def label(self, value: str) -> str:
        """An id as Airflow writes it into a label."""
        return make_safe_label_value(value)

    def map_index(self, pod: Pod) -> int:
        """The map index; a pod without the label is that of a task which is not mapped."""
        return int(labels(pod).get("map_index", "-1"))

    def is_over(self, instance: Instance) -> bool:
        """Whether the task instance has ended."""
        return instance.state in FINISHED

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Whether a newer try of the task instance runs on a pod of its own."""
        return instance.state == "running" and any(
            self.fits(other, instance) and int(labels(other)["try_number"]) == instance.try_number
            for other in pods
            if not self.is_malformed(other) and number(pod) < number(other)
        )

    def delete(self, pod: Pod) -> None:
        """Delete this incarnation, as it was listed, with its own grace."""
        metadata = pod["metadata"]
        preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        self.api.call("DELETE", path(pod), {"preconditions": preconditions})


def labels(pod: Pod) -> dict[str, str]:
    """The pod's labels; none is an empty mapping."""
    return pod["metadata"].get("labels") or {}


def number(pod: Pod) -> int:
    """The try that the pod was made for."""
    return int(labels(pod)["try_number"])


def path(pod: Pod) -> str:
    """The pod's path in the API."""
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def from_environment(reaper: type[PlainReaper]) -> PlainReaper:
    """A reaper for the world that the suite's environment variables name."""
    return reaper(
        Api(Path(os.environ["KUBECONFIG"])),
        os.environ["DATABASE_URL"],
        os.environ["KPO_CONFORMANCE_NAMESPACES"].split(","),
    )
