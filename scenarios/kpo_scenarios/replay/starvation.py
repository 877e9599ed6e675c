"""Pods that will not go, and other zombies behind them."""

from datetime import timedelta

from kpo_suite import World, scenario

HOLD = ("example.com/hold",)
WITHOUT_BUDGET = 10
"""How many stuck pods stand before the others where the subject states no budget."""


@scenario(examines="REAP-NO-STARVATION", sweeps=2)
def finalizer_that_is_never_removed(world: World) -> None:
    """The oldest zombie has a finalizer whose controller is gone; younger ones have none.

        pod, 3 hours old    finalizer example.com/hold    Terminating for ever, once it is deleted
        pod, 2 hours old    only the sidecar is left
        pod, 1 hour old     Pending

    Its DELETE is answered with 200 each time, and the pod stays.
    """
    stuck = world.task(task_id="stuck", state="failed")
    world.pod(stuck, shape="sidecar", age=timedelta(hours=3), finalizers=HOLD).zombie("its task failed; it cannot go")
    world.pod(world.task(task_id="load", state="failed"), shape="sidecar", age=timedelta(hours=2)).zombie(
        "its task failed; an older zombie cannot go"
    )
    world.pod(world.task(task_id="store", state="failed"), shape="unschedulable").zombie(
        "its task failed before it started; an older zombie cannot go"
    )


@scenario(examines="REAP-NO-STARVATION")
def more_terminating_pods_than_the_budget(world: World) -> None:
    """As many pods as a sweep may delete, and one more, are terminating for days; a zombie stands behind them.

        101 pods, days old      Terminating, held by a finalizer    (as many as the reaper's budget, and one)
        pod, an hour old        only the sidecar is left

    Who spends its budget on the oldest, and counts those that go already, comes to nobody else ever again.
    """
    for number in range(stuck_pods(world)):
        stuck = world.task(task_id="stuck", map_index=number, state="failed")
        pod = world.pod(
            stuck,
            name=f"a-stuck-{number:04}",
            shape="sidecar",
            age=timedelta(days=2),
            finalizers=HOLD,
            terminating=timedelta(days=1),
        )
        pod.zombie("its task failed; it is terminating and cannot go")
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed; many that cannot go are older")


@scenario(examines="REAP-NO-STARVATION", sweeps=2)
def zombie_that_appears_behind_a_stuck_one(world: World) -> None:
    """The first sweep deletes a pod that cannot go; a task ends after it.

        sweep 1    etl.stuck    failed     pod  finalizer example.com/hold
                   etl.load     running    pod  Running
                   etl.load ends as failed
        sweep 2    etl.load     failed     pod  Running

    A reaper that waits for what it has deleted before it goes on waits for ever.
    """
    stuck = world.task(task_id="stuck", state="failed")
    world.pod(stuck, shape="sidecar", age=timedelta(hours=3), finalizers=HOLD).zombie("its task failed; it cannot go")
    task = world.task(state="running")
    world.pod(task).zombie("its task failed after the first sweep; an older zombie cannot go")
    world.after_sweep(1, lambda stage: stage.database.set_state(task.dag_id, task.run_id, task.task_id, state="failed"))


def stuck_pods(world: World) -> int:
    """More than one sweep may delete."""
    return (world.claims.deletions or WITHOUT_BUDGET) + 1
