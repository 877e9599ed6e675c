"""Pods that look like KubernetesPodOperator's zombies and are not: other makers' pods, workers, other namespaces."""

from datetime import timedelta

from kpo_suite import Shape, World, scenario

PHASES: tuple[Shape, ...] = ("pending", "running", "succeeded", "failed")


@scenario(examines="KEEP-NOT-KPO")
def pods_with_the_same_ids_that_kpo_did_not_make(world: World) -> None:
    """Pods carry a finished task's ids, but not kubernetes_pod_operator=True.

        task instance   try 1    success
        pod             dag_id, task_id, run_id, try_number    Pending, Running, Succeeded, Failed

    A tool of a team's own may label its pods by the task that asked for them, so that their costs can be told.
    """
    task = world.task(state="success")
    for shape in PHASES:
        pod = world.pod(task, shape=shape, labels={"kubernetes_pod_operator": None})
        pod.kept("KubernetesPodOperator did not make it")


@scenario(examines="KEEP-NOT-KPO")
def driver_and_executors_of_spark(world: World) -> None:
    """SparkKubernetesOperator gives the ids of its task to the driver and to each executor.

        task instance   try 1    failed
        pod             spark_kubernetes_operator=True, spark-role=driver      Running
        pod             spark_kubernetes_operator=True, spark-role=executor    Running

    They end with their SparkApplication, and none of them has kubernetes_pod_operator (since provider 10.8.1).
    """
    task = world.task(state="failed", operator="SparkKubernetesOperator")
    for role in ("driver", "executor"):
        spark = {"kubernetes_pod_operator": None, "spark_kubernetes_operator": "True", "spark-role": role}
        world.pod(task, labels=spark).kept(f"KubernetesPodOperator did not make it; it is a {role} of Spark")


@scenario(examines="KEEP-NOT-KPO")
def label_with_another_value_than_true(world: World) -> None:
    """The label is there, and says something else than what KubernetesPodOperator writes.

        task instance   try 1    failed
        pod             kubernetes_pod_operator=False, true, TRUE, 1, yes, or empty    Running

    str(True) is "True". Selecting by the bare key, or reading the value as a truth, finds more than there is.
    """
    task = world.task(state="failed")
    for value in ("False", "true", "TRUE", "1", "yes", ""):
        pod = world.pod(task, shape="sidecar", labels={"kubernetes_pod_operator": value})
        pod.kept(f"KubernetesPodOperator did not make it: its label says {value!r}")


@scenario(examines="KEEP-NOT-KPO")
def pods_of_airflow_itself_and_of_its_neighbours(world: World) -> None:
    """Scheduler, triggerer and a neighbour that has nothing to do with Airflow stand in the namespace.

        pod    component=scheduler, tier=airflow                       Running
        pod    app=postgresql                                          Running
        pod    airflow_version=3.3.2, and nothing of a task's          Running

    A namespace is not a list of tasks.
    """
    task = world.task(state="failed")
    bare: dict[str, str | None] = dict.fromkeys(
        ("dag_id", "task_id", "run_id", "try_number", "kubernetes_pod_operator", "airflow_kpo_in_cluster")
    )
    for added in ({"component": "scheduler", "tier": "airflow"}, {"app": "postgresql"}, {}):
        world.pod(task, labels={**bare, **added}).kept("KubernetesPodOperator did not make it")


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


@scenario(examines="KEEP-WORKER")
def workers_that_their_executor_is_done_with(world: World) -> None:
    """delete_worker_pods_on_failure is off by default, and a worker may be left by a scheduler that died.

        task instance   try 1    failed
        pod             kubernetes_executor=True, airflow_executor_done or airflow_pod_revoked=True    Succeeded, Failed

    They are kept for somebody to read, or will be adopted by the next scheduler.
    """
    task = world.task(state="failed")
    for shape in ("succeeded", "failed"):
        for mark in ("airflow_executor_done", "airflow_pod_revoked"):
            marks = {"kubernetes_executor": "True", "airflow-worker": "7", mark: "True"}
            world.pod(task, shape=shape, labels=marks, age=timedelta(days=2)).kept(
                "it is a worker of KubernetesExecutor, kept for whoever reads it"
            )


