"""Worlds that enumerate the decision table: many pods each, every fate from the table and none told here.

A pod without a mark of its own is enumerated over every combination. A mark settles a pod's fate whatever else is true
of it; each combination of marks, phase and age meets a task instance that is over, one that is not, one in an unknown
state and none, with states and tries in turn.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from kpo_scenarios.decision_table import (
    COUNTED_AT_START,
    DIMENSIONS,
    NO_ROW,
    NULL,
    REMEMBERS_PODS,
    UNKNOWN,
    WHILE_DEFERRED,
    Situation,
    decide,
    is_marked,
    situations,
    truths,
)
from kpo_suite import Shape, Task, World, WorldPod, scenario
from kpo_suite.fates import FINISHED
from kpo_suite.scenario import Pass
from kpo_suite.subjects import ReaperFile

DAG = "table"
SHAPES: dict[str, tuple[Shape, ...]] = {
    "Pending": ("pending", "unschedulable"),
    "Running": ("running", "sidecar"),
    "Succeeded": ("succeeded",),
    "Failed": ("failed", "evicted"),
    "Unknown": ("unknown",),
}
"""The shapes that stand for each phase, taken in turn."""
LABELS: dict[str, tuple[dict[str, str | None], ...]] = {
    "own": ({},),
    "opted-out": ({},),
    "foreign": ({"kubernetes_pod_operator": None}, {"kubernetes_pod_operator": "False"}),
    "worker": ({"kubernetes_executor": "True"}, {"airflow-worker": "7"}),
    "checked": ({"already_checked": "True"},),
    "malformed-try": ({"try_number": "abc"}, {"try_number": "01"}, {"try_number": "9e9"}, {"try_number": None}),
    "malformed-map-index": ({"map_index": "first"}, {"map_index": "01"}),
    "malformed-id": ({"dag_id": None}, {"task_id": None}, {"run_id": None}),
}
"""What the labels differ from KPO's own in, taken in turn."""
OWNERS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "plain": {"apiVersion": "v1", "kind": "ConfigMap", "name": "etl", "uid": "6a1f0c2e-0000-4000-8000-000000000002"},
    "controller": {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": "etl",
        "uid": "6a1f0c2e-0000-4000-8000-000000000003",
        "controller": True,
    },
}
KPO = "kubernetes_pod_operator"
LEAST_YOUTH = timedelta(seconds=60)
"""Below this no pod is called young: several sweeps may pass before it is judged."""
MOST_ZOMBIES = 360
"""At least what any world here holds; a test counts them."""


