"""DELETEs whose reply is lost: the subject does not learn what became of them, and a name may be another's by then."""

from kpo_scenarios.replay.incarnations import YOUNG, succeed, zombie_and_successor
from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS

HOW = {"reset": "DL2/reset", "end": "DL2/eof"}
BORN = "the pod is gone, and the next run has made one of its name"


@scenario(examines="DELETE-LOST-REPLY", variants={"how": list(HOW)})
def name_that_is_taken_anew_when_the_reply_is_lost(world: World, how: str) -> None:
    """The DELETE is carried out, the pod goes, the next run makes another; then the connection ends without a reply.

        DELETE etl-load    carried out      <- reset, or end of the connection
        etl-load           uid 1: gone      uid 2: Running

    The Python client's transport sends the DELETE again by itself (urllib3 takes it for idempotent), and so does
    kubernetes_asyncio's; client-go refuses to.
    """
    old, new = zombie_and_successor(world)
    world.between(lambda stage: succeed(stage, old, new), *DELETIONS, name=old.point, when="after", what=BORN)
    world.fault(HOW[how], at=f"delete-pods({old.point})-1")


@scenario(examines="DELETE-LOST-REPLY", variants={"how": list(HOW)})
def retry_that_takes_the_name_when_the_reply_is_lost(world: World, how: str) -> None:
    """The same, and the pod that takes the name is the next try's: but for the try, it has the labels of the other.

        DELETE etl-load    carried out               <- reset, or end of the connection
        etl.load           failed, try 1             running, try 2
        etl-load           uid 1, try_number=1       uid 2, try_number=2

    Whoever looks whether the pod is gone finds one of its name, its task and its run.
    """
    task = world.task(state="failed")
    old = world.pod(task, name="etl-load", shape="sidecar").zombie("its task failed")
    new = world.pod(task, try_number=2, name="etl-load", age=YOUNG, later=True).live("try 2 runs on it")

    def retry(stage: Stage) -> None:
        stage.move(task, "running", try_number=2)
        stage.replace(old, new)

    world.between(
        retry, *DELETIONS, name=old.point, when="after", what="the pod is gone, and try 2 has one of its name"
    )
    world.fault(HOW[how], at=f"delete-pods({old.point})-1")


@scenario(examines="DELETE-LOST-REPLY")
def request_that_was_lost_before_a_name_is_taken_anew(world: World) -> None:
    """The connection breaks before the API server has the DELETE; before the subject can try again, all is different.

        DELETE etl-load    never carried out    <- reset
        etl-load           uid 1: ended by its operator    uid 2: Running, before any second DELETE

    From the outside this is the same as a lost reply: what may be sent again is only what names its pod by uid.
    """
    old, new = zombie_and_successor(world)
    world.between(lambda stage: succeed(stage, old, new), *DELETIONS, name=old.point, when="before", what=BORN)
    world.fault("DL3", at=f"delete-pods({old.point})-1")


@scenario(examines="DELETE-LOST-REPLY", options=["impatient"])
def reply_that_never_comes(world: World) -> None:
    """The DELETE is carried out, the next run takes the name, and the connection stays open without a reply.

        DELETE etl-load    carried out      <- nothing, until the subject's own time is up
        etl-load           uid 1: gone      uid 2: Running

    A timeout says as little as a reset about what was done.
    """
    old, new = zombie_and_successor(world)
    world.between(lambda stage: succeed(stage, old, new), *DELETIONS, name=old.point, when="after", what=BORN)
    world.fault("DL15", at=f"delete-pods({old.point})-1")
