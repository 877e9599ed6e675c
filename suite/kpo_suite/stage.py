"""What an action may change while a world runs: the cluster as its administrator, Airflow's database, the subject."""

from __future__ import annotations

import contextlib
import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kpo_fixtures.airflow.tries import stored_try_number

if TYPE_CHECKING:
    from kpo_fixtures.airflow.recorded import StateDatabase
    from kpo_fixtures.clusters.interface import Cluster
    from kpo_suite.subjects import Subject
    from kpo_suite.world import Task, World, WorldPod

JSON = "application/json"
LONGER = 1.2
"""Leases for which a subject that is away is stopped: for certain longer than one."""
COORDINATION = "/apis/coordination.k8s.io/v1"
MACHINERY = ("kube-node-lease", "kube-system")
"""The namespaces of leases that are the cluster's own."""
POLL = 0.02
SINGLE_FAULT = "RESIST-ANY-SINGLE-FAULT"
"""What pods are under that no scenario, but a fault puts into a world."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running world. Its methods return when the change is committed, and raise what the stores raise."""

    cluster: Cluster
    database: StateDatabase
    world: World
    subject: Subject
    company: Callable[[], None]
    """Lets a second subject of the same kind make a whole sweep; returns when it has."""

    def create(self, *pods: WorldPod) -> None:
        """Create pods that come ``later``; from now on each has a fate."""
        for pod, stored in zip(pods, self.cluster.seed([pod.manifest for pod in pods]), strict=True):
            pod.uid = stored["metadata"]["uid"]

    def remove(self, pod: WorldPod, *, grace_seconds: int = 0) -> None:
        """Delete a pod, by default at once, as its operator or another cleaner might; it may be gone already."""
        with contextlib.suppress(FileNotFoundError):
            self._ask("DELETE", pod.point, {"gracePeriodSeconds": grace_seconds})

    def replace(self, old: WorldPod, new: WorldPod) -> None:
        """Another pod takes the place of one, as a rule under the same name."""
        self.remove(old)
        self.create(new)

    def patch(self, pod: WorldPod, change: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch, as ``{"metadata": {"labels": {"already_checked": None}}}``."""
        self._ask("PATCH", pod.point, dict(change), "application/merge-patch+json")

    def standing(self, point: str) -> WorldPod | None:
        """The world's pod that has this name (``namespace/name``) now and that nobody wants gone; None without one."""
        try:
            metadata = self._ask("GET", point)["metadata"]
        except FileNotFoundError:
            return None
        if "deletionTimestamp" in metadata:
            return None
        return next((pod for pod in self.world.pods if pod.uid == metadata["uid"]), None)

    @property
    def unfinished(self) -> Task | None:
        """The task of the world's control pod, which is live whatever the task goes through; None without one."""
        return next((pod.task for pod in self.world.pods if pod.role == "control"), None)

    def keep(self, pod: WorldPod, why: str) -> None:
        """Whatever became of it, from now on it is nobody's to delete: as its history is told to the judge."""
        if pod.fate == "zombie":
            pod.fate, pod.why, pod.role = "kept", why, "examined"

    def born(self, *, like: WorldPod | None = None) -> WorldPod:
        """A later run of a task begins: its row, and then its pod, which is live.

        With ``like`` it is a run of that pod's task under that pod's name, which has to be free.
        """
        run_id = f"scheduled__2026-11-20T07:{len(self.world.pods) % 60:02}:{len(self.world.pods) // 60:02}+00:00"
        if like is not None and like.task is not None:
            task = replace(like.task, run_id=run_id, state="running", try_number=1, left=None, pod_identifier=None)
            pod = self.world.pod(task, name=like.name, namespace=like.namespace, age=timedelta(0), later=True)
        else:
            task = self.world.task(dag_id="control", task_id="running", run_id=run_id, state="running", later=True)
            pod = self.world.pod(task, age=timedelta(0), later=True)
        self.write(task)
        self.create(pod.live("a later run of its task runs on it", examines=SINGLE_FAULT))
        return pod

    def signal(self, number: int) -> None:
        """Send a signal to the subject's process, of several replicas to the holder of the lease."""
        self.subject.signal(number)

    def away(self, *changes: Callable[[], None]) -> None:
        """Stop the subject's process for longer than its lease, let the world change meanwhile, and let it go on."""
        began = time.monotonic()
        self.signal(signal.SIGSTOP)
        try:
            for change in changes:
                change()
            time.sleep(max(0.0, began + LONGER * self.world.claims.lease_seconds - time.monotonic()))
        finally:
            self.signal(signal.SIGCONT)

    def take_leases(self) -> None:
        """Another holder takes each lease that somebody holds, for a second, and does not renew it."""
        for lease in self._leases():
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            lease["spec"] |= {"holderIdentity": "another", "leaseDurationSeconds": 1, "renewTime": now}
            self._send("PUT", _path(lease), lease)

    def lose_leases(self) -> bool:
        """Delete each lease that somebody holds, as who tidies a namespace may; False where nobody holds one."""
        held = self._leases()
        for lease in held:
            self._send("DELETE", _path(lease))
        return bool(held)

    def await_takeover(self) -> None:
        """Wait until a lease has another holder than now, for as long as the subject states that this may take.

        Not at all where nobody holds one.
        """
        before = self._told_of_leases("holderIdentity")
        if before:
            self._await(lambda: self._told_of_leases("holderIdentity") != before, self.world.claims.takeover_within)

    def await_lease(self) -> None:
        """Wait until a lease is held, by whomever, for as long."""
        self._await(lambda: bool(self._leases()), self.world.claims.takeover_within)

    def await_renewal(self) -> None:
        """Wait until a lease has been renewed, or made anew; for no longer than a lease lasts that nobody renews."""
        before = self._told_of_leases("renewTime")
        self._await(lambda: bool(self._told_of_leases("renewTime") - before), LONGER * self.world.claims.lease_seconds)

    def _await(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait as long as the subject is given; what came of it is for the judge.

        Never for longer than a whole sweep is: its process has been killed by then.
        """
        deadline = time.monotonic() + min(seconds, self.subject.file.run.timeout)
        while not condition() and time.monotonic() < deadline:
            time.sleep(POLL)

    def _told_of_leases(self, what: str) -> set[tuple[str, Any]]:
        return {(_path(lease), lease["spec"].get(what)) for lease in self._leases()}

    def _leases(self) -> list[dict[str, Any]]:
        """The leases that a subject holds."""
        found: list[dict[str, Any]] = self._send("GET", f"{COORDINATION}/leases")["items"]
        return [
            lease
            for lease in found
            if lease["spec"].get("holderIdentity") and lease["metadata"]["namespace"] not in MACHINERY
        ]

    def write(self, *tasks: Task) -> None:
        """Add the rows of tasks that come ``later``, with their DAGs and runs."""
        self.database.write([task.row(self.world.now, self.world.airflow) for task in tasks])

    def move(self, task: Task, state: str | None, *, try_number: int | None = None) -> None:
        """Move a task instance on as Airflow does; ``try_number`` is the attempt that it is in then."""
        number = stored_try_number(self.world.airflow, state, try_number or task.try_number)
        self.database.set_state(task.dag_id, task.run_id, task.task_id, task.map_index, state=state, try_number=number)

    def leave_open(self, task: Task, state: str | None) -> None:
        """Begin to move a task instance on in a transaction that is not committed (see ``StateDatabase``)."""
        self.database.leave_open(task.dag_id, task.run_id, task.task_id, task.map_index, state=state)

    def take_back(self) -> None:
        """Roll back what was left open."""
        self.database.roll_back()

    def _ask(self, method: str, point: str, body: Mapping[str, Any] | None = None, kind: str = JSON) -> Any:
        namespace, _, name = point.partition("/")
        try:
            return self._send(method, f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(name)}", body, kind)
        except urllib.error.HTTPError as error:
            with error:
                if error.code != HTTPStatus.NOT_FOUND:
                    raise
            raise FileNotFoundError(f"there is no pod {point}") from None

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = JSON) -> Any:
        endpoint = self.cluster.endpoint
        request = urllib.request.Request(  # noqa: S310 - always the cluster's own https endpoint
            endpoint.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {endpoint.token}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, context=endpoint.ssl_context(), timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def _path(lease: Mapping[str, Any]) -> str:
    return f"{COORDINATION}/namespaces/{lease['metadata']['namespace']}/leases/{lease['metadata']['name']}"
