"""Pods played in jumping time: manifests, what acts on them, and what their workers told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kpo_fixtures.nodes.clock import Clock
from kpo_fixtures.nodes.images import ImageTable
from kpo_fixtures.nodes.pod_worker import PodWorker
from kpo_fixtures.nodes.references import MissingReference

TITLE = "p_n(u1)"
"""How kubelets name the pod below in messages."""
TRAP = "trap 'echo term; exit 0' TERM; while true; do sleep 0.2; done"
ALLOCATABLE = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi"}


class Told:
    """Takes what a worker says, with the simulated second at which it says it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.statuses: list[tuple[float, dict[str, Any]]] = []
        self.events: list[tuple[str, str, str, str]] = []
        """Type, reason, message, container."""
        self.deleted_at: float | None = None

    async def write_status(self, pod: dict[str, Any], status: dict[str, Any]) -> None:
        self.statuses.append((self.clock.seconds(), status))

    async def delete(self, pod: dict[str, Any]) -> None:
        self.deleted_at = self.clock.seconds()

    def event(self, pod: dict[str, Any], kind: str, reason: str, message: str, container: str = "") -> None:
        self.events.append((kind, reason, message, container))

    @property
    def last(self) -> dict[str, Any]:
        return self.statuses[-1][1]

    def container(self, name: str = "base") -> dict[str, Any]:
        """The last status of a container."""
        return status_of(self.last, name)

    def reasons(self, container: str = "base") -> list[str]:
        """The reasons of the events about a container, without those that are repeated one after the other."""
        return squeezed(reason for _, reason, _, about in self.events if about == container)

    def messages(self, reason: str) -> list[str]:
        return [message for _, what, message, _ in self.events if what == reason]

    def course(self, name: str = "base") -> list[str]:
        """What the statuses say of one container, without repetitions.

        ``waiting:Reason``, ``running``, ``running!`` where it is not ready, ``ended:0``, each with ``+n`` for n
        restarts.
        """
        return squeezed(word(status_of(status, name)) for _, status in self.statuses)

    def phases(self) -> list[str]:
        return squeezed(status["phase"] for _, status in self.statuses)

    def condition(self, kind: str) -> dict[str, Any]:
        """The last of this type; what was removed by null is left out."""
        found = next(each for each in self.last["conditions"] if each["type"] == kind)
        return {key: value for key, value in found.items() if value is not None}

    def first(self, phase: str) -> float:
        """The second at which a phase was first told."""
        return next(second for second, status in self.statuses if status["phase"] == phase)


def status_of(status: Mapping[str, Any], name: str) -> dict[str, Any]:
    entries = [*(status.get("initContainerStatuses") or []), *status["containerStatuses"]]
    found: dict[str, Any] = next(entry for entry in entries if entry["name"] == name)
    return found


def word(container: Mapping[str, Any]) -> str:
    ((kind, state),) = container["state"].items()
    told = {
        "waiting": f"waiting:{state.get('reason')}",
        "terminated": f"ended:{state.get('exitCode')}",
        "running": "running" if container["ready"] else "running!",
    }[kind]
    return f"{told}+{container['restartCount']}" if container["restartCount"] else told


def squeezed(words: Any) -> list[str]:
    kept: list[str] = []
    for each in words:
        if not kept or kept[-1] != each:
            kept.append(each)
    return kept


def shell(name: str, script: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": "busybox:1.37", "command": ["/bin/sh", "-c", script], **more}


def pod(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "uid": "u1", "generation": 1},
        "spec": {"restartPolicy": "Never", "containers": list(containers), "nodeName": "sim-node-1", **spec},
    }


def deleted(manifest: dict[str, Any], grace: int) -> dict[str, Any]:
    stamp = {"deletionTimestamp": "2026-01-01T00:00:00Z", "deletionGracePeriodSeconds": grace, "generation": 2}
    return {**manifest, "metadata": {**manifest["metadata"], **stamp}}


@dataclass
class Shelf:
    """ConfigMaps and Secrets by (resource, name), for pods to refer to; tokens name their audience."""

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    tokens: bool = True

    async def read(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        return self.objects.get((resource, name))

    async def token(self, pod: Mapping[str, Any], audience: str, seconds: int) -> str:
        if not self.tokens:
            raise MissingReference("failed to fetch token: refused")
        return f"token for {audience or 'the API'} of {seconds} s"


Act = Callable[[PodWorker, Told], Awaitable[None]]


async def lived(
    manifest: dict[str, Any],
    act: Act,
    images: ImageTable | None = None,
    shelf: Shelf | None = None,
) -> Told:
    """Play a pod while ``act`` acts on it, then take the object away."""
    clock = Clock()
    told = Told(clock)
    worker = PodWorker(
        manifest,
        publisher=told,
        clock=clock,
        host_ip="127.0.0.1",
        pod_ip="10.0.0.1",
        images=images,
        references=shelf or Shelf(),
        allocatable=ALLOCATABLE,
    )
    task = asyncio.create_task(worker.run())
    try:
        await act(worker, told)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"the worker left tasks behind: {left}"
    return told


def after(seconds: float) -> Act:
    async def act(worker: PodWorker, told: Told) -> None:
        await asyncio.sleep(seconds)

    return act


def deleting(manifest: dict[str, Any], at: float, grace: int, until: float = 100.0) -> Act:
    """Delete the pod at a second, and look on until another."""

    async def act(worker: PodWorker, told: Told) -> None:
        await asyncio.sleep(at)
        worker.observe(deleted(manifest, grace))
        await asyncio.sleep(until - at)

    return act


def log(worker: PodWorker, name: str = "base") -> str:
    container = worker.container(name)
    assert container is not None, f"container {name} was never started"
    return container.log.text()
