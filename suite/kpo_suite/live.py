"""Live worlds: a real Airflow runs a real DAG against the cluster, and the scenario says when which worker dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpo_fixtures.airflow.labels import pod_labels
from kpo_fixtures.clusters.interface import Manifest
from kpo_suite.errors import NotReachedError
from kpo_suite.fates import FINISHED, Fate, FateKind, Role, TaskEnd, task_name
from kpo_suite.history import History, Sweep
from kpo_suite.scenario import Pass
from kpo_suite.subjects import Subject
from kpo_suite.sweeping import sweep

if TYPE_CHECKING:
    from kpo_fixtures.airflow.live import TaskInstance
    from kpo_suite.live_testbed import LiveTestbed

POLL = 0.2
POD_TIMEOUT = 180.0
"""Seconds until a triggered task's pod shows what a scenario waits for; two loaded cores need about 40."""
TASK_TIMEOUT = 240.0
"""Seconds until a task instance reaches a state."""


class LiveWorld:
    """What a live scenario drives: trigger, wait, kill, tell fates, sweep, wait again."""

    def __init__(self, testbed: LiveTestbed, subject: Subject) -> None:
        self.testbed = testbed
        self._subject = subject
        self._began = max((change.resource_version for change in testbed.cluster.history()), default=0)
        self._fates: list[Fate] = []
        self._sweeps: list[Sweep] = []
        self._before: list[Manifest] = []
        self._ends: list[TaskEnd] = []

    def trigger(self, dag_id: str) -> LiveRun:
        """Start a run of one of our DAGs, once the DAG processor has read it."""
        self.testbed.airflow.wait_for_dag(dag_id)
        return LiveRun(self, dag_id, self.testbed.airflow.trigger(dag_id))

    def set_clock(self, factor: float) -> None:
        """Let the containers' time run ``factor`` times as fast as the wall's; 0 holds it.

        With time held, a ``sleep 20`` outlasts however long Airflow takes to notice a dead worker. On nodes that really
        run containers time is the wall's, and the DAGs' tasks work for ``live_testbed.WORK_SECONDS`` instead.
        """
        if self.testbed.simulator is not None:
            self.testbed.simulator.clock_factor = factor

    def sweep(self) -> None:
        """Let the subject sweep the namespace once."""
        pods = self.testbed.cluster.objects("pods", namespace=self.testbed.namespace)
        if not self._sweeps:
            self._before = pods
        for _ in range(self._subject.file.claims.sweeps):
            self._sweeps.append(sweep(self._subject, self.testbed, Pass(), len(self._sweeps) + 1))

    def await_gone(self, *tasks: LiveTask, timeout: float = 60.0) -> None:
        """Wait until the pods that were told to be zombies are gone; the judge says what it means if they are not."""
        uids = {task.told for task in tasks}
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            pods = self.testbed.cluster.objects("pods", namespace=self.testbed.namespace)
            present = {pod["metadata"]["uid"] for pod in pods if pod["metadata"]["uid"] in uids}
            terminating = {pod["metadata"]["uid"] for pod in pods if "deletionTimestamp" in pod["metadata"]} & present
            if not present or not terminating:
                return
            time.sleep(POLL)
        raise NotReachedError(f"pods that were told to terminate are still there after {timeout:g} s")

    def tell(self, fate: Fate) -> None:
        """Record the fate of a pod."""
        self._fates.append(fate)

    def record_end(self, end: TaskEnd) -> None:
        """Record how a task ended."""
        self._ends.append(end)

    def history(self) -> History:
        """Everything that was recorded since the scenario began."""
        return History(
            fates=tuple(self._fates),
            sweeps=tuple(self._sweeps),
            exchanges=self.testbed.gateway.exchanges(),
            changes=self.testbed.cluster.history(since=self._began),
            before=self._before,
            after=self.testbed.cluster.objects("pods", namespace=self.testbed.namespace),
            ends=tuple(self._ends),
            claims=self._subject.file.claims,
            secrets=self.testbed.secrets,
        )

    def clear(self) -> None:
        """Leave no pod behind, whatever happened."""
        self.testbed.cluster.delete_pods(self.testbed.namespace)
        self.set_clock(1.0)


@dataclass(frozen=True)
class LiveRun:
    """One DAG run."""

    world: LiveWorld
    dag_id: str
    run_id: str

    def task(self, task_id: str, map_index: int = -1) -> LiveTask:
        """One of its task instances; it need not exist yet."""
        return LiveTask(self, task_id, map_index)


