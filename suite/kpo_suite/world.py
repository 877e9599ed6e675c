"""The world of a replay scenario: task instances, pods and fates. Pure data until the runner writes it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from kpo_fixtures.airflow.labels import pod_labels
from kpo_fixtures.airflow.releases import release, version_of
from kpo_fixtures.airflow.states import STATES, States
from kpo_fixtures.airflow.tries import stored_try_number
from kpo_fixtures.faults import Barrier, Placement
from kpo_fixtures.faults.actions import Moment
from kpo_suite.errors import ScenarioError
from kpo_suite.fates import FINISHED, Fate, FateKind, Role, task_name
from kpo_suite.owners import owners_of
from kpo_suite.pods import Manifest, node_manifest, pod_manifest
from kpo_suite.shapes import Shape
from kpo_suite.subjects.reaper_file import Claims
from kpo_suite.subjects.surroundings import Source

if TYPE_CHECKING:
    from kpo_fixtures.airflow.recorded import TaskInstanceRow
    from kpo_suite.stage import Stage

RUN = "manual__2026-11-20T06:00:00+00:00"
DELETIONS = ("delete-pods", "create-pods.eviction")
"""The kinds of points at which one pod is deleted."""


Action: TypeAlias = Callable[["Stage"], None]
"""A change of the world, between two sweeps or between two steps of one (``kpo_suite.stage``)."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task instance. ``state`` None is NULL.

    ``try_number`` is the attempt that the task instance is in: the one to come while scheduled or queued, the one that
    failed while up for retry. What the database shows for it depends on the generation. ``left`` is the state in which
    a finished task instance was when it was ended, None for running. ``recorded`` tells whether there is a row.
    """

    dag_id: str = "etl"
    task_id: str = "load"
    run_id: str = RUN
    map_index: int = -1
    state: str | None = "running"
    try_number: int = 1
    left: str | None = None
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

    def row(self, now: datetime, airflow: str) -> TaskInstanceRow:
        """The row in a database of this generation: started an hour ago, ended half an hour ago if it has."""
        from kpo_fixtures.airflow.recorded import TaskInstanceRow  # brings the database driver along

        return TaskInstanceRow(
            dag_id=self.dag_id,
            run_id=self.run_id,
            task_id=self.task_id,
            map_index=self.map_index,
            state=self.state,
            try_number=stored_try_number(airflow, self.state, self.try_number, left=self.left),
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
    later: bool = False
    """Whether it is not there from the beginning: an action creates it."""
    uid: str = ""
    """What the cluster gave it; empty as long as it was not there."""
    _default: tuple[str, ...] = ()

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return str(self.manifest["metadata"]["namespace"])

    @property
    def point(self) -> str:
        """How points name it: ``namespace/name``."""
        return f"{self.namespace}/{self.name}"

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
        other = "KEEP-" if fate == "zombie" else "REAP-"
        self.examines = frozenset((examines,) if examines else (i for i in self._default if not i.startswith(other)))
        return self


@dataclass
class World:
    """What a replay scenario fills. Defaults make the smallest sentence a whole world.

    ``now`` is the moment of the sweep (UTC); pods are created an hour before it unless a scenario says otherwise.
    ``scope`` holds the namespaces that the subject is given, ``claims`` what the subject states of itself; ``hidden``
    are DAGs that the user of Airflow's REST API may not read.
    """

    airflow: str = "3.3"
    source: Source = "sql"
    namespace: str = "airflow"
    scope: tuple[str, ...] = ("airflow",)
    examines: tuple[str, ...] = ()
    claims: Claims = field(default_factory=Claims)
    hidden: set[str] = field(default_factory=set)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    tasks: list[Task] = field(default_factory=list)
    pods: list[WorldPod] = field(default_factory=list)
    bystanders: list[Manifest] = field(default_factory=list)
    actions: dict[int, list[Action]] = field(default_factory=dict)
    faults: list[Placement] = field(default_factory=list)
    barriers: list[Barrier] = field(default_factory=list)
    replicas: int = 1
    """How many processes of a daemon sweep it at once."""

    @property
    def states(self) -> States:
        """The states of this Airflow that its state source can tell."""
        known = STATES[self.airflow]
        told = known.unfinished if self.tells_unknown_states else known.unfinished - known.unlisted
        return replace(known, unfinished=told)

    @property
    def tells_unknown_states(self) -> bool:
        """Whether the state source tells any word: Airflow 2's REST API answers 500 for a list with one it has not."""
        return self.source == "sql" or release(self.airflow) >= (3, 0)

    def after_sweep(self, ordinal: int, action: Action) -> None:
        """Let the world change between two planned sweeps, counted from 1."""
        self.actions.setdefault(ordinal, []).append(action)

    def fault(self, form: str, *, at: str) -> None:
        """Put a fault into the planned sweeps: ``world.fault("DL2/reset", at="delete-pods-1")``.

        Raises ScenarioError for a form or a point that there is not.
        """
        try:
            self.faults.append(Placement.parse(f"{form}@{at}"))
        except ValueError as error:
            raise ScenarioError(str(error)) from None

    def between(
        self, action: Action, *kinds: str, nth: int = 1, name: str = "", when: Moment = "before", what: str = ""
    ) -> None:
        """Let the world change at the ``nth`` step of these kinds (of all, without any), as ``Barrier`` says."""
        self.barriers.append(Barrier(kinds=kinds, nth=nth, name=name, when=when, call=action, what=what))

    def before_deletion(self, pod: WorldPod, action: Action, *, what: str = "") -> None:
        """Let the world change when the subject has decided to delete this pod and the API server does not know yet."""
        self.between(action, *DELETIONS, name=pod.point, what=what)

    def task(
        self,
        *,
        state: str | None,
        dag_id: str = "etl",
        task_id: str = "load",
        run_id: str = RUN,
        map_index: int = -1,
        try_number: int = 1,
        left: str | None = None,
        max_tries: int = 0,
        operator: str = "KubernetesPodOperator",
        recorded: bool = True,
        later: bool = False,
    ) -> Task:
        """A task instance with a row in Airflow's database; its DAG and run come with it.

        Without ``recorded`` the database has none: it was removed, or it is another Airflow's. One that comes ``later``
        is written by an action (``Stage.write``), and so is what became of one that is there.
        """
        task = Task(
            dag_id=dag_id,
            task_id=task_id,
            run_id=run_id,
            map_index=map_index,
            state=state,
            try_number=try_number,
            left=left,
            max_tries=max_tries,
            operator=operator,
            recorded=recorded,
        )
        if not later:
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
        finalizers: Sequence[str] = (),
        grace_seconds: int = 30,
        terminating: timedelta | None = None,
        node: str | None = None,
        later: bool = False,
    ) -> WorldPod:
        """A pod that KubernetesPodOperator made for ``task``.

        ``try_number`` is the label's (default: the task's). ``labels`` adds to KPO's own, and None takes one away.
        ``terminating`` tells for how long somebody has wanted it gone; ``node`` is where it is if not on the usual one.
        One that comes ``later`` is created by an action (``Stage.create``).
        """
        number = task.try_number if try_number is None else try_number
        own: dict[str, str | None] = dict(
            pod_labels(
                dag_id=task.dag_id,
                run_id=task.run_id,
                task_id=task.task_id,
                map_index=task.map_index,
                try_number=number,
                airflow_version=version_of(self.airflow),
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
            finalizers=finalizers,
            grace_seconds=grace_seconds,
            deleted=None if terminating is None else self.now - terminating,
            node=node,
        )
        pod = WorldPod(manifest, task, later=later, _default=self.examines)
        self.pods.append(pod)
        return pod

    def households(self) -> list[list[WorldPod]]:
        """The pods by the task instances that their labels name, twin and control included, in the order of the first.

        What is true of a pod depends on the rows, and on the other pods of its household at most.
        """
        found: dict[tuple[str, ...], list[WorldPod]] = {}
        for pod in self.pods:
            labels = pod.manifest["metadata"].get("labels") or {}
            names = ("dag_id", "task_id", "run_id", "map_index")
            found.setdefault(tuple(str(labels.get(name, "")) for name in names), []).append(pod)
        return list(found.values())

    def leave_out(self, parts: Collection[str]) -> None:
        """Take away households (``p0`` for the first) and faults of the scenario's own (``f0``); rows stay.

        Raises ScenarioError for a part that there is not.
        """
        known = {f"p{number}": household for number, household in enumerate(self.households())}
        faults = {f"f{number}": placement for number, placement in enumerate(self.faults)}
        unknown = sorted(set(parts) - {*known, *faults})
        if unknown:
            raise ScenarioError(f"this world has no part {unknown[0]} that could be left out")
        gone = [id(pod) for part in parts for pod in known.get(part, ())]
        self.pods = [pod for pod in self.pods if id(pod) not in gone]
        self.faults = [placement for part, placement in faults.items() if part not in parts]

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
        return [task.row(self.now, self.airflow) for task in self.tasks if task.recorded]

    def manifests(self) -> list[Manifest]:
        """What goes into the cluster: node, bystanders, owners, and the pods in the order in which they were told."""
        pods = [pod.manifest for pod in self.pods if not pod.later]
        return [node_manifest(), *self.bystanders, *owners_of(pods), *pods]

    def found(self, stored: Sequence[Mapping[str, Any]]) -> None:
        """Take the uids of the pods from what ``Cluster.seed`` returned."""
        uids = {
            (item["metadata"].get("namespace"), item["metadata"]["name"]): item["metadata"]["uid"]
            for item in stored
            if item["kind"] == "Pod"
        }
        for pod in self.pods:
            if not pod.later:
                pod.uid = uids[pod.namespace, pod.name]

    def fates(self) -> tuple[Fate, ...]:
        """The fates of the pods that were there, in the order in which they were told."""
        return tuple(
            Fate(
                namespace=pod.namespace,
                name=pod.name,
                uid=pod.uid,
                kind=pod.fate or "live",
                why=pod.why,
                task=pod.task.name if pod.task else "",
                truth=pod.task.truth if pod.task else "no row",
                role=pod.role,
                examines=pod.examines,
            )
            for pod in self.pods
            if pod.uid
        )


def _pod_name(task: Task, try_number: int, ordinal: int) -> str:
    """A name as KPO makes it: the task's words, a dash and a suffix; the same in every run of the same world."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{task.dag_id}-{task.task_id}".lower()).strip("-")[:40].strip("-") or "pod"
    key = f"{task.dag_id}/{task.run_id}/{task.task_id}/{task.map_index}/{try_number}/{ordinal}"
    return f"{words}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
