"""What an action may change while a world runs: the cluster as its administrator, Airflow's database, the subject."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kpo_fixtures.airflow.tries import stored_try_number

if TYPE_CHECKING:
    from kpo_fixtures.airflow.recorded import StateDatabase
    from kpo_fixtures.clusters.interface import Cluster
    from kpo_suite.subjects import Subject
    from kpo_suite.world import Task, World, WorldPod


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running world. Its methods return when the change is committed, and raise what the stores raise."""

    cluster: Cluster
    database: StateDatabase
    world: World
    subject: Subject

    def create(self, *pods: WorldPod) -> None:
        """Create pods that come ``later``; from now on each has a fate."""
        for pod in pods:
            (stored,) = self.cluster.seed([pod.manifest])
            pod.uid = stored["metadata"]["uid"]

    def remove(self, pod: WorldPod) -> None:
        """Delete a pod at once, without grace, as its operator or another cleaner might."""
        self._ask("DELETE", pod, {"gracePeriodSeconds": 0})

    def replace(self, old: WorldPod, new: WorldPod) -> None:
        """Another pod takes the place of one, as a rule under the same name."""
        self.remove(old)
        self.create(new)

    def patch(self, pod: WorldPod, change: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch, as ``{"metadata": {"labels": {"already_checked": None}}}``."""
        self._ask("PATCH", pod, dict(change), "application/merge-patch+json")

    def write(self, *tasks: Task) -> None:
        """Add the rows of tasks that come ``later``, with their DAGs and runs."""
        self.database.write([task.row(self.world.now, self.world.airflow) for task in tasks])

    def move(self, task: Task, state: str | None, *, try_number: int | None = None) -> None:
        """Move a task instance on as Airflow does; ``try_number`` is the attempt that it is in then."""
        number = stored_try_number(self.world.airflow, state, try_number or task.try_number)
        self.database.set_state(task.dag_id, task.run_id, task.task_id, task.map_index, state=state, try_number=number)

    def _ask(self, method: str, pod: WorldPod, body: Mapping[str, Any], kind: str = "application/json") -> None:
        endpoint = self.cluster.endpoint
        request = urllib.request.Request(  # noqa: S310 - always the cluster's own https endpoint
            f"{endpoint.url}/api/v1/namespaces/{quote(pod.namespace)}/pods/{quote(pod.name)}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {endpoint.token}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, context=endpoint.ssl_context(), timeout=30):  # noqa: S310
            pass
