"""The world of a replay scenario: task instances, pods and fates. Pure data until the runner writes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kpo_fixtures.airflow.labels import pod_labels
from kpo_suite.errors import ScenarioError
from kpo_suite.fates import FINISHED, Fate, FateKind, Role, task_name
from kpo_suite.pods import Manifest, Shape, node_manifest, pod_manifest

if TYPE_CHECKING:
    from kpo_fixtures.airflow.recorded import TaskInstanceRow

RUN = "manual__2026-11-20T06:00:00+00:00"
AIRFLOW_VERSIONS = {"3.3": "3.3.2"}
"""The Airflow version that pods of a recorded generation carry in their label."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task instance. ``recorded`` tells whether Airflow's database has a row for it; ``state`` None is NULL."""

    dag_id: str = "etl"
    task_id: str = "load"
    run_id: str = RUN
    map_index: int = -1
    state: str | None = "running"
    try_number: int = 1
    max_tries: int = 0
    operator: str = "KubernetesPodOperator"
    recorded: bool = True
    pod_identifier: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """``dag.task`` or ``dag.task[map_index]``."""
        return task_name(self.dag_id, self.task_id, self.map_index)

    @property
    def truth(self) -> str:
        """What the database says: ``running, try 2``, or that there is no row."""
        return f"{self.state or 'no state'}, try {self.try_number}" if self.recorded else "no row"

    def row(self, now: datetime) -> TaskInstanceRow:
        """The row as the recorded database takes it; started an hour ago, ended a minute ago where its state ended."""
        from kpo_fixtures.airflow.recorded import TaskInstanceRow  # brings the database driver along

        return TaskInstanceRow(
            dag_id=self.dag_id,
            run_id=self.run_id,
            task_id=self.task_id,
            map_index=self.map_index,
            state=self.state,
            try_number=self.try_number,
            max_tries=self.max_tries,
            operator=self.operator,
            start_date=now - timedelta(hours=1),
            end_date=now - timedelta(minutes=30) if self.state in FINISHED else None,
            pod_identifier=self.pod_identifier,
        )


@dataclass
class WorldPod:
    """A pod whose fate is still to be told: end the sentence with ``live``, ``zombie`` or ``kept``."""

    manifest: Manifest
    task: Task | None
    role: Role = "examined"
    fate: FateKind | None = None
    why: str = ""
    examines: frozenset[str] = frozenset()
    _default: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.manifest["metadata"]["name"])

    def live(self, why: str, *, examines: str | None = None) -> WorldPod:
        """Its attempt runs, or will still be adopted, read or resumed: a reaper must leave it alone."""
        return self._tell("live", why, examines)

    def kept(self, why: str, *, examines: str | None = None) -> WorldPod:
        """Nobody needs it, yet it is not the reaper's to delete."""
        return self._tell("kept", why, examines)

    def zombie(self, why: str, *, examines: str | None = None) -> WorldPod:
        """Nobody needs it and nobody asked to keep it: a reaper must delete it."""
        return self._tell("zombie", why, examines)

    def _tell(self, fate: FateKind, why: str, examines: str | None) -> WorldPod:
        if self.fate is not None:
            raise ScenarioError(f"the fate of {self.name} is told twice")
        self.fate, self.why = fate, why
        self.examines = frozenset((examines,) if examines else self._default)
        return self


