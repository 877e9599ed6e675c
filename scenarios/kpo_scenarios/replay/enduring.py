"""Sweeps that fail, one after the other: what becomes of the daemon, and how soon it tries again."""

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS

FAILING = 5
"""Sweeps in a row: enough to see a daemon back off after the third."""


def zombie(world: World) -> None:
    """What the first sweep that does not fail has to find."""
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")


def has_lease(world: World) -> bool:
    """Whether the subject keeps one: who does not is told nothing about it."""
    return "leader-election" in world.claims.features


@scenario(examines="RESIST-LOOP")
def one_pod_is_no_pod(world: World) -> None:
    """One LIST shows null among the pods.

        LIST    [null, pod, pod, ...]    <- whatever comes of that sweep
        LIST    [pod, pod, ...]          <- it is still there

    Whoever expects an object reads a field of nothing.
    """
    zombie(world)
    world.fault("SH8/null-pod", at="list-pods-1")


@scenario(examines="RESIST-LOOP")
def a_deletion_is_refused(world: World) -> None:
    """The first DELETE is answered 500.

        DELETE    500    <- whatever comes of that sweep
        LIST             <- it is still there

    It failed between two decisions that were carried out.
    """
    zombie(world)
    world.fault("DL5/500", at="delete-pods-1")


@scenario(examines="RESIST-LOOP")
def lease_cannot_be_asked_for_at_first(world: World) -> None:
    """The first requests for the lease are answered 500, that to read it as well as that to make it.

        Lease    500, 500, 404, 500    <- whatever is done about it
        LIST                           <- it is still there, and sweeps

    A daemon is started anew when the control plane is, and finds it as it is then.
    """
    zombie(world)
    for point in ("get-leases-1", "get-leases-2", "create-leases-1") if has_lease(world) else ():
        world.fault("PR5/500", at=point)


@scenario(examines="RESIST-LOOP", variants={"form": ["PR5/500", "PR5/conflict", "PR5/lost", "PR5/deleted"]})
def lease_cannot_be_renewed_once(world: World, form: str) -> None:
    """The first renewal of the lease fails while a deletion is on its way.

        Lease     refused, lost, or there is none
        DELETE    ...    <- whatever becomes of this sweep
        LIST             <- it is still there, and sweeps

    A lease that was lost can be had again.
    """
    zombie(world)
    if has_lease(world):
        world.fault(form, at="update-leases-1")
        world.between(Stage.await_renewal, *DELETIONS, what="a deletion takes as long as it takes to renew the lease")


@scenario(examines="RESIST-LOOP", sweeps=FAILING)
def api_server_fails_for_a_while(world: World) -> None:
    """Five LISTs in a row are answered 500; then all is well.

        LIST    500, 500, 500, 500, 500    <- ever longer pauses
        LIST    200                        <- it is still there

    The thread that swept died of one exception, and nobody noticed (prefect#22553, jenkins#1579).
    """
    zombie(world)
    for nth in range(1, FAILING + 1):
        world.fault("LS5/500", at=f"list-pods-{nth}")


@scenario(examines="RESIST-LOOP", sweeps=FAILING)
def a_proxy_answers_instead_for_a_while(world: World) -> None:
    """Five LISTs in a row are answered with a page to sign in at.

        LIST    200, <html>    <- ever longer pauses
        LIST    200            <- it is still there

    A success that cannot be read is an error of another kind: of a parser, not of a request.
    """
    zombie(world)
    for nth in range(1, FAILING + 1):
        world.fault("LS8/html", at=f"list-pods-{nth}")


@scenario(examines="RESIST-LOOP", sweeps=FAILING, source="sql", variants={"form": ["DB1/refused", "DB7/slots"]})
def database_refuses_for_a_while(world: World, form: str) -> None:
    """Airflow's database lets nobody in for five sweeps.

        LIST    200    connection    refused    <- ever longer pauses
        LIST    200    connection    made       <- it is still there

    A database fails over, or has no connection left, for some minutes; nobody restarts the reaper then.
    """
    zombie(world)
    for nth in range(1, FAILING + 1):
        world.fault(form, at=f"connect-{nth}")
