"""Pods that have not started although nobody waits for them any more."""

from kpo_fixtures.airflow.states import STATES
from kpo_suite import Shape, World, scenario

WAITING: dict[Shape, str] = {
    "unschedulable": "no node has room for it",
    "gated": "a scheduling gate holds it back",
    "pending": "its containers are being made",
    "image-pull": "its image is not to be had",
    "create-error": "its container cannot be made",
    "config-error": "a Secret that it names is missing",
    "init-running": "its init container is still at work",
    "init-failing": "its init container fails again and again",
}


@scenario(examines="REAP-PENDING", variants={"shape": list(WAITING)})
def pod_that_would_start_for_nobody(world: World, shape: Shape) -> None:
    """The start-up timeout failed the task while its pod still waits, for whatever it is that it waits.

        task instance   try 1    failed
        pod             try 1    Pending: no node, a gate, an image, a Secret, an init container

    Once there is room, or the image, it starts and runs for nobody (apache/airflow#11190, #59083).
    """
    task = world.task(state="failed")
    world.pod(task, shape=shape).zombie(f"its task failed while {WAITING[shape]}")


@scenario(examines="REAP-PENDING")
def pending_pods_whichever_way_the_task_ended(world: World) -> None:
    """The task of a pod that waits may have ended in any way.

        task instance   try 1    success, failed, skipped, upstream_failed, removed
        pod             try 1    Pending

    A task marked as a success while its pod waited needs no pod any more than a failed one.
    """
    for state in sorted(STATES["3.3"].finished):
        task = world.task(task_id=f"ended_{state}", state=state)
        world.pod(task, shape="unschedulable").zombie(f"its task ended as {state} before it started")


@scenario(examines=["REAP-PENDING", "KEEP-UNFINISHED"])
def one_of_two_pods_in_the_same_queue_is_still_wanted(world: World) -> None:
    """Two pods wait for the same room in the cluster; the task of one has ended.

        etl.load     failed     pod  Pending: no node has room
        etl.store    running    pod  Pending: no node has room

    How long a pod waits and why says nothing: its task's state does. A cluster may be full for hours.
    """
    over = world.task(task_id="load", state="failed")
    pod = world.pod(over, shape="unschedulable")
    pod.zombie("its task failed before it started", examines="REAP-PENDING")
    patient = world.task(task_id="store", state="running")
    world.pod(patient, shape="unschedulable").live("its task waits for it to start", examines="KEEP-UNFINISHED")


@scenario(examines="REAP-PENDING")
def pod_left_to_start_by_its_on_finish_action(world: World) -> None:
    """delete_succeeded_pod spares a pod that has not succeeded, also one that has not started.

        task instance   try 2    failed, after startup_timeout_seconds in both tries
        pods            try 1 and try 2    Pending, without already_checked

    The timeout raises before the operator could leave its mark (apache/airflow#59083).
    """
    task = world.task(state="failed", try_number=2, max_tries=1)
    for number in (1, 2):
        pod = world.pod(task, try_number=number, shape="image-pull")
        pod.zombie(f"its task failed for good before the pod of try {number} started")
