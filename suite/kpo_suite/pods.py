"""Manifests of the pods that worlds hold: how a KubernetesPodOperator pod looks to the API in each phase of its life.

Shapes follow what cncf-kubernetes 10.25.0 creates and what a kubelet reports; the zombie of apache/airflow#58968 is
``sidecar``: phase Running, base container terminated, sidecar alive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

Manifest: TypeAlias = dict[str, Any]
Shape: TypeAlias = Literal["running", "sidecar", "pending", "unschedulable", "image-pull", "succeeded", "failed"]

NODE = "sim-node-1"
XCOM_SIDECAR = "airflow-xcom-sidecar"


def pod_manifest(
    *,
    name: str,
    namespace: str,
    labels: Mapping[str, str],
    created: datetime,
    shape: Shape,
    containers: Sequence[str] = ("base",),
    annotations: Mapping[str, str] | None = None,
    owner: Mapping[str, Any] | None = None,
    finalizers: Sequence[str] = (),
    grace_seconds: int = 30,
) -> Manifest:
    """A pod as the API would show it ``created`` (UTC) and, where its shape says so, started a second later.

    ``containers`` are names, the base container first; shape ``sidecar`` adds the XCom sidecar when there is none.
    """
    if shape == "sidecar" and len(containers) == 1:
        containers = (*containers, XCOM_SIDECAR)
    metadata: Manifest = {
        "name": name,
        "namespace": namespace,
        "labels": dict(labels),
        "creationTimestamp": _timestamp(created),
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner:
        metadata["ownerReferences"] = [dict(owner)]
    if finalizers:
        metadata["finalizers"] = list(finalizers)
    spec: Manifest = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": grace_seconds,
        "containers": [_container(container) for container in containers],
    }
    if shape != "unschedulable":
        spec["nodeName"] = NODE
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": _status(shape, containers, created + timedelta(seconds=1)),
    }


def node_manifest() -> Manifest:
    """The Ready node on which the world's scheduled pods are."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}},
        "status": {
            "capacity": {"cpu": "8", "memory": "16Gi", "pods": "110"},
            "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


def _container(name: str) -> Manifest:
    if name == XCOM_SIDECAR:
        script = 'trap "exit 0" INT; while true; do sleep 1; done;'
    elif name == "base":
        script = "sleep 5"
    else:
        script = "sleep infinity"
    return {"name": name, "image": "busybox:stable", "command": ["/bin/sh", "-c"], "args": [script]}


def _status(shape: Shape, containers: Sequence[str], started: datetime) -> Manifest:
    if shape == "unschedulable":
        message = "0/1 nodes are available: 1 Insufficient memory."
        return {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}],
        }
    finished = started + timedelta(seconds=5)
    ended = {name: index == 0 or shape != "sidecar" for index, name in enumerate(containers)}
    phase = {"running": "Running", "sidecar": "Running", "succeeded": "Succeeded", "failed": "Failed"}
    statuses = []
    for name in containers:
        if shape in ("pending", "image-pull"):
            reason = "ContainerCreating" if shape == "pending" else "ImagePullBackOff"
            state: Manifest = {"waiting": {"reason": reason}}
        elif shape == "running" or not ended[name]:
            state = {"running": {"startedAt": _timestamp(started)}}
        else:
            code = 1 if shape == "failed" else 0
            state = {
                "terminated": {
                    "exitCode": code,
                    "reason": "Error" if code else "Completed",
                    "startedAt": _timestamp(started),
                    "finishedAt": _timestamp(finished),
                }
            }
        statuses.append(
            {
                "name": name,
                "image": "busybox:stable",
                "imageID": "",
                "ready": "running" in state,
                "started": "running" in state,
                "restartCount": 0,
                "state": state,
            }
        )
    ready = all(status["ready"] for status in statuses)
    return {
        "phase": phase.get(shape, "Pending"),
        "startTime": _timestamp(started),
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": _timestamp(started)},
            {"type": "Ready", "status": str(ready), "lastTransitionTime": _timestamp(started)},
        ],
        "containerStatuses": statuses,
    }


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
