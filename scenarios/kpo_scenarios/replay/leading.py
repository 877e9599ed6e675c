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


@scenario(examines="LEAD-ONE", variants={"form": ["PR5/ahead", "PR5/behind"]})
def holder_is_killed_and_its_clock_was_wrong(world: World, form: str) -> None:
    """The lease shows times of the holder's clock, which is an hour ahead of the other's, or behind it.

        holder    Lease 08:00, LIST, DELETE    SIGKILL
        other     Lease                                  Lease, LIST, DELETE    <- at 07:00, within the stated time

    No two machines have one clock. How long a lease stays as it is, the other can tell by its own.
    """
    two_replicas(world)
    world.fault(form, at="get-leases-1")
    world.between(lambda stage: stage.signal(signal.SIGKILL), *DELETIONS, what="SIGKILL for the holder")


@scenario(examines="LEAD-ONE")
def lease_is_deleted_when_the_holder_deletes(world: World) -> None:
    """Somebody deletes the lease while the holder's first deletion is on the way, and the other makes it anew.

        holder    Lease, LIST, DELETE    ..........         <- no DELETE
        other                            Lease, LIST, DELETE

    Nobody has told the holder: it finds another's lease when it looks.
    """
    two_replicas(world)

    def lost(stage: Stage) -> None:
        if stage.lose_leases():
            stage.await_lease()

    world.between(lost, *DELETIONS, when="after", what="the lease is deleted, and somebody makes it anew")


@scenario(examines="LEAD-ONE")
def holder_is_cut_off_from_its_lease(world: World) -> None:
    """From its first deletion on, whatever the holder asks about its lease is answered 500; the other takes it.

        holder    Lease, LIST, DELETE    Lease 500, 500 ...    <- no DELETE
        other                            Lease, LIST, DELETE

    That nobody says who holds the lease is no word that it is still the same.
    """
    two_replicas(world)
    world.fault("PR5/cut-off", at="delete-pods-1")
    world.between(Stage.await_takeover, *DELETIONS, when="after", what="the other replica takes the lease")


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
