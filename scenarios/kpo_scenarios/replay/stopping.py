"""SIGTERM, as a rolling update sends it, at several points of a daemon's sweep and between two."""

import signal

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS


def told_to_stop(stage: Stage) -> None:
    """Send SIGTERM; the step goes on once the process has had it."""
    stage.signal(signal.SIGTERM)


def three_zombies(world: World) -> None:
    """Enough of them that some are left to be deleted whenever the signal comes."""
    for index in range(3):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")


@scenario(examines="RESIST-STOP")
def told_to_stop_while_it_lists(world: World) -> None:
    """The signal comes while the LIST of pods is on its way.

        LIST pods
            SIGTERM
        DELETE        <- none
        exit 0

    Everything is still to be decided; a new process will decide it again.
    """
    three_zombies(world)
    world.between(told_to_stop, "list-pods", what="SIGTERM")


@scenario(examines="RESIST-STOP")
def told_to_stop_when_its_first_deletion_is_on_the_way(world: World) -> None:
    """The first of several deletions has been sent when the signal comes.

        LIST pods
        DELETE          <- sent; may be carried out
            SIGTERM
        DELETE          <- none
        exit 0

    What was sent cannot be taken back. What was not sent need not be.
    """
    three_zombies(world)
    world.between(told_to_stop, *DELETIONS, what="SIGTERM")


@scenario(examines="RESIST-STOP")
def told_to_stop_between_two_deletions(world: World) -> None:
    """Two pods are gone, and the answer to the second deletion comes after the signal.

        DELETE, DELETE
            SIGTERM
        DELETE          <- none
        exit 0

    A sweep that is begun need not be finished: the next one finds what it left.
    """
    three_zombies(world)
    world.between(told_to_stop, *DELETIONS, nth=2, when="after", what="SIGTERM")


@scenario(examines="RESIST-STOP", sweeps=2)
def told_to_stop_between_two_sweeps(world: World) -> None:
    """The signal comes while the daemon has nothing to do, or waits for the API server to begin with.

        sweep 1
            SIGTERM
        exit 0

    Who sleeps for the rest of its interval is killed when the grace period of its own pod is over.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.after_sweep(1, told_to_stop)