@scenario(examines="KEEP-WORKER")
def worker_whose_mark_is_empty(world: World) -> None:
    """airflow-worker is set, to nothing: KPO itself looks only for pods without that label (``!airflow-worker``).

        task instance   try 1    failed
        pod             kubernetes_pod_operator=True, airflow-worker=""    Running

    What counts is that the label is there.
    """
    task = world.task(state="failed")
    world.pod(task, labels={"airflow-worker": ""}).kept("it is a worker of KubernetesExecutor, by an empty mark")


@scenario(examines=["KEEP-WORKER", "REAP-FINISHED"])
def worker_and_zombie_of_one_task(world: World) -> None:
    """A task under KubernetesExecutor has two pods with the same four labels.

        task instance   try 1    failed
        pod             kubernetes_pod_operator=True                               Running      <- the zombie
        pod             kubernetes_pod_operator=True, kubernetes_executor=True     Running      <- its worker

    The worker is still writing its log when the row says failed already.
    """
    task = world.task(state="failed")
    world.pod(task).zombie("its task failed", examines="REAP-FINISHED")
    worker = world.pod(task, labels={"kubernetes_executor": "True", "airflow-worker": "7"})
    worker.kept("it is a worker of KubernetesExecutor", examines="KEEP-WORKER")


@scenario(examines="KEEP-OUT-OF-SCOPE")
def zombie_in_a_namespace_that_the_reaper_was_not_given(world: World) -> None:
    """A finished task's pod stands in another namespace.

        task instance   try 1    failed
        pod             payments/etl-load-...    Running: only the sidecar is left

    Which namespaces a reaper may touch is its operator's choice, and no label's.
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar", namespace="payments").kept("its namespace is not in the reaper's scope")


@scenario(examines=["KEEP-OUT-OF-SCOPE", "REAP-MAPPED"])
def one_airflow_over_several_namespaces(world: World) -> None:
    """A mapped task starts each of its pods in the namespace of another team; one of these is the reaper's.

        etl.load[0]    failed    the reaper's namespace    Running
        etl.load[1]    failed    payments                  Running
        etl.load[2]    failed    reporting                 Running

    That Airflow's database tells of them all gives nobody leave.
    """
    for index, namespace in enumerate((world.namespace, "payments", "reporting")):
        task = world.task(state="failed", map_index=index)
        pod = world.pod(task, shape="sidecar", namespace=namespace)
        if namespace == world.namespace:
            pod.zombie("its map index has failed", examines="REAP-MAPPED")
        else:
            pod.kept("its namespace is not in the reaper's scope", examines="KEEP-OUT-OF-SCOPE")


@scenario(examines="KEEP-OUT-OF-SCOPE")
def namespaces_that_are_named_alike(world: World) -> None:
    """The reaper's namespace is the beginning, the end or a part of others' names.

        airflow                                 given
        airflow-dev, my-airflow, airflow2       not given: a zombie in each

    A namespace is given by its whole name.
    """
    for namespace in (f"{world.namespace}-dev", f"my-{world.namespace}", f"{world.namespace}2"):
        task = world.task(task_id=namespace, state="failed")
        world.pod(task, shape="sidecar", namespace=namespace).kept("its namespace is not in the reaper's scope")


@scenario(examines=["KEEP-OUT-OF-SCOPE", "REAP-SIDECAR"])
def namesake_of_a_zombie_in_another_namespace(world: World) -> None:
    """random_name_suffix is off, so that the pod has the same name in both namespaces.

        airflow/etl-load     failed    Running: only the sidecar is left
        payments/etl-load    failed    Running: only the sidecar is left

    A pod's name names it within its namespace only.
    """
    for namespace in (world.namespace, "payments"):
        task = world.task(task_id=f"load_{namespace}", state="failed")
        pod = world.pod(task, shape="sidecar", name="etl-load", namespace=namespace)
        if namespace == world.namespace:
            pod.zombie("its task failed", examines="REAP-SIDECAR")
        else:
            pod.kept("its namespace is not in the reaper's scope", examines="KEEP-OUT-OF-SCOPE")
