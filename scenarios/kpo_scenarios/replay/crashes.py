"""The reaper is killed between two steps of a sweep, and then started again."""

from kpo_suite import World, scenario
from kpo_suite.stage import Stage

MOMENTS = ("before", "after")
"""Killed before its request leaves, or when it has been carried out and not yet answered."""


def three_zombies(world: World) -> None:
    """Zombies of three mapped task instances, beside a pod that runs."""
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    for index in range(3):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")


@scenario(examines="RESIST-CRASH", variants={"moment": MOMENTS})
def killed_at_its_list(world: World, moment: str) -> None:
    """The reaper is killed before its LIST leaves, or before it hears what was listed.

        etl.load[0..2]   failed     pods  Running: only the sidecar is left
        etl.check        running    pod   Running
        reaper           LIST, killed; started again

    Nothing has been decided. What it left behind on its own host must not keep the next sweep from beginning.
    """
    three_zombies(world)
    world.fault(f"PR2/{moment}", at="list-pods-1")


@scenario(examines="RESIST-CRASH", variants={"moment": MOMENTS})
def killed_while_it_asks_airflow(world: World, moment: str) -> None:
    """The reaper is killed before it asks for the task instances' states, or before it hears of them.

        etl.load[0..2]   failed     pods  Running: only the sidecar is left
        etl.check        running    pod   Running
        reaper           LIST, asks Airflow's database or REST API, killed; started again

    Half an answer that was saved is no answer, and pods that were listed before the crash are not those of after it.
    """
    three_zombies(world)
    world.fault(f"PR2/{moment}", at="query-1" if world.source == "sql" else "rest-1")


@scenario(examines="RESIST-CRASH", variants={"moment": MOMENTS, "nth": [1, 2]})
def killed_at_a_deletion(world: World, moment: str, nth: int) -> None:
    """The reaper is killed before one of its DELETEs leaves, or before it hears that it was carried out.

        etl.load[0..2]   failed     pods  Running: only the sidecar is left
        etl.check        running    pod   Running
        reaper           LIST, DELETE .., killed; started again

    Whoever notes a pod as done must do so after the API server has answered, and whoever notes it as to be done must
    ask again whether it still is.
    """
    three_zombies(world)
    world.fault(f"PR2/{moment}", at=f"delete-pods-{nth}")


@scenario(examines="RESIST-CRASH")
def asked_to_end_between_two_deletions(world: World) -> None:
    """SIGTERM comes while the second DELETE is on its way; whether the reaper ends at once is its own affair.

        etl.load[0..2]   failed     pods  Running: only the sidecar is left
        etl.check        running    pod   Running
        reaper           LIST, DELETE, DELETE, SIGTERM; started again

    A rolling update does so to every reaper, most of all to one that takes long.
    """
    three_zombies(world)
    world.fault("PR1/after", at="delete-pods-2")


@scenario(examines="RESIST-CRASH", variants={"state": ["queued", "running"]})
def task_is_cleared_while_the_reaper_is_down(world: World, state: str) -> None:
    """The reaper is killed right before it deletes a pod. Until it is back, somebody has cleared the pod's task.

        etl.load   failed    pod  Running
        reaper     LIST, decides, killed
        etl.load   try 2 is queued, or runs: it adopts this very pod
        reaper     started again

    Nothing about the pod has changed, neither its uid nor its resourceVersion. What was decided before is wrong now.
    """
    task = world.task(state="failed")
    pod = world.pod(task).live(f"its task was cleared and is {state} again; try 2 adopts it")

    def clear(stage: Stage) -> None:
        stage.move(task, state, try_number=2)

    world.before_deletion(pod, clear, what="the task is cleared")
    world.fault("PR2/before", at=f"delete-pods({pod.point})-1")


@scenario(examines="RESIST-CRASH")
def name_is_taken_again_while_the_reaper_is_down(world: World) -> None:
    """The reaper is killed right before it deletes a pod. Until it is back, the next run has a pod of that name.

        etl.load   run 1    failed     pod etl-load    Running: only the sidecar is left
        reaper     LIST, decides, killed
        etl.load   run 2    running    pod etl-load    another uid
        reaper     started again

    With random_name_suffix=False every run of a task has the same pod name (apache/airflow#21169).
    """
    old = world.pod(world.task(state="failed"), name="etl-load", shape="sidecar").zombie("its task failed")
    second = world.task(run_id="manual__2026-11-20T07:00:00+00:00", state="running", later=True)
    new = world.pod(second, name="etl-load", later=True).live("a later run of its task runs on it")

    def take(stage: Stage) -> None:
        stage.write(second)
        stage.replace(old, new)

    world.before_deletion(old, take, what="another run's pod takes the name")
    world.fault("PR2/before", at=f"delete-pods({old.point})-1")
