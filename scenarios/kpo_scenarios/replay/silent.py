"""An API server that does not answer, or never ends its answer. The subject is asked to be impatient."""

from kpo_suite import World, scenario


@scenario(examines="API-DEADLINE", options=["impatient"], variants={"form": ["LS7", "TR5", "TR3/silent"]})
def list_never_ends(world: World, form: str) -> None:
    """The LIST drips byte by byte, or is not answered at all, or nobody serves the connection.

        LIST    200    {"kind": "PodL...    one byte each 0.2 s, for ever
        LIST                                no answer

    A time-out for each read never fires while bytes come. Clients have none by default, or one of that kind.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault(form, at="list-pods-1")


@scenario(examines="API-DEADLINE", options=["impatient"], variants={"form": ["DL15", "DL15/before"]})
def delete_is_never_answered(world: World, form: str) -> None:
    """The DELETE of the first of three zombies is not answered, whether or not it was carried out.

        DELETE    no answer
        the others    as the reaper likes, within its deadline

    One request that hangs is not to hold the sweep for ever.
    """
    for number in range(2):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault(form, at="delete-pods-1")


@scenario(examines="API-DEADLINE", options=["impatient"])
def second_page_drips(world: World) -> None:
    """The second page of a LIST drips, and the first came as it should.

        LIST    page 1    200
        LIST    page 2    one byte each 0.2 s, for ever

    The time that is left is to be measured anew for each request.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("LS13/tiny", at="list-pods-1")
    world.fault("LS7", at="list-pods-2")
