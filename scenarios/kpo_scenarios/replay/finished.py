"""Task instances that are over: whatever their pods still do, they do for nobody."""

from itertools import product

from kpo_fixtures.airflow.recorded import STATES
from kpo_suite import Shape, World, scenario

WAITING: tuple[Shape, ...] = ("pending", "unschedulable", "image-pull")

FINISHED = sorted(STATES["3.3"].finished)


@scenario(examines="REAP-FINISHED")
def running_pods_of_finished_tasks(world: World) -> None:
    """Each task has ended, in each of the ways there are; its base container has not.

        task instance   try 1    success, failed, skipped, upstream_failed, removed
        pod             try 1    Running

    Marked in the UI (apache/airflow#37263), worker killed for memory (#10325), removed from the DAG.
    """
    for state in FINISHED:
        task = world.task(task_id=f"ended_{state}", state=state)
        world.pod(task).zombie(f"its task ended as {state}")


@scenario(examines="REAP-SIDECAR")
def sidecars_that_never_exit(world: World) -> None:
    """The zombie of apache/airflow#58968, with each usual sidecar.

        task instance   try 1    failed
        pod             try 1    Running: base terminated, sidecar alive

    The base container may have any name: no label or annotation tells it.
    """
    for sidecar, base in product(("airflow-xcom-sidecar", "istio-proxy", "sidecar"), ("base", "main")):
        task = world.task(task_id=f"{base}_{sidecar}", state="failed")
        pod = world.pod(task, shape="sidecar", containers=(base, sidecar))
        pod.zombie(f"its container {base} has ended and only {sidecar} lives on")


@scenario(examines="REAP-PENDING")
def pods_that_would_start_for_nobody(world: World) -> None:
    """The start-up timeout failed the task while its pod still waits.

        task instance   try 1    failed
        pod             try 1    Pending: containers are being made, no node has room, the image is not to be had

    Once there is room, or the image, it starts and runs for nobody (apache/airflow#11190, #59083).
    """
    for shape in WAITING:
        task = world.task(task_id=shape, state="failed")
        world.pod(task, shape=shape).zombie("its task failed before it started")
