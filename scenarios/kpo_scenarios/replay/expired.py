"""LISTs whose continue token has died: a page is answered 410, and what was read before it is a part."""

from kpo_suite import World, scenario

TINY = "LS13/tiny"
"""Pages of one pod, so that a small world has many."""


@scenario(examines="API-EXPIRED", variants={"form": ["LS1/expired", "LS1/token", "LS2"], "page": [2, 3]})
def token_dies_in_mid_list(world: World, form: str, page: int) -> None:
    """The API server has compacted the version that the LIST began at.

        LIST    page 1            200    a pod
        LIST    page 2 or 3       410    with or without a token that goes on at the present state

    A token lives for five minutes, and less where etcd is compacted earlier. The token that a 410 may carry goes on
    among the pods of another moment: kubernetes/kubernetes#67284.
    """
    for number in range(4):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault(TINY, at="list-pods-1")
    world.fault(form, at=f"list-pods-{page}")


@scenario(examines="API-EXPIRED")
def every_list_dies_on_its_second_page(world: World) -> None:
    """The store is compacted faster than a page is read, for as long as the fault lasts.

        LIST    page 1                 200
        LIST    page 2                 410, whenever it is asked for

    To begin anew is right, to do so for ever is not: the sweep fails, and a later one finds what is left.
    """
    for number in range(3):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault(TINY, at="list-pods-1")
    world.fault("LS1/always", at="list-pods-2")


@scenario(examines="API-EXPIRED")
def list_expires_before_its_first_page(world: World) -> None:
    """The LIST is answered 410 at once.

        LIST    page 1            410
        pods    a zombie, and a live pod of another task

    Nothing was read, which is not the same as nothing to do.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("LS1/expired", at="list-pods-1")