class LiveTask:
    """One task instance and its pod."""

    def __init__(self, run: LiveRun, task_id: str, map_index: int) -> None:
        self.run, self.task_id, self.map_index = run, task_id, map_index
        self.told = ""
        self._testbed = run.world.testbed

    @property
    def name(self) -> str:
        """``dag.task`` or ``dag.task[map_index]``."""
        return task_name(self.run.dag_id, self.task_id, self.map_index)

    def pod(self) -> Manifest | None:
        """Its pod as it is now. Raises NotReachedError when it has more than one."""
        labels = pod_labels(
            dag_id=self.run.dag_id,
            run_id=self.run.run_id,
            task_id=self.task_id,
            map_index=self.map_index,
            try_number=1,
            airflow_version=self._testbed.settings.airflow,
        )
        names = ("dag_id", "task_id", "run_id", "map_index")
        found = [
            pod
            for pod in self._testbed.cluster.objects("pods", namespace=self._testbed.namespace)
            if all(pod["metadata"].get("labels", {}).get(name) == labels.get(name) for name in names)
        ]
        if len(found) > 1:
            raise NotReachedError(f"{self.name} has {len(found)} pods")
        return found[0] if found else None

    def await_pod(self, condition: Callable[[Manifest], bool], what: str, timeout: float = POD_TIMEOUT) -> Manifest:
        """Wait until the pod shows ``condition``. Raises NotReachedError naming ``what`` was awaited."""
        deadline = time.monotonic() + timeout
        while True:
            pod = self.pod()
            if pod is not None and condition(pod):
                return pod
            if time.monotonic() > deadline:
                seen = f"its pod is {container_states(pod)}" if pod else "it has no pod"
                raise NotReachedError(f"{self.name} did not reach {what!r} within {timeout:g} s: {seen}")
            time.sleep(POLL)

    def instance(self) -> TaskInstance | None:
        """Its row as the REST API shows it."""
        return self._among(self._testbed.airflow.task_instances(self.run.dag_id, self.run.run_id))

    def await_state(self, state: str, *, try_number: int | None = None, timeout: float = TASK_TIMEOUT) -> None:
        """Wait until the task instance has this state (and try). Raises NotReachedError with what was seen last."""
        what = f"{self.name} {state}" + (f", try {try_number}" if try_number else "")
        self._await(lambda each: each.state == state and try_number in (None, each.try_number), what, timeout)

    def kill_worker(self) -> None:
        """SIGKILL the worker: the task can neither clean up nor report. Raises NotReachedError without one."""
        instance = self.instance()
        if instance is None or not self._testbed.airflow.worker_processes(instance):
            raise NotReachedError(f"{self.name} has no worker process to kill")
        self._testbed.airflow.kill_worker(instance)

    def live(self, why: str, *, examines: str, role: Role = "control") -> None:
        """Its pod must be left alone."""
        self._tell("live", why, examines, role)

    def zombie(self, why: str, *, examines: str, role: Role = "twin") -> None:
        """Its pod must be deleted."""
        self._tell("zombie", why, examines, role)

    def must_end(self, state: str, *, examines: str, timeout: float = TASK_TIMEOUT) -> None:
        """Wait for the task instance's end and record it; it has to be ``state``."""
        actual = self._await(lambda each: each.state in FINISHED, f"the end of {self.name}", timeout).state
        self.run.world.record_end(
            TaskEnd(task=self.name, expected=state, actual=str(actual), examines=frozenset((examines,)))
        )

    def _among(self, instances: Iterable[TaskInstance]) -> TaskInstance | None:
        mine = (self.task_id, self.map_index)
        return next((each for each in instances if (each.task_id, each.map_index) == mine), None)

    def _await(self, condition: Callable[[TaskInstance], bool], what: str, timeout: float) -> TaskInstance:
        """Wait until the task instance is there and meets the condition, and return it as it was then."""

        def reached(instances: list[TaskInstance]) -> bool:
            mine = self._among(instances)
            return mine is not None and condition(mine)

        airflow, run = self._testbed.airflow, self.run
        found = self._among(airflow.wait_for(run.dag_id, run.run_id, reached, timeout=timeout, what=what))
        assert found is not None, "the condition was met by this task instance"
        return found

    def _tell(self, kind: FateKind, why: str, examines: str, role: Role) -> None:
        pod, instance = self.pod(), self.instance()
        if pod is None or instance is None:
            raise NotReachedError(f"{self.name} has no pod whose fate could be told")
        metadata = pod["metadata"]
        self.told = metadata["uid"]
        self.run.world.tell(
            Fate(
                namespace=metadata["namespace"],
                name=metadata["name"],
                uid=metadata["uid"],
                kind=kind,
                why=why,
                task=self.name,
                truth=f"{instance.state}, try {instance.try_number}; pod {container_states(pod)}, "
                f"labelled try_number={metadata['labels'].get('try_number')}",
                role=role,
                examines=frozenset((examines,)),
            )
        )


def container_states(pod: Mapping[str, Any]) -> str:
    """A pod in few words: ``Running (base terminated, sidecar running)``."""
    status = pod.get("status", {})
    containers = ", ".join(
        f"{container['name']} {next(iter(container.get('state') or {'unknown': None}))}"
        for container in status.get("containerStatuses") or []
    )
    return f"{status.get('phase', 'without a phase')} ({containers})"


def is_running(pod: Mapping[str, Any]) -> bool:
    """Every container of the pod has started and none has ended."""
    statuses = pod.get("status", {}).get("containerStatuses") or []
    return bool(statuses) and all("running" in (status.get("state") or {}) for status in statuses)


def only_sidecars_run(pod: Mapping[str, Any]) -> bool:
    """The zombie's shape: phase Running, container ``base`` terminated, another one running."""
    status = pod.get("status", {})
    states = {each["name"]: each.get("state") or {} for each in status.get("containerStatuses") or []}
    others = [state for name, state in states.items() if name != "base"]
    return (
        status.get("phase") == "Running"
        and "terminated" in states.get("base", {})
        and any("running" in state for state in others)
    )
