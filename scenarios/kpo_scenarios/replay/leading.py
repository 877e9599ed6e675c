"""Two replicas of a daemon in one world, of which the holder of a lease is the only one to delete."""

import signal

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS


def two_replicas(world: World) -> None:
    """A world for two, with zombies for more than one deletion."""
    world.replicas = 2
    for index in range(2):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")


@scenario(examines="LEAD-ONE", sweeps=2)
def two_replicas_and_one_holder(world: World) -> None:
    """Both run; one has taken the lease.

        replica 1    Lease, LIST, DELETE, DELETE
        replica 2    Lease?    <- no DELETE

    Which of them holds it is for them to settle.
    """
    two_replicas(world)


@scenario(examines="LEAD-ONE")
def holder_is_killed_when_it_deletes(world: World) -> None:
    """The holder is killed while its first deletion is on the way.

        holder    Lease, LIST, DELETE    SIGKILL
        other                            Lease, LIST, DELETE    <- within the stated time

    It cannot give the lease back; the other has to wait for its end, and not for ever.
    """
    two_replicas(world)
    world.between(lambda stage: stage.signal(signal.SIGKILL), *DELETIONS, what="SIGKILL for the holder")


@scenario(examines="LEAD-ONE")
def holder_sleeps_until_the_lease_is_anothers(world: World) -> None:
    """The holder is stopped between two deletions for longer than its lease, and continued.

        holder    Lease, LIST, DELETE    SIGSTOP ............ SIGCONT    <- no DELETE
        other                                    Lease

    For the holder it still is its turn: no time has passed.
    """
    two_replicas(world)

    def away(stage: Stage) -> None:
        stage.away(stage.await_takeover)

    world.between(away, *DELETIONS, when="after", what="SIGSTOP for longer than the lease")
