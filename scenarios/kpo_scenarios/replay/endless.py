"""LISTs without a last page."""

from kpo_suite import World, scenario


@scenario(examines="API-REPEATED-TOKEN", variants={"form": ["same", "cycle"]})
def tokens_lead_in_a_circle(world: World, form: str) -> None:
    """Each page ends with a token that was there before: the same one, or one of two in turn.

        LIST               -> a pod, token again-a
        LIST  again-a      -> a pod, token again-b
        LIST  again-b      -> a pod, token again-a, and so on

    kubescape#3859; k8s-ttl-controller asks for the same page for ever. Who remembers the tokens sees it at once.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault(f"LS3/{form}", at="list-pods-1")


@scenario(examines="API-REPEATED-TOKEN", options=["impatient"])
def every_page_has_a_next_one(world: World) -> None:
    """Each page ends with a token that was never there before, and shows the same pods again.

        LIST               -> a pod, token again-1
        LIST  again-1      -> a pod, token again-2, and so on

    No page proves that the LIST has no end. Only the sweep's own deadline ends it.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("LS3/endless", at="list-pods-1")


@scenario(examines="API-REPEATED-TOKEN")
def second_namespace_goes_in_circles(world: World) -> None:
    """The LIST of one namespace has an end, that of the next one has none.

        scope    airflow, reports
        LIST     airflow     one page
        LIST     reports     the same page again and again

    A circle is to be noticed in each LIST, not in the first.
    """
    world.scope = ("airflow", "reports")
    for namespace in world.scope:
        over = world.task(task_id=namespace, state="failed")
        world.pod(over, shape="sidecar", namespace=namespace).zombie(f"its task failed; it is in {namespace}")
    world.fault("LS3/same", at="list-pods-2")
