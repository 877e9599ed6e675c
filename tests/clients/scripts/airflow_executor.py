"""The watcher of Airflow's KubernetesExecutor on real watch streams; run by an Airflow's own Python."""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
from typing import Any

from airflow.providers.cncf.kubernetes.executors.kubernetes_executor_utils import KubernetesJobWatcher
from airflow.providers.cncf.kubernetes.kube_config import KubeConfig
from chapters import NAMESPACE, SECONDS, chapter, manifest, run, waited
from kubernetes import client, config

config.load_kube_config(os.environ["KUBECONFIG"])
core = client.CoreV1Api()
SCHEDULER = "7"


def made(name: str, command: str | None, image: str = "busybox:stable") -> None:
    annotations = {"dag_id": "etl", "task_id": name, "run_id": "manual__1", "try_number": "1"}
    body = manifest(name, command, labels={"airflow-worker": SCHEDULER}, annotations=annotations)
    body["spec"]["containers"][0]["image"] = image
    core.create_namespaced_pod(NAMESPACE, body)


def watcher(results: Any, version: str | None) -> KubernetesJobWatcher:
    return KubernetesJobWatcher(NAMESPACE, results, version, SCHEDULER, KubeConfig())


@chapter
def watching() -> Any:
    """What the watcher's process tells of pods that end well, badly, by somebody's hand, and not at all."""
    version = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    with multiprocessing.Manager() as shared:
        results = shared.Queue()
        process = watcher(results, version)
        process.start()
        try:
            made("succeeding", "true")
            made("failing", "exit 3")
            made("unpullable", "true", "registry.invalid/nothing:1")
            made("deleted", "sleep 600")
            waited("deleted Running", lambda: core.read_namespaced_pod("deleted", NAMESPACE).status.phase == "Running")
            core.delete_namespaced_pod("deleted", NAMESPACE)
            told: dict[str, str] = {}
            deadline = time.monotonic() + SECONDS
            while len(told) < 4 and time.monotonic() < deadline:
                try:
                    result = results.get(timeout=0.2)
                except queue.Empty:
                    continue
                told.setdefault(result[0], str(result[2]))
            return told
        finally:
            process.terminate()
            process.join(10)


@chapter
def adopted() -> Any:
    """A pod whose label changes leaves the stream as DELETED without a deletionTimestamp."""
    version = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    results: Any = queue.Queue()
    made("adopted", None)
    core.patch_namespaced_pod("adopted", NAMESPACE, {"metadata": {"labels": {"airflow-worker": "8"}}})
    settings = KubeConfig()
    settings.kube_client_request_args = {"timeout_seconds": 1}
    watcher(results, version)._run(core, version, SCHEDULER, settings)
    return [[result[0], str(result[2])] for result in results.queue]


@chapter
def too_old() -> Any:
    """The watcher ends by 410, its successor begins at 0. Null where the server remembers its first version."""
    made("before-expiry", None)
    settings = KubeConfig()
    settings.kube_client_request_args = {"timeout_seconds": 1}
    begun = watcher(queue.Queue(), "1")
    try:
        begun._run(core, "1", SCHEDULER, settings)
    except client.ApiException as error:
        return [error.status, str(error.reason).partition(":")[0]]
    return None


run()
