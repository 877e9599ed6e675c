"""Changes to a whole world that must change no verdict: more pods, another order, small pages, another time or name.

Pure functions from world to world, and for what a world cannot say, the length of pages and the distance of clocks, two
values that the testbed follows. They know nothing of subjects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from kpo_suite.pods import Manifest
from kpo_suite.stage import Stage
from kpo_suite.world import Action, Task, World

if TYPE_CHECKING:
    from kpo_fixtures.clusters.interface import Cluster

Change: TypeAlias = Callable[[Manifest], Manifest]
PLAIN = "plain"
EVERY_WORLD = "all"
RENAMED = "renamed-"
"""Begins every namespace of a renamed world; 8 characters of the 63 that a name has."""
STRANGERS = 20
"""Pods of other programs in an unrelated world; a few, so that a world stays as plausible as it was."""
OTHER_TASKS = 3
AGES = (timedelta(minutes=1), timedelta(days=7))


def _same(world: World) -> World:
    return world


@dataclass(frozen=True, kw_only=True)
class Transformation:
    """One change. ``first_page`` is the most items of a LIST's first page, ``later`` how far the world is ahead."""

    name: str
    sentence: str
    world: Callable[[World], World] = _same
    first_page: int | None = None
    later: timedelta = timedelta()


def unrelated(world: World) -> World:
    """Besides the world's pods there are others: a web server's, and KPO's of tasks that run. None may go."""
    changed = replace(world, tasks=list(world.tasks), pods=list(world.pods))
    for namespace in world.scope:
        for number in range(OTHER_TASKS):
            task = changed.task(dag_id="unrelated", task_id=f"{namespace}_{number}", state="running")
            pod = changed.pod(task, namespace=namespace, name=f"{'az'[number % 2]}-unrelated-{number}")
            pod.live("its task runs")
        task = changed.task(dag_id="unrelated", task_id="none", state=None, recorded=False)
        for number in range(STRANGERS):
            stranger = changed.pod(
                task, namespace=namespace, name=f"{'az'[number % 2]}-web-{number}", age=AGES[number % 2]
            )
            stranger.manifest["metadata"]["labels"] = {"app": "web", "pod-template-hash": f"{number:x}"}
            stranger.kept("no Airflow made it")
    for pod in changed.pods[len(world.pods) :]:
        pod.examines = frozenset()
    return changed


def permuted(world: World) -> World:
    """Every pod has another name, so that LISTs come in another order; pods and rows are written in another order."""
    changed = _with_manifests(world, _renamed_pod)
    return replace(
        changed,
        pods=sorted(changed.pods, key=lambda pod: _digest(pod.name)),
        tasks=sorted(changed.tasks, key=lambda task: _digest(f"{task.name} of {task.run_id}")),
    )


def renamed(world: World) -> World:
    """Every namespace has another name, in the world and in what the subject is given."""
    changed = _with_manifests(world, _renamed_namespace)
    return replace(
        changed, namespace=RENAMED + world.namespace, scope=tuple(RENAMED + namespace for namespace in world.scope)
    )


TRANSFORMATIONS: Mapping[str, Transformation] = {
    each.name: each
    for each in (
        Transformation(name=PLAIN, sentence="As the scenario tells it."),
        Transformation(name="unrelated", sentence="Beside pods that have nothing to do with it.", world=unrelated),
        Transformation(name="permuted", sentence="In another order.", world=permuted),
        Transformation(name="paged", sentence="On a first page of two pods, whatever was asked for.", first_page=2),
        Transformation(name="shifted", sentence="Six hours ahead of the subject's clock.", later=timedelta(hours=6)),
        Transformation(name="renamed", sentence="In namespaces of other names.", world=renamed),
    )
}
"""By name, the plain one first."""


def _with_manifests(world: World, change: Change) -> World:
    """The world with every object changed, also those that its actions seed, and with tasks that remember such pods."""
    return replace(
        world,
        pods=[replace(pod, manifest=change(pod.manifest)) for pod in world.pods],
        bystanders=[change(manifest) for manifest in world.bystanders],
        tasks=[_remembering(task, change) for task in world.tasks],
        actions={ordinal: [_staged(action, change) for action in found] for ordinal, found in world.actions.items()},
    )


def _remembering(task: Task, change: Change) -> Task:
    if task.pod_identifier is None:
        return task
    name, namespace = task.pod_identifier
    metadata = change({"kind": "Pod", "metadata": {"name": name, "namespace": namespace}})["metadata"]
    return replace(task, pod_identifier=(metadata["name"], metadata["namespace"]))


def _staged(action: Action, change: Change) -> Action:
    def act(stage: Stage) -> None:
        action(replace(stage, cluster=cast("Cluster", _Seeded(stage.cluster, change))))

    return act


class _Seeded:
    """A cluster that changes what is seeded; all else is the cluster's own."""

    def __init__(self, cluster: Cluster, change: Change) -> None:
        self._cluster, self._change = cluster, change

    def seed(self, objects: Iterable[Manifest]) -> list[Manifest]:
        """As ``Cluster.seed``."""
        return self._cluster.seed([self._change(manifest) for manifest in objects])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cluster, name)


def _renamed_pod(manifest: Manifest) -> Manifest:
    if manifest["kind"] != "Pod":
        return manifest
    name = str(manifest["metadata"]["name"])
    return {**manifest, "metadata": {**manifest["metadata"], "name": f"{_digest(name)[:8]}-{name}"[:253].rstrip("-.")}}


def _renamed_namespace(manifest: Manifest) -> Manifest:
    metadata = dict(manifest["metadata"])
    for field in ("namespace", *(("name",) if manifest["kind"] == "Namespace" else ())):
        if field in metadata:
            metadata[field] = RENAMED + metadata[field]
    return {**manifest, "metadata": metadata}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
