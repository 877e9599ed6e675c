"""Pods that are born while a sweep reads: whoever reads task instances first finds none for them."""

from collections.abc import Sequence
from datetime import timedelta

from kpo_suite import Task, World, WorldPod, scenario
from kpo_suite.scenario import Pass
from kpo_suite.stage import Stage
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.world import Action

RUN = "manual__2026-11-20T06:00:00+00:00"
NEXT_RUN = "scheduled__2026-11-20T07:00:00+00:00"
YOUNG = timedelta(0)


def alone_where_it_can_be(file: ReaperFile) -> Sequence[Pass]:
    """One sweep over a scope that is this Airflow's alone, for subjects that can be told so: a row may be missing."""
    return [Pass(options=("exclusive-scope",) if "exclusive-scope" in file.run.options else ())]


def alone_and_twice(file: ReaperFile) -> Sequence[Pass]:
    """Two such sweeps."""
    return [*alone_where_it_can_be(file)] * 2


def birth(*begun: tuple[Task, WorldPod]) -> Action:
    """Tasks begin as Airflow lets them: the row is there before the pod."""

    def act(stage: Stage) -> None:
        for task, pod in begun:
            stage.write(task)
            stage.create(pod)

    return act


@scenario(
    examines="KEEP-BORN-DURING-SWEEP",
    sweeps=alone_where_it_can_be,
    variants={"of": ["another-task", "another-run", "another-map-index"]},
)
def pod_born_before_the_list_is_answered(world: World, of: str) -> None:
    """A task begins when the sweep has begun: its row is committed, and then its pod is created.

        sweep      reads ...... LIST pods ........ reads ...... DELETE
        etl.load          row, pod

    Who has read the task instances before the pods sees a pod and knows no row for it. A missing row means something
    only where rows were read after the pod was seen.
    """
    world.task(task_id="extract", state="success")
    world.task(state="running", map_index=0)
    begun = {
        "another-task": world.task(task_id="store", state="running", later=True),
        "another-run": world.task(run_id=NEXT_RUN, state="running", map_index=0, later=True),
        "another-map-index": world.task(state="running", map_index=1, later=True),
    }[of]
    pod = world.pod(begun, age=YOUNG, later=True).live("its task began while the sweep was reading")
    world.between(
        birth((begun, pod)),
        "list-pods",
        what="a task begins: its row is written and its pod created",
    )


@scenario(examines="KEEP-BORN-DURING-SWEEP", sweeps=alone_and_twice)
def pods_born_before_each_list_is_answered(world: World) -> None:
    """A task begins whenever the subject lists pods: for the first time, again to be sure, or in its next sweep.

        first LIST     etl.load[0]    row, pod
        second LIST    etl.load[1]    row, pod
        third LIST     etl.load[2]    row, pod

    No pod is ever without its row; rows that were read before a LIST are too old for the pods that it shows.
    """
    world.task(task_id="extract", state="success")
    for nth in (1, 2, 3):
        task = world.task(state="running", map_index=nth - 1, later=True)
        pod = world.pod(task, age=YOUNG, later=True).live(f"its task began before LIST {nth} was answered")
        world.between(
            birth((task, pod)), "list-pods", nth=nth, what="a task begins: its row is written and its pod created"
        )


@scenario(examines="KEEP-BORN-DURING-SWEEP", sweeps=alone_where_it_can_be)
def pods_born_between_two_namespaces(world: World) -> None:
    """The scope has three namespaces; one has been listed and the next is asked for, and in each of them a task begins.

        etl        etl.load[0]    row, pod
        batch      etl.load[1]    row, pod
        reports    etl.load[2]    row, pod

    Rows that were read between two namespaces are too old for the pods of the second.
    """
    world.scope = (world.namespace, "batch", "reports")
    world.task(task_id="extract", state="success")
    begun = []
    for index, namespace in enumerate(world.scope):
        task = world.task(state="running", map_index=index, later=True)
        pod = world.pod(task, namespace=namespace, age=YOUNG, later=True)
        begun.append((task, pod.live("its task began when one namespace had been listed")))
    world.between(
        birth(*begun), "list-pods", nth=2, what="a task begins in each namespace: its row is written, its pod created"
    )
