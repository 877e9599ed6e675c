"""Airflow's KubernetesPodOperator, waiting by itself and deferred to its trigger; run by an Airflow's own Python."""

from __future__ import annotations

import asyncio
import datetime
import os
import threading
import types
from typing import Any

from airflow.exceptions import TaskDeferred
from airflow.providers.cncf.kubernetes.callbacks import KubernetesPodOperatorCallback
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from chapters import NAMESPACE, SECONDS, chapter, run, waited
from kubernetes import client, config

config.load_kube_config(os.environ["KUBECONFIG"])
core = client.CoreV1Api()
FINISHED = "echo one; echo two; mkdir -p /airflow/xcom; echo '{\"answer\": 42}' > /airflow/xcom/return.json"


def operator(task_id: str, command: str, **options: Any) -> KubernetesPodOperator:
    return KubernetesPodOperator(
        task_id=task_id,
        name=task_id,
        namespace=NAMESPACE,
        image="busybox:stable",
        image_pull_policy="IfNotPresent",
        cmds=["sh", "-c", command],
        config_file=os.environ["KUBECONFIG"],
        kubernetes_conn_id=None,
        in_cluster=False,
        startup_check_interval_seconds=1,
        termination_grace_period=1,
        **{"get_logs": True, "poll_interval": 0.2, **options},
    )


def context(task: KubernetesPodOperator, try_number: int = 1) -> dict[str, Any]:
    """As much of a task's context as the operator asks for."""
    now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - Airflow's Python may be older than ours
    ti = types.SimpleNamespace(
        dag_id="etl",
        task_id=task.task_id,
        run_id="manual__1",
        map_index=-1,
        try_number=try_number,
        start_date=now,
        pushed={},
    )
    ti.xcom_push = lambda key, value, **_: ti.pushed.update({key: value})
    return {
        "ti": ti,
        "task_instance": ti,
        "run_id": ti.run_id,
        "dag_run": types.SimpleNamespace(run_id=ti.run_id),
        "dag": types.SimpleNamespace(dag_id="etl", parent_dag=None),
        "task": task,
        "logical_date": now,
        "execution_date": now,
        "ts": now.isoformat(),
        "map_index": -1,
    }


def pods(task_id: str) -> list[client.V1Pod]:
    return core.list_namespaced_pod(NAMESPACE, label_selector=f"task_id={task_id}").items


def left(task_id: str) -> list[list[Any]]:
    """Phase and already_checked of the pods that are left over, once none of them is going."""
    waited(f"pods of {task_id} gone or kept", lambda: all(not pod.metadata.deletion_timestamp for pod in pods(task_id)))
    return [[pod.status.phase, pod.metadata.labels.get("already_checked")] for pod in pods(task_id)]


def outcome(task: KubernetesPodOperator, **options: Any) -> Any:
    """What execute() returns, or the kind of exception that it raises."""
    try:
        return task.execute(context(task, **options))
    except Exception as error:  # noqa: BLE001 - whatever it is, its kind is the answer
        return type(error).__name__


@chapter
def finished_with_xcom() -> Any:
    followed: list[str] = []

    class Following(KubernetesPodOperatorCallback):
        @staticmethod
        def progress_callback(*, line: str, **_: Any) -> None:
            followed.append(line.split()[-1])

    task = operator("finished", FINISHED, do_xcom_push=True, on_finish_action="delete_pod", callbacks=Following)
    return {"result": outcome(task), "left": left("finished"), "followed": followed}


@chapter
def finishing() -> Any:
    """Each way to finish, of a pod that succeeds and of one that fails."""
    told = {}
    for action in ("keep_pod", "delete_pod", "delete_succeeded_pod"):
        for end, code in (("good", 0), ("bad", 3)):
            task_id = f"{action}-{end}".replace("_", "-")
            raised = outcome(operator(task_id, f"exit {code}", on_finish_action=action))
            told[task_id] = [raised, left(task_id)]
    return told


@chapter
def callbacks() -> Any:
    called: list[str] = []

    class Noting(KubernetesPodOperatorCallback):
        @staticmethod
        def on_pod_creation(*, pod: Any, **_: Any) -> None:
            called.append(f"created {pod.status.phase}")

        @staticmethod
        def on_pod_completion(*, pod: Any, **_: Any) -> None:
            called.append(f"completed {pod.status.phase}")

        @staticmethod
        def on_pod_cleanup(*, pod: Any, **_: Any) -> None:
            called.append("cleaned")

        @staticmethod
        def progress_callback(*, line: str, **_: Any) -> None:
            called.append(line.rpartition(" ")[2].strip())

    outcome(operator("called-back", "echo line", callbacks=Noting))
    return called


@chapter
def a_retry_runs_on_the_pod_of_the_older_try() -> Any:
    first = operator("reattached", "sleep 1; echo done", on_finish_action="keep_pod")
    request = first.build_pod_request_obj(context(first))
    made = first.get_or_create_pod(request, context(first))
    second = operator("reattached", "sleep 1; echo done", on_finish_action="keep_pod")
    outcome(second, try_number=2)
    return {
        "same": second.pod.metadata.name == made.metadata.name,
        "try": [pod.metadata.labels["try_number"] for pod in pods("reattached")],
        "left": left("reattached"),
    }


@chapter
def killed() -> Any:
    task = operator("killed", "sleep 600")
    task.pod = task.get_or_create_pod(task.build_pod_request_obj(context(task)), context(task))
    waited("killed Running", lambda: pods("killed")[0].status.phase == "Running")
    task.on_kill()
    return left("killed")


@chapter
def deleted_by_somebody() -> Any:
    """The pod is deleted while the operator follows its log."""

    def delete() -> None:
        waited("taken Running", lambda: [pod for pod in pods("taken") if pod.status.phase == "Running"])
        core.delete_namespaced_pod(pods("taken")[0].metadata.name, NAMESPACE, grace_period_seconds=1)

    somebody = threading.Thread(target=delete)
    somebody.start()
    raised = outcome(operator("taken", "sleep 600"))
    somebody.join()
    return {"raised": raised, "left": left("taken")}


def deferred(task_id: str, command: str, **options: Any) -> dict[str, Any]:
    """Defer a task, let its trigger run to its event, and go on with that."""
    task = operator(task_id, command, deferrable=True, **options)
    given = context(task)
    try:
        task.execute(given)
    except TaskDeferred as deferral:
        trigger, method = deferral.trigger, deferral.method_name
    serialized = trigger.serialize()[1]
    trigger = type(trigger)(**serialized)  # as a triggerer makes it

    async def first_event() -> Any:
        return (await anext(aiter(trigger.run()))).payload

    event = asyncio.run(asyncio.wait_for(first_event(), SECONDS * 2))
    resumed = operator(task_id, command, deferrable=True, **options)
    try:
        result = getattr(resumed, method)(given, event)
    except Exception as error:  # noqa: BLE001 - whatever it is, its kind is the answer
        result = type(error).__name__
    return {"event": event["status"], "result": result, "left": left(task_id)}


@chapter
def deferred_and_finished() -> Any:
    return deferred("deferred-good", f"sleep 1; {FINISHED}", do_xcom_push=True)


@chapter
def deferred_and_failed() -> Any:
    return deferred("deferred-bad", "sleep 1; exit 3", on_finish_action="delete_succeeded_pod")


@chapter
def deferred_and_never_started() -> Any:
    return deferred("deferred-stuck", "true", startup_timeout_seconds=2, node_selector={"kubernetes.io/os": "plan9"})


run()
