"""Answers that send the subject to another host."""

from kpo_suite import World, scenario


@scenario(examines="API-REDIRECT", variants={"point": ["list-pods-1", "delete-pods-1"]})
def request_is_redirected_to_another_host(world: World, point: str) -> None:
    """A LIST or a DELETE is answered 307 with a location on another host, which notes who comes.

        GET       .../pods           307    Location: https://elsewhere/...
        DELETE    .../pods/twin      307    Location: https://elsewhere/...

    An API server redirects nobody there. urllib sends the Authorization header along (Python 3.11); requests 2.34,
    urllib3 2.8 and aiohttp 3.14 leave it out where host or port is another.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("DL16/redirect", at=point)


@scenario(examines="API-REDIRECT")
def page_in_mid_list_is_redirected(world: World) -> None:
    """The first page of a LIST comes from the API server, and the second is said to be elsewhere.

        LIST    page 1    200
        LIST    page 2    307    Location: https://elsewhere/...

    A client that looks at the first answer only is as trusting as one that never looks.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("LS13/tiny", at="list-pods-1")
    world.fault("DL16/redirect", at="list-pods-2")


@scenario(examines="API-REDIRECT", source="rest")
def airflow_is_redirected_to_another_host(world: World) -> None:
    """Airflow's REST API answers 307 with a location on another host.

        GET    .../api/v2/version    307    Location: https://elsewhere/...

    A token or a password for Airflow opens as much as one for the API server.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("DL16/rest-redirect", at="rest-1")
