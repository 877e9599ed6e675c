"""What a daemon's metrics tell of sweeps that the suite has seen."""

from kpo_suite import World, scenario


def zombies_among_others(world: World, zombies: int) -> None:
    """Some to be deleted, one that runs, one that is kept."""
    for index in range(zombies):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    kept = world.task(task_id="store", state="success")
    world.pod(kept, shape="succeeded", labels={"already_checked": "True"}).kept("its author asked to keep it")


@scenario(examines="TELL-METRICS", sweeps=2)
def metrics_count_what_a_sweep_did(world: World) -> None:
    """A sweep with something to do, and one without.

        sweep 1    deletions +3    skips +2    last success: now
        sweep 2    deletions +0    skips +2    last success: now

    A graph of nothing looks the same whether there is nothing to do or nobody to do it.
    """
    zombies_among_others(world, 2)


@scenario(examines="TELL-METRICS")
def metrics_tell_of_a_list_that_failed(world: World) -> None:
    """The LIST of the first sweep is answered 500.

        sweep 1    errors +1    last success: as before
        sweep 2    deletions +2    last success: now

    An alert goes off when there was no success for long (METR hawk#1787); it must not be fed by failures.
    """
    zombies_among_others(world, 1)
    world.fault("LS5/500", at="list-pods-1")


@scenario(examines="TELL-METRICS")
def metrics_tell_of_a_deletion_that_was_refused(world: World) -> None:
    """The first DELETE is answered 500, so that nothing was deleted by it.

        sweep 1    errors +1    deletions: without the first
        sweep 2    deletions: the rest

    kube-janitor counts ten deletions that were answered 500 as deleted.
    """
    zombies_among_others(world, 1)
    world.fault("DL5/500", at="delete-pods-1")
