"""LISTs that are answered 200 with something that is no list of pods."""

from kpo_suite import World, scenario

NO_LIST = ("null", "no-items", "html", "kind", "status", "no-json", "nothing", "pod")
"""The forms of LS8."""


@scenario(examines="API-BROKEN-LIST", variants={"form": [*(f"LS8/{name}" for name in NO_LIST), "LS6/json"]})
def answer_is_no_list_of_pods(world: World, form: str) -> None:
    """What comes with HTTP 200 is null where there should be items, another kind, a page to sign in at, or half of it.

        LIST    -> 200    {"kind": "PodList", "items": null}
                -> 200    <!doctype html>...
                -> 200    {"kind": "PodList", "items": [{"meta

    Proxies, captive portals and bodies that were cut say nothing about pods, least of all that there are none.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault(form, at="list-pods-1")


@scenario(examines="API-BROKEN-LIST", variants={"form": ["LS8/null", "LS8/html", "LS8/kind", "LS6/json"]})
def second_page_is_broken(world: World, form: str) -> None:
    """The first page is whole and holds a zombie; what comes as the second is none.

        LIST    page 1    200    a pod
        LIST    page 2    200    no page

    A part is no list, whichever part it is.
    """
    for number in range(3):
        task = world.task(task_id=f"over_{number}", state="failed")
        world.pod(task, shape="sidecar").zombie("its task failed")
    world.fault("LS13/tiny", at="list-pods-1")
    world.fault(form, at="list-pods-2")


@scenario(examines="API-BROKEN-LIST")
def one_of_two_namespaces_is_answered_by_a_login_page(world: World) -> None:
    """One namespace is listed as it should be, and in the place of the other comes a page to sign in at.

        LIST    airflow    200    a zombie and a live pod
        LIST    reports    200    <!doctype html>...

    Whether the first one is swept is the reaper's choice; the sweep as a whole has failed.
    """
    world.scope = ("airflow", "reports")
    for namespace in world.scope:
        over = world.task(task_id=namespace, state="failed")
        world.pod(over, shape="sidecar", namespace=namespace).zombie(f"its task failed; it is in {namespace}")
    world.fault("LS8/html", at="list-pods-2")
