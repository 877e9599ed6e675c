"""Pods that a controller owns: whatever their task says, the controller decides, and makes again what is deleted."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from kpo_suite import Shape, World, scenario

JOB = ("batch/v1", "Job")


def owned_by(version: str, kind: str, *, controller: bool = True) -> Mapping[str, Any]:
    """An ownerReference to the object ``etl-load`` of a kind; its uid is no other object's."""
    reference = {
        "apiVersion": version,
        "kind": kind,
        "name": "etl-load",
        "uid": str(uuid5(NAMESPACE_DNS, f"etl-load.{kind}.{version}")),
    }
    return {**reference, "controller": True, "blockOwnerDeletion": True} if controller else reference


@scenario(examines="KEEP-CONTROLLED")
def pods_that_a_controller_owns(world: World) -> None:
    """KubernetesJobOperator's task is a success at once; the Job's pods run on.

        task instance   try 1    success
        pod             controlled by Job etl-load    Running

    wait_until_job_complete is False by default. What is deleted, the Job makes again.
    """
    task = world.task(state="success", operator="KubernetesJobOperator")
    for version, kind in (JOB, ("apps/v1", "ReplicaSet"), ("apps/v1", "StatefulSet"), ("apps/v1", "DaemonSet")):
        world.pod(task, owner=owned_by(version, kind)).kept(f"its {kind} runs it")


@scenario(examines="KEEP-CONTROLLED")
def controllers_of_kinds_that_kubernetes_does_not_know(world: World) -> None:
    """Custom resources own pods too.

        task instance   try 1    success
        pod             controlled by a Workload, SparkApplication, RayCluster or another    Running

    What makes a controller is controller: true in the ownerReference and not its kind.
    """
    task = world.task(state="success", operator="KubernetesStartKueueJobOperator")
    for version, kind in (
        ("kueue.x-k8s.io/v1beta1", "Workload"),
        ("sparkoperator.k8s.io/v1beta2", "SparkApplication"),
        ("ray.io/v1", "RayCluster"),
        ("analytics.example/v1alpha1", "NightlyBatch"),
    ):
        world.pod(task, owner=owned_by(version, kind)).kept(f"its {kind} runs it")


@scenario(examines="KEEP-CONTROLLED")
def pods_of_a_job_that_works_in_parallel(world: World) -> None:
    """One task instance, one try, one Job with parallelism 4.

        task instance   try 1    success
        pods            Pending, Running, Succeeded and Failed, all controlled by Job etl-load

    A Job counts its ended pods by their finalizer and its failures by their number (backoffLimit).
    """
    task = world.task(state="success", operator="KubernetesJobOperator")
    shapes: tuple[Shape, ...] = ("pending", "running", "succeeded", "failed")
    for shape in shapes:
        pod = world.pod(task, shape=shape, owner=owned_by(*JOB), finalizers=["batch.kubernetes.io/job-tracking"])
        pod.kept(f"its Job runs it and counts it as {shape}")


@scenario(examines="KEEP-CONTROLLED")
def last_of_several_owners_controls_the_pod(world: World) -> None:
    """A webhook put an owner of its own in front.

        task instance   try 1    failed
        pod             owners: ConfigMap etl-load, Job etl-load (controller)    Running

    ownerReferences have no order, and at most one of them is the controller.
    """
    task = world.task(state="failed", operator="KubernetesJobOperator")
    pod = world.pod(task, owner=owned_by(*JOB)).kept("its Job runs it, named after another owner")
    pod.manifest["metadata"]["ownerReferences"].insert(0, dict(owned_by("v1", "ConfigMap", controller=False)))


@scenario(examines=["KEEP-CONTROLLED", "REAP-FINISHED"])
def owner_that_controls_and_owner_that_does_not(world: World) -> None:
    """An owner without controller: true only wants the pod to go when it goes itself.

        etl.load     failed    pod  Running, owned by ConfigMap etl-load        <- a zombie
        etl.store    failed    pod  Running, controlled by Job etl-load

    The first is nobody's to make again, and a zombie like any other.
    """
    load = world.task(task_id="load", state="failed")
    owned = world.pod(load, owner=owned_by("v1", "ConfigMap", controller=False))
    owned.zombie("its task failed, and its owner does not control it", examines="REAP-FINISHED")
    store = world.task(task_id="store", state="failed")
    world.pod(store, owner=owned_by(*JOB)).kept("its Job runs it", examines="KEEP-CONTROLLED")
