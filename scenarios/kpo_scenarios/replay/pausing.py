"""A daemon that is stopped for longer than its lease and goes on: a suspended machine, a frozen container."""

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS


@scenario(examines="RESIST-PAUSE")
def stopped_between_two_deletions_while_another_takes_the_lease(world: World) -> None:
    """It wakes up in the middle of its deletions, and another holds the lease.

        DELETE
            SIGSTOP ... another takes the lease ... SIGCONT
        DELETE    <- none before pods were listed again

    For the daemon no time has passed. Whoever held the lease meanwhile has decided otherwise.
    """
    for index in range(3):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")

    def away(stage: Stage) -> None:
        stage.away(stage.take_leases)

    world.between(away, *DELETIONS, when="after", what="SIGSTOP for longer than the lease")


@scenario(examines="RESIST-PAUSE")
def stopped_while_it_lists_and_a_task_runs_again(world: World) -> None:
    """It is stopped with the answer to its LIST on the way; a task is cleared and adopts the pod meanwhile.

        LIST pods     etl.load    failed
            SIGSTOP ... etl.load    running, on the same pod ... SIGCONT
        DELETE        <- none before pods were listed again

    The pod is as it was. What has changed is in the other store.
    """
    task = world.task(state="failed")
    for index in range(2):
        over = world.task(state="failed", task_id="store", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")
    pod = world.pod(task).live("its task runs again since the daemon was stopped", examines="RESIST-PAUSE")

    def away(stage: Stage) -> None:
        stage.away(lambda: stage.move(task, "running"))

    world.between(away, "list-pods", when="after", what="SIGSTOP for longer than the lease")
    assert pod.fate


@scenario(examines="RESIST-PAUSE")
def stopped_while_a_pod_is_created_again(world: World) -> None:
    """The first deletion is done, and the pod of the second is replaced by one of the same name.

        DELETE
            SIGSTOP ... etl-store is created again and runs ... SIGCONT
        DELETE    <- none before pods were listed again

    The name is the same, and its task instance is another's.
    """
    over = world.task(state="failed", task_id="store")
    old = world.pod(over, shape="sidecar", name="etl-store").zombie("its task failed")
    again = world.task(task_id="store", run_id="manual__2026-11-21T06:00:00+00:00", state="running", later=True)
    new = world.pod(again, name="etl-store", later=True).live("its task runs", examines="RESIST-PAUSE")

    def change(stage: Stage) -> None:
        stage.write(again)
        if stage.standing(old.point) is not None:
            stage.replace(old, new)

    def away(stage: Stage) -> None:
        stage.away(lambda: change(stage))

    world.between(away, *DELETIONS, when="after", what="SIGSTOP for longer than the lease")
