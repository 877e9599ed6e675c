"""Manifests of the pods that worlds hold: how a KubernetesPodOperator pod looks to the API in each phase of its life.

They follow what cncf-kubernetes 10.25.0 creates; ``shapes`` says what a kubelet reports of each shape. The zombie of
apache/airflow#58968 is ``sidecar``: phase Running, base container terminated, sidecar alive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from kpo_suite.shapes import LOOKS, Look, Shape, State

Manifest: TypeAlias = dict[str, Any]

NODE = "sim-node-1"
XCOM_SIDECAR = "airflow-xcom-sidecar"
INIT = "prepare"
"""Name of the init container of the shapes that have one."""
LIFE = timedelta(seconds=5)
"""For how long a container of an ended shape ran."""


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
    deleted: datetime | None = None,
    node: str | None = None,
) -> Manifest:
    """A pod as the API would show it ``created`` (UTC) and, where its shape says so, started a second later.

    ``deleted`` is when somebody asked for its end (UTC): its deletionTimestamp lies a grace period later.
    ``containers`` are names, the base container first; shape ``sidecar`` adds the XCom sidecar when there is none.
    """
    look = LOOKS[shape]
    if shape in ("sidecar", "sidecar-failed") and len(containers) == 1:
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
    if deleted:
        metadata["deletionTimestamp"] = _timestamp(deleted + timedelta(seconds=grace_seconds))
        metadata["deletionGracePeriodSeconds"] = grace_seconds
    spec: Manifest = {
        "restartPolicy": look.restart_policy,
        "terminationGracePeriodSeconds": grace_seconds,
        "containers": [_container(container) for container in containers],
    }
    if look.init:
        always = {"restartPolicy": "Always"} if look.native else {}
        spec["initContainers"] = [{**_container(INIT), **always}]
    if look.unscheduled == "SchedulingGated":
        spec["schedulingGates"] = [{"name": "kueue.x-k8s.io/admission"}]
    if not look.unscheduled:
        spec["nodeName"] = node or NODE
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": _status(look, containers, created + timedelta(seconds=1)),
    }


def node_manifest(name: str = NODE, *, ready: bool = True) -> Manifest:
    """A node; the usual one is Ready and holds the world's scheduled pods."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "capacity": {"cpu": "8", "memory": "16Gi", "pods": "110"},
            "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "110"},
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "KubeletReady"}
                if ready
                else {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
            ],
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


def _status(look: Look, containers: Sequence[str], started: datetime) -> Manifest:
    status: Manifest = {"phase": look.phase}
    if look.unscheduled:
        unmet = {"type": "PodScheduled", "status": "False", "reason": look.unscheduled, "message": look.message}
        return {**status, "conditions": [unmet]}
    others = look.others or look.base
    statuses = [_container_status(name, others if at else look.base, started) for at, name in enumerate(containers)]
    ready = look.heard_of and all(each["ready"] for each in statuses)
    status |= {
        "startTime": _timestamp(started),
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": _timestamp(started)},
            {"type": "Ready", "status": str(ready), "lastTransitionTime": _timestamp(started)},
        ],
        "containerStatuses": statuses,
    }
    if look.init:
        status["initContainerStatuses"] = [_container_status(INIT, look.init, started)]
    if look.reason:
        status |= {"reason": look.reason, "message": look.message}
    return status


def _container_status(name: str, state: State, started: datetime) -> Manifest:
    ended = {} if state.code is None else {"terminated": _end(state, started)}
    shown: Manifest = ended
    if state.waits:
        shown = {"waiting": {"reason": state.waits}}
    elif state.runs:
        shown = {"running": {"startedAt": _timestamp(started)}}
    restarted = bool(state.waits and ended)
    return {
        "name": name,
        "image": "busybox:stable",
        "imageID": "",
        "ready": state.runs,
        "started": state.runs,
        "restartCount": int(restarted),
        "state": shown,
        **({"lastState": ended} if restarted else {}),
    }


def _end(state: State, started: datetime) -> Manifest:
    return {
        "exitCode": state.code,
        "reason": state.why,
        "startedAt": _timestamp(started),
        "finishedAt": _timestamp(started + LIFE),
    }


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
