"""Sweeps that are asked to force: a grace of 0 is for what is overdue, and for nothing else."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.pods import node_manifest
from kpo_suite.subjects.reaper_file import OptionName

FORCE: tuple[OptionName, ...] = ("force",)


@scenario(examines="DELETE-FORCE-LAST", options=FORCE)
def pod_that_is_long_overdue(world: World) -> None:
    """The node is gone with the pod on it, and the object has been terminating for hours.

        sweep           is asked to force
        task instance   try 1    failed
        pod             Terminating, deletionTimestamp two hours ago

    This is what a grace of 0 is for: no kubelet will ever confirm the end.
    """
    world.bystanders.append(node_manifest("lost-node", ready=False))
    task = world.task(state="failed")
    pod = world.pod(task, shape="unreachable", node="lost-node", age=timedelta(hours=3), terminating=timedelta(hours=2))
    pod.zombie("its task failed; it is overdue")


@scenario(examines="DELETE-FORCE-LAST", options=FORCE)
def pods_that_were_not_asked_to_end_yet(world: World) -> None:
    """A sweep that may force finds zombies that nobody has told anything.

        sweep           is asked to force
        task instance   try 1    failed
        pods            Running: only the sidecar is left; Running on a lost node

    apache/airflow#58968 asks to "force kill". The first request leaves the pod its grace all the same.
    """
    world.bystanders.append(node_manifest("lost-node", ready=False))
    world.pod(world.task(task_id="load", state="failed"), shape="sidecar").zombie("its task failed")
    lost = world.task(task_id="store", state="failed")
    world.pod(lost, shape="unreachable", node="lost-node").zombie("its task failed; its node does not report")


@scenario(examines="DELETE-FORCE-LAST", options=FORCE)
def pod_within_its_long_grace(world: World) -> None:
    """The pod is terminating and has most of its time left.

        sweep           is asked to force
        task instance   try 1    failed
        pod             Terminating for a minute, grace of an hour

    It may be handing its work back.
    """
    task = world.task(state="failed")
    pod = world.pod(task, grace_seconds=3600, terminating=timedelta(minutes=1))
    pod.zombie("its task failed; it has most of its grace left")


@scenario(examines="DELETE-FORCE-LAST")
def overdue_pod_in_a_sweep_that_may_not_force(world: World) -> None:
    """The same pod that is long overdue, and nobody asked the sweep to force anything.

        sweep           plain
        task instance   try 1    failed
        pod             Terminating, deletionTimestamp two hours ago

    Grace 0 takes the object away whether the containers have ended or not; somebody has to want that.
    """
    task = world.task(state="failed")
    pod = world.pod(task, age=timedelta(hours=3), terminating=timedelta(hours=2))
    pod.zombie("its task failed; it is overdue, and nobody asked to force it")
