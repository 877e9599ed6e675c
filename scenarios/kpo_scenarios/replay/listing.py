"""How pods are listed: in pages, and selected by the API server."""

from kpo_suite import World, scenario


@scenario(examines="API-PAGED")
def pods_of_other_kinds_fill_the_namespace(world: World) -> None:
    """Most pods of the namespace are no operator's.

        namespace   30 worker pods and web servers, one zombie, one live pod
        LIST        limit=500, labelSelector=kubernetes_pod_operator=True

    Without a selector the API server sends every pod, and without a limit all of them at once: about 150 MB of its
    memory for each full LIST of a large cluster.
    """
    for number in range(30):
        task = world.task(dag_id="others", map_index=number, state="success")
        kept = world.pod(task, labels={"kubernetes_pod_operator": None})
        kept.kept("KubernetesPodOperator did not make it")
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")


@scenario(examines="API-PAGED", sweeps=2)
def each_namespace_is_listed_in_pages(world: World) -> None:
    """A scope of three namespaces, swept twice.

        scope    airflow, payments, reports
        LIST     each with a limit and a selector, in each sweep

    The first LIST of a sweep is not the only one.
    """
    world.scope = ("airflow", "payments", "reports")
    for namespace in world.scope:
        over = world.task(task_id=namespace, state="failed")
        world.pod(over, shape="sidecar", namespace=namespace).zombie("its task failed")
