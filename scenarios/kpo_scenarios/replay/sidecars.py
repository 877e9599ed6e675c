"""Pods that only a sidecar keeps alive: the zombie of apache/airflow#58968, in its variations."""

from itertools import product

from kpo_fixtures.airflow.states import STATES
from kpo_suite import World, scenario


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


@scenario(examines="REAP-SIDECAR")
def sidecar_lives_on_whichever_way_the_task_ended(world: World) -> None:
    """The task instance may have ended in any way, and most often as a success whose clean-up failed.

        task instance   try 1    success, failed, skipped, upstream_failed, removed
        pod             try 1    Running: base terminated with 0, airflow-xcom-sidecar alive

    The operator swallows errors of its DELETE (reraise=False), so that a success leaves its pod behind too.
    """
    for state in sorted(STATES["3.3"].finished):
        task = world.task(task_id=f"ended_{state}", state=state)
        world.pod(task, shape="sidecar").zombie(f"its task ended as {state} and only the sidecar lives on")


@scenario(examines="REAP-SIDECAR")
def several_sidecars_in_one_pod(world: World) -> None:
    """A mesh, a log shipper and the XCom sidecar live on side by side.

        task instance   try 1    success
        pod             try 1    Running: base terminated; airflow-xcom-sidecar, istio-proxy, vector alive

    Whoever ends one of them, as the operator does with the XCom sidecar, leaves two.
    """
    task = world.task(state="success")
    pod = world.pod(task, shape="sidecar", containers=("base", "airflow-xcom-sidecar", "istio-proxy", "vector"))
    pod.zombie("three sidecars keep it alive")


@scenario(examines="REAP-SIDECAR")
def sidecar_waits_for_a_result_that_never_comes(world: World) -> None:
    """The base container failed before it wrote its result.

        task instance   try 1    failed
        pod             try 1    Running: base terminated with 1, sidecar alive

    The XCom sidecar waits for SIGINT from a worker that is gone (apache/airflow#22318, #37298).
    """
    for sidecar in ("airflow-xcom-sidecar", "istio-proxy"):
        task = world.task(task_id=sidecar, state="failed")
        pod = world.pod(task, shape="sidecar-failed", containers=("base", sidecar))
        pod.zombie(f"its base container failed and only {sidecar} lives on")


@scenario(examines="REAP-SIDECAR")
def native_sidecar_does_not_hear_the_signal(world: World) -> None:
    """An init container with restartPolicy Always outlives the base container.

        task instance   try 1    success
        pod             try 1    Running: base terminated, init container prepare alive

    A kubelet ends native sidecars after the main containers, with the pod's whole grace period for each; one that
    ignores SIGTERM, on a node that is slow to kill, keeps the pod Running.
    """
    task = world.task(state="success")
    world.pod(task, shape="native-sidecar").zombie("only its native sidecar lives on")


@scenario(examines="REAP-SIDECAR")
def injected_sidecar_stands_first(world: World) -> None:
    """A webhook put its proxy before the base container.

        task instance   try 1    failed
        pod             try 1    Running: containers istio-proxy (alive), base (terminated)

    Istio does so with holdApplicationUntilProxyStarts: the first container of the list is not always the base.
    """
    task = world.task(state="failed")
    pod = world.pod(task, shape="sidecar", containers=("base", "istio-proxy"))
    pod.manifest["spec"]["containers"].reverse()
    pod.manifest["status"]["containerStatuses"].reverse()
    pod.zombie("its base container has ended; the proxy that stands before it lives on")


@scenario(examines=["REAP-SIDECAR", "KEEP-UNFINISHED"])
def sidecar_of_one_task_beside_the_same_sidecar_at_work(world: World) -> None:
    """Two pods look alike: base terminated, XCom sidecar alive. One of the tasks still reads its result.

        etl.load     failed     pod  Running: only the sidecar is left
        etl.store    running    pod  Running: only the sidecar is left, and it is being read

    The operator reads the XCom after the base container has ended, so the look of a pod decides nothing by itself.
    """
    over = world.task(task_id="load", state="failed")
    world.pod(over, shape="sidecar").zombie("its task failed and only the sidecar lives on")
    reading = world.task(task_id="store", state="running")
    world.pod(reading, shape="sidecar").live("its task is about to read its result from the sidecar")
