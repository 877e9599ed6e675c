"""An API server that is too busy and says until when (Retry-After)."""

from kpo_suite import World, scenario


@scenario(examines="API-RETRY-AFTER", variants={"form": ["429", "503-pause", "429-date"]})
def list_is_put_off(world: World, form: str) -> None:
    """The first LIST is answered 429 or 503, with a pause of a second or the moment at which it is over.

        LIST    429    Retry-After: 1, or Retry-After: Fri, 20 Nov 2026 06:00:02 GMT
                       <- nothing is sent
        LIST    200

    API priority and fairness says it in seconds, proxies with a date. Who ignores it keeps the server busy.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault(f"LS5/{form}", at="list-pods-1")


@scenario(examines="API-RETRY-AFTER", variants={"form": ["1", "503-1", "date"]})
def delete_is_put_off(world: World, form: str) -> None:
    """The DELETE of the first of three zombies is answered 429 or 503, with a pause.

        DELETE    a zombie        429    Retry-After: 1
                                         <- nothing is sent, about no pod
        DELETE    ...             200

    The pause is the server's, not the pod's: the next pod's DELETE is as much work as this one's.
    """
    for number in range(2):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault(f"DL4/{form}", at="delete-pods-1")


@scenario(examines="API-RETRY-AFTER")
def second_page_is_put_off(world: World) -> None:
    """The first page of a LIST is answered, the second is put off by a second.

        LIST    page 1    200
        LIST    page 2    429    Retry-After: 1
        LIST    page 2    200

    To begin the LIST anew at once would be more work for the server, not less.
    """
    for number in range(2):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault("LS13/tiny", at="list-pods-1")
    world.fault("LS5/429", at="list-pods-2")
