"""Pods that are created again under the name of one that was judged. A name is not a pod; a uid is."""

from datetime import timedelta

from kpo_suite import Shape, Task, World, WorldPod, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS

YOUNG = timedelta(0)
NEXT_RUN = "scheduled__2026-11-20T07:00:00+00:00"
NEW = "the next run made it under the name of the one that was judged"


def zombie_and_successor(world: World, *, task_id: str = "load", shape: Shape = "running") -> tuple[WorldPod, WorldPod]:
    """The pod of a failed task whose pods have a fixed name, and the pod that the task's next run makes under it."""
    name = f"etl-{task_id}"
    old = world.pod(world.task(task_id=task_id, state="failed"), name=name, shape="sidecar")
    old.zombie("its task failed")
    begun = world.task(task_id=task_id, run_id=NEXT_RUN, state="running", later=True)
    return old, world.pod(begun, name=name, shape=shape, age=YOUNG, later=True).live(NEW)


def succeed(stage: Stage, old: WorldPod, new: WorldPod) -> None:
    """The old pod goes, the task's next run begins, and makes a pod of the same name."""
    assert isinstance(new.task, Task)
    stage.write(new.task)
    stage.replace(old, new)


@scenario(examines="DELETE-INCARNATION", variants={"shape": ["running", "unschedulable", "sidecar"]})
def pod_created_again_before_its_deletion(world: World, shape: Shape) -> None:
    """Between the decision and the DELETE the pod goes and the next run makes one of the same name.

        sweep       LIST ...... decides ................... DELETE etl-load
        etl-load    uid 1, its task failed     uid 2, Running, Pending, or looking just like the other

    With random_name_suffix=False every run's pod has the same name (apache/airflow#21169). Who deletes by name deletes
    the new pod; preconditions.uid is what tells them apart.
    """
    old, new = zombie_and_successor(world, shape=shape)
    world.before_deletion(old, lambda stage: succeed(stage, old, new), what="the pod is created again by the next run")


@scenario(examines="DELETE-INCARNATION")
def pod_created_again_before_it_is_read_again(world: World) -> None:
    """Whatever the subject does about the pod first, a second look or the DELETE: it is another's by then.

        sweep       LIST ...... decides ...... GET or DELETE etl-load
        etl-load    uid 1, its task failed     uid 2, Running

    A second look shows a healthy pod with the labels of another run; its uid says that nobody has judged it yet.
    """
    old, new = zombie_and_successor(world)
    world.between(
        lambda stage: succeed(stage, old, new),
        "get-pods",
        *DELETIONS,
        name=old.point,
        what="the pod is created again by the next run",
    )


@scenario(examines="DELETE-INCARNATION")
def pods_created_again_when_they_have_been_listed(world: World) -> None:
    """Three pods of fixed names are listed; before the subject reads the task instances, the next run makes them anew.

        sweep       LIST ......................... task instances ...... DELETE
        etl-load    uid 1, failed    uid 4, Running
        etl-store   uid 2, failed    uid 5, Running
        etl-check   uid 3, failed    uid 6, Running

    The rows say that the tasks of the listed pods have failed, which is true, and that nobody needs them.
    """
    pairs = [zombie_and_successor(world, task_id=task_id) for task_id in ("load", "store", "check")]

    def begin(stage: Stage) -> None:
        for old, new in pairs:
            succeed(stage, old, new)

    world.between(begin, "list-pods", when="after", what="all pods are created again by the next run")


@scenario(examines="DELETE-INCARNATION")
def retry_that_takes_the_name_of_the_try_before(world: World) -> None:
    """The task is cleared: try 1's pod goes, and try 2 makes one with the same name and, but for the try, its labels.

        sweep       LIST ................. decides .............. DELETE etl-load
        etl.load    failed, try 1                    running, try 2
        etl-load    uid 1, try_number=1              uid 2, try_number=2

    Identity labels cannot tell a pod from the one that takes its place.
    """
    task = world.task(state="failed")
    old = world.pod(task, name="etl-load", shape="sidecar").zombie("its task failed")
    new = world.pod(task, try_number=2, name="etl-load", age=YOUNG, later=True).live("try 2 runs on it")

    def retry(stage: Stage) -> None:
        stage.move(task, "running", try_number=2)
        stage.replace(old, new)

    world.before_deletion(old, retry, what="the task is cleared, and its next try's pod has the same name")


@scenario(examines="DELETE-INCARNATION")
def pod_created_again_that_is_ending(world: World) -> None:
    """The pod of the same name is somebody's who has asked it to end, with ten minutes to do so.

        sweep       LIST ...... decides ........... DELETE etl-load
        etl-load    uid 1, its task failed     uid 2, Running, deletionTimestamp in 10 minutes

    A second DELETE shortens what the first has granted.
    """
    old = world.pod(world.task(state="failed"), name="etl-load", shape="sidecar").zombie("its task failed")
    begun = world.task(run_id=NEXT_RUN, state="running", later=True)
    new = world.pod(begun, name="etl-load", age=YOUNG, grace_seconds=600, terminating=YOUNG, later=True)
    new.live("its task ends it, and has given it ten minutes")
    world.before_deletion(old, lambda stage: succeed(stage, old, new), what="the pod is created again, and ends")
