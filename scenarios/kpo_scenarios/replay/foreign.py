"""Pods that look like KubernetesPodOperator's zombies and are not the reaper's to delete."""

from kpo_suite import Shape, World, scenario

KEPT: tuple[Shape, ...] = ("failed", "sidecar", "succeeded")


@scenario(examines="KEEP-NOT-KPO")
def pods_with_the_same_ids_that_kpo_did_not_make(world: World) -> None:
    """Pods carry a finished task's ids, but not kubernetes_pod_operator=True.

        task instance   try 1    success
        pod             dag_id, task_id, run_id, try_number    Running

    Spark's driver and executor pods carry the same labels; they are deleted by their SparkApplication.
    """
    task = world.task(state="success")
    spark = {"spark_kubernetes_operator": "True", "spark-role": "driver"}
    for added in ({}, spark, {"kubernetes_pod_operator": "False"}):
        world.pod(task, labels={"kubernetes_pod_operator": None, **added}).kept("KubernetesPodOperator did not make it")


@scenario(examines="KEEP-WORKER")
def executor_worker_pods_of_a_finished_task(world: World) -> None:
    """Worker pods of KubernetesExecutor, with the ids of the task that they ran.

        task instance   try 1    success
        pod             kubernetes_executor=True or airflow-worker=7    Running

    A pod_mutation_hook may add KPO's label to it. It belongs to the executor and its DELETE_WORKER_PODS settings.
    """
    task = world.task(state="success")
    for mark in ({"kubernetes_executor": "True"}, {"airflow-worker": "7"}):
        for kpo in ("True", None):
            world.pod(task, labels={"kubernetes_pod_operator": kpo, **mark}).kept(
                "it is a worker of KubernetesExecutor"
            )


@scenario(examines="KEEP-CONTROLLED")
def pods_that_a_controller_owns(world: World) -> None:
    """KubernetesJobOperator's task is a success at once; the Job's pods run on.

        task instance   try 1    success
        pod             controlled by Job etl-load    Running

    wait_until_job_complete is False by default. What is deleted, the Job makes again.
    """
    task = world.task(state="success", operator="KubernetesJobOperator")
    for version, kind in (("batch/v1", "Job"), ("apps/v1", "ReplicaSet"), ("kueue.x-k8s.io/v1beta1", "Workload")):
        reference = {
            "apiVersion": version,
            "kind": kind,
            "name": "etl-load",
            "uid": "6a1f0c2e-0000-4000-8000-000000000001",
            "controller": True,
            "blockOwnerDeletion": True,
        }
        world.pod(task, owner=reference).kept(f"its {kind} runs it")


@scenario(examines="KEEP-RETAINED")
def pods_that_their_author_asked_to_keep(world: World) -> None:
    """on_finish_action is keep_pod, delete_succeeded_pod or delete_active_pod, and the operator left its mark.

        task instance   try 1    failed
        pod             already_checked=True

    Somebody wants to look at it.
    """
    for shape in KEPT:
        task = world.task(task_id=shape, state="failed")
        pod = world.pod(task, shape=shape, labels={"already_checked": "True"})
        pod.kept("its author asked to keep it for debugging")


@scenario(examines="KEEP-OUT-OF-SCOPE")
def zombie_in_a_namespace_that_the_reaper_was_not_given(world: World) -> None:
    """A finished task's pod stands in another namespace.

        task instance   try 1    failed
        pod             payments/etl-load-...    Running: only the sidecar is left

    Which namespaces a reaper may touch is its operator's choice, and no label's.
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar", namespace="payments").kept("its namespace is not in the reaper's scope")