class Enumeration:
    """Fills a world with situations: one task instance for each state and attempt, or more where they would disturb.

    All pods of one are alike to Airflow. Where they are overtaken, the one newer pod overtakes them all.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: dict[tuple[str, str], Task] = {}
        ages = (world.claims.minimum_age, world.claims.terminal_age)
        self._young = timedelta(seconds=min(ages) / 2)
        self._old = timedelta(seconds=max(3600.0, 2 * max(ages)))
        told = {state or NULL for state in world.states.all} | {NO_ROW}
        told |= {state + WHILE_DEFERRED for state in FINISHED}
        self._told = told | ({UNKNOWN} if world.tells_unknown_states else set())
        self._made = 0

    def fill(self, wanted: Iterable[Situation]) -> None:
        """One pod for each situation that is decided, that this subject can meet and that the world examines."""
        for situation in wanted:
            if self._can_be(situation) and decide(situation).requirement in self._world.examines:
                self._add(situation)
        # Runs were deleted, not their DAG: it is still known.
        self._world.task(dag_id=DAG, task_id="another", state="success")
        self._stay_plausible()

    def _can_be(self, situation: Situation) -> bool:
        if situation.age == "young" and self._young < LEAST_YOUTH:
            return False
        if situation.state not in self._told:
            return False
        return situation.labels != "opted-out" or bool(self._world.claims.opt_out)

    def _add(self, situation: Situation) -> None:
        self._made += 1
        task = self._task(situation)
        shapes, labels = SHAPES[situation.phase], LABELS[situation.labels]
        pod = self._world.pod(
            task,
            try_number=1,
            shape=shapes[self._made % len(shapes)],
            age=self._young if situation.age == "young" else self._old,
            labels=labels[self._made % len(labels)],
            annotations=self._world.claims.opt_out if situation.labels == "opted-out" else None,
            owner=OWNERS[situation.owner],
            terminating=timedelta(seconds=5) if situation.deletion == "asked" else None,
        )
        if situation.attempt == "remembered":
            self._world.remember_pod(task, pod)
        _tell(pod, situation)

    def _task(self, situation: Situation) -> Task:
        state, attempt = situation.state, situation.attempt
        if attempt == "remembered":  # a task instance remembers one pod
            return self._new_task(situation, f"{state}_{attempt}_{self._made}")
        if (state, attempt) not in self._tasks:
            task = self._tasks[state, attempt] = self._new_task(situation, f"{state}_{attempt}")
            if attempt == "overtaken":
                self._overtake(task, situation)
        return self._tasks[state, attempt]

    def _new_task(self, situation: Situation, task_id: str) -> Task:
        state = situation.state.removesuffix(WHILE_DEFERRED)
        return self._world.task(
            dag_id=DAG,
            task_id=task_id.replace(" ", "_"),
            state=None if state == NULL else state,
            left=None if state == situation.state else "deferred",
            try_number=1 if situation.attempt == "current" else 2,
            max_tries=1,
            recorded=state != NO_ROW,
        )

    def _overtake(self, task: Task, situation: Situation) -> None:
        """Let the next try have a pod that is younger than all others of its task instance."""
        newer = self._world.pod(task, age=self._young / 2)
        if situation.airflow in REMEMBERS_PODS:
            self._world.remember_pod(task, newer)
        plain = {"phase": "Running", "deletion": "none", "owner": "none", "labels": "own", "age": "young"}
        _tell(newer, situation._replace(attempt="current", **plain))

    def _stay_plausible(self) -> None:
        """Add live pods until the zombies are no share of all that would make the subject stop."""
        breaker = self._world.claims.breaker
        zombies = 1 + sum(pod.fate == "zombie" for pod in self._world.pods)
        if breaker is None or zombies <= breaker.floor:
            return
        listed = sum(pod.manifest["metadata"]["labels"].get(KPO) == "True" for pod in self._world.pods)
        task = self._world.task(dag_id=DAG, task_id="at_work", state="running")
        for _ in range(listed, math.ceil(zombies / breaker.share) + 1):
            self._world.pod(task).live("its task runs", examines="KEEP-UNFINISHED")


def sentence(situation: Situation) -> str:
    """Why a pod in this situation has its fate, and which situation it is."""
    about = ", ".join(f"{name} {value}" for name, value in situation._asdict().items())
    return f"{decide(situation).why} ({about})"


def _tell(pod: WorldPod, situation: Situation) -> None:
    row = decide(situation)
    ending = {"live": pod.live, "kept": pod.kept, "zombie": pod.zombie}[row.fate]
    ending(sentence(situation), examines=row.requirement)


def unmarked(airflow: str, scope: str) -> Iterator[Situation]:
    """Every combination without a mark."""
    return (situation for situation in situations(airflow, scope) if not is_marked(situation))


def marked(airflow: str, scope: str) -> Iterator[Situation]:
    """Every combination of marks, phase and age, with each kind of truth about the task instance.

    What the reaper is told of its scope matters to pods that would go: in an exclusive one the truth is such.
    """
    known = [(state, attempt) for state, attempt in truths(airflow)]
    over = [truth for truth in known if truth[0].removesuffix(WHILE_DEFERRED) in FINISHED]
    unknown = [truth for truth in known if truth[0] == UNKNOWN]
    unfinished = [truth for truth in known if truth not in (*over, *unknown, (NO_ROW, "current"))]
    rowless = [(NO_ROW, "current")]
    kinds = (over, unfinished, unknown, rowless) if scope == "shared" else (over, rowless)
    # Each kind of labels takes its own turns, from a place of its own, so that every mark meets every truth.
    turns = Counter({labels: 5 * place for place, labels in enumerate(DIMENSIONS["labels"])})
    for deletion, owner, labels, age, phase in itertools.product(
        *(DIMENSIONS[name] for name in ("deletion", "owner", "labels", "age", "phase"))
    ):
        for kind in kinds:
            state, attempt = kind[turns[labels] % len(kind)]
            found = Situation(phase, deletion, owner, labels, age, state, attempt, scope, airflow)
            if is_marked(found):
                yield found
        turns[labels] += is_marked(found)


def enough_sweeps(file: ReaperFile) -> list[Pass]:
    """As many as the subject's budget needs for the zombies of the fullest world."""
    budget = file.claims.deletions
    return [Pass()] * (1 if budget is None else math.ceil(MOST_ZOMBIES / budget))