@dataclass
class World:
    """What a replay scenario fills. Defaults make the smallest sentence a whole world.

    ``now`` is the moment of the sweep (UTC); pods are created an hour before it unless a scenario says otherwise.
    """

    airflow: str = "3.3"
    namespace: str = "airflow"
    examines: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    tasks: list[Task] = field(default_factory=list)
    pods: list[WorldPod] = field(default_factory=list)
    bystanders: list[Manifest] = field(default_factory=list)

    def task(
        self,
        *,
        state: str | None,
        dag_id: str = "etl",
        task_id: str = "load",
        run_id: str = RUN,
        map_index: int = -1,
        try_number: int = 1,
        max_tries: int = 0,
        operator: str = "KubernetesPodOperator",
    ) -> Task:
        """A task instance with a row in Airflow's database; its DAG and run come with it."""
        task = Task(
            dag_id=dag_id,
            task_id=task_id,
            run_id=run_id,
            map_index=map_index,
            state=state,
            try_number=try_number,
            max_tries=max_tries,
            operator=operator,
        )
        self.tasks.append(task)
        return task

    def remember_pod(self, task: Task, pod: WorldPod) -> None:
        """Note the pod as the task's ``pod_identifier``, as Airflow 3.3 does: its next try adopts this pod."""
        metadata = pod.manifest["metadata"]
        index = self.tasks.index(task)
        self.tasks[index] = replace(task, pod_identifier=(metadata["name"], metadata["namespace"]))

    def pod(
        self,
        task: Task,
        *,
        try_number: int | None = None,
        shape: Shape = "running",
        name: str | None = None,
        namespace: str | None = None,
        age: timedelta = timedelta(hours=1),
        containers: Sequence[str] = ("base",),
        labels: Mapping[str, str | None] | None = None,
        annotations: Mapping[str, str] | None = None,
        owner: Mapping[str, Any] | None = None,
    ) -> WorldPod:
        """A pod that KubernetesPodOperator made for ``task``.

        ``try_number`` is the label's (default: the task's). ``labels`` adds to KPO's own, and None takes one away.
        """
        number = task.try_number if try_number is None else try_number
        own: dict[str, str | None] = dict(
            pod_labels(
                dag_id=task.dag_id,
                run_id=task.run_id,
                task_id=task.task_id,
                map_index=task.map_index,
                try_number=number,
                airflow_version=AIRFLOW_VERSIONS[self.airflow],
            )
        )
        own.update(labels or {})
        manifest = pod_manifest(
            name=name or _pod_name(task, number, len(self.pods)),
            namespace=namespace or self.namespace,
            labels={key: value for key, value in own.items() if value is not None},
            created=self.now - age,
            shape=shape,
            containers=containers,
            annotations=annotations,
            owner=owner,
        )
        pod = WorldPod(manifest, task, _default=self.examines)
        self.pods.append(pod)
        return pod

    def add_twin_and_control(self) -> None:
        """Add the plain zombie and the plain live pod that every world holds."""
        over = self.task(dag_id="twin", task_id="over", state="failed")
        twin = self.pod(over, shape="sidecar").zombie("its task failed; only the sidecar is left")
        running = self.task(dag_id="control", task_id="running", state="running")
        control = self.pod(running).live("its task runs")
        for pod, role in ((twin, "twin"), (control, "control")):
            pod.role, pod.examines = role, frozenset()  # type: ignore[assignment]

    def check(self) -> None:
        """Raise ScenarioError unless every pod has a fate and every requirement a pod, where it is about pods."""
        untold = [pod.name for pod in self.pods if pod.fate is None]
        if untold:
            raise ScenarioError(f"no fate is told for {', '.join(untold)}")

    def rows(self) -> list[TaskInstanceRow]:
        """What goes into Airflow's database."""
        return [task.row(self.now) for task in self.tasks if task.recorded]

    def manifests(self) -> list[Manifest]:
        """What goes into the cluster: the node, the bystanders, the pods in the order in which they were told."""
        return [node_manifest(), *self.bystanders, *(pod.manifest for pod in self.pods)]

    def fates(self, stored: Sequence[Mapping[str, Any]]) -> tuple[Fate, ...]:
        """The fates with the uids that the cluster gave; ``stored`` is what ``Cluster.seed`` returned."""
        uids = {
            (item["metadata"].get("namespace"), item["metadata"]["name"]): item["metadata"]["uid"]
            for item in stored
            if item["kind"] == "Pod"
        }
        return tuple(
            Fate(
                namespace=pod.manifest["metadata"]["namespace"],
                name=pod.name,
                uid=uids[pod.manifest["metadata"]["namespace"], pod.name],
                kind=pod.fate or "live",
                why=pod.why,
                task=pod.task.name if pod.task else "",
                truth=pod.task.truth if pod.task else "no row",
                role=pod.role,
                examines=pod.examines,
            )
            for pod in self.pods
        )


def _pod_name(task: Task, try_number: int, ordinal: int) -> str:
    """A name as KPO makes it: the task's words, a dash and a suffix; the same in every run of the same world."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{task.dag_id}-{task.task_id}".lower()).strip("-")[:40].strip("-") or "pod"
    key = f"{task.dag_id}/{task.run_id}/{task.task_id}/{task.map_index}/{try_number}/{ordinal}"
    return f"{words}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