UNFINISHED = (
    "KEEP-UNFINISHED",
    "KEEP-UNKNOWN-STATE",
    "KEEP-REATTACHED",
    "KEEP-AWAITING-REATTACH",
    "KEEP-RESUMING",
)
ZOMBIES = ("REAP-FINISHED", "REAP-PENDING", "REAP-OVERTAKEN", "REAP-TERMINAL-PHASE", "REAP-NODE-LOST")
MARKS = (
    "KEEP-NOT-KPO",
    "KEEP-WORKER",
    "KEEP-CONTROLLED",
    "KEEP-RETAINED",
    "KEEP-MALFORMED",
    "KEEP-OPTED-OUT",
    "DELETE-ONCE",
)


@scenario(examines=[*UNFINISHED, *ZOMBIES, "KEEP-FOREIGN-DEPLOYMENT"], sweeps=enough_sweeps, survey=True)
def every_pod_in_a_shared_namespace(world: World) -> None:
    """KPO's own pods in every phase, of every age, owned or not, with every state and every relation of tries.

        task instance   every state, NULL, an unknown one, or no row
        pod             of its try, or of an older one: alone, overtaken, or remembered

    The fates come from one table, ``kpo_scenarios.decision_table``, which is proven to decide each combination once.
    """
    Enumeration(world).fill(unmarked(world.airflow, "shared"))


@scenario(
    examines=[*UNFINISHED, *ZOMBIES, "KEEP-YOUNG", "REAP-ROWLESS"],
    sweeps=enough_sweeps,
    options=["exclusive-scope"],
    survey=True,
)
def every_pod_in_a_namespace_of_this_airflow_alone(world: World) -> None:
    """The same pods, and the reaper is told that no other Airflow has any there.

        task instance   every state, NULL, an unknown one, or no row while its DAG is known
        pod             of its try, or of an older one: alone, overtaken, or remembered

    It changes what becomes of pods without a row, and of no others.
    """
    Enumeration(world).fill(unmarked(world.airflow, "exclusive"))


@scenario(examines=MARKS, survey=True)
def every_marked_pod_in_a_shared_namespace(world: World) -> None:
    """Pods that say themselves that they are not the reaper's to delete, by one mark or by several at once.

        pod             every set of marks: foreign, worker, controlled, terminating, retained, opted out, malformed
        task instance   over, not over, in an unknown state, or without a row

    No state of a task instance outweighs a mark.
    """
    Enumeration(world).fill(marked(world.airflow, "shared"))


@scenario(examines=MARKS, options=["exclusive-scope"], survey=True)
def every_marked_pod_in_a_namespace_of_this_airflow_alone(world: World) -> None:
    """The same marks where the reaper is told that no other Airflow has pods there.

        pod             every set of marks: foreign, worker, controlled, terminating, retained, opted out, malformed
        task instance   over, or without a row while its DAG is known

    Whose namespace it is says nothing about a pod that somebody else looks after.
    """
    Enumeration(world).fill(marked(world.airflow, "exclusive"))


@scenario(examines=["KEEP-DEFERRED-OFF-BY-ONE", "REAP-DEFERRED-KILL"], sweeps=enough_sweeps, airflow=COUNTED_AT_START)
def every_pod_whose_row_shows_one_try_less(world: World) -> None:
    """Pods of tasks that are deferred, are to be looked at again, or were finished while deferred.

        task instance   try 0    deferred, up_for_reschedule, or failed while deferred
        pod             try 1    in every phase

    Until 2.9 the column is decremented on defer, and whoever finishes a deferred task leaves it so.
    """
    Enumeration(world).fill(unmarked(world.airflow, "shared"))
