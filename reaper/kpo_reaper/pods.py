"""What the reaper needs to know of a pod, read from the API server's JSON with everything else skipped.

A pod that does not have the expected shape is a pod with a ``fault``: it is kept, and stops no other.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

import msgspec

Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]

_POD_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_COUNT = re.compile(r"0|[1-9][0-9]{0,8}")


class Phase(StrEnum):
    """The phases of a pod (kubernetes core/v1 PodPhase)."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"

    @property
    def terminal(self) -> bool:
        """Whether every container of the pod has ended for good."""
        return self in (Phase.SUCCEEDED, Phase.FAILED)


class Labels(msgspec.Struct, frozen=True, gc=False):
    """The labels that say what a pod is and whose; None where a pod has no such label."""

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: str | None = None
    try_number: str | None = None
    kubernetes_pod_operator: str | None = None
    kubernetes_executor: str | None = None
    airflow_worker: str | None = msgspec.field(default=None, name="airflow-worker")
    already_checked: str | None = None
    spark_kubernetes_operator: str | None = None
    spark_role: str | None = msgspec.field(default=None, name="spark-role")


class Attempts(NamedTuple):
    """Whose attempts a pod belongs to, in labels: all task instances and tries that could have made it or run on it."""

    dag: str
    run: str
    task: str
    map_index: int


class PodFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One pod as it was listed or read.

    ``finished`` is when its last container ended, or the last sign of that; None unless the phase is terminal.
    ``controller`` names the kind and name of the controlling owner, or is empty. ``fault`` says in words what is odd
    about the pod, or is empty; a pod with a fault may have nothing else.
    """

    namespace: str
    name: str
    uid: str = ""
    resource_version: str = ""
    created: datetime | None = None
    finished: datetime | None = None
    phase: Phase = Phase.UNKNOWN
    labels: Labels = Labels()
    controller: str = ""
    terminating: bool = False
    opted_out: bool = False
    fault: str = ""

    @property
    def attempts(self) -> Attempts | None:
        """The identity that the labels state without the try; None where a label is missing or malformed.

        An absent map_index is that of an unmapped task instance, -1 in the database; Airflow never writes the label
        for it.
        """
        labels = self.labels
        if not (labels.dag_id and labels.run_id and labels.task_id) or self.try_number is None:
            return None
        if labels.map_index is None:
            return Attempts(labels.dag_id, labels.run_id, labels.task_id, -1)
        if not _COUNT.fullmatch(labels.map_index):
            return None
        return Attempts(labels.dag_id, labels.run_id, labels.task_id, int(labels.map_index))

    @property
    def try_number(self) -> int | None:
        """The attempt that made the pod, from 1; None where the label is missing or not a canonical number."""
        text = self.labels.try_number or ""
        return int(text) if _COUNT.fullmatch(text) and text != "0" else None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


OPT_OUT = "kpo-reaper/keep"
"""The annotation by which the author of a pod asks for it to be kept; any value but ``false`` does."""


class _Owner(msgspec.Struct):
    kind: str = ""
    name: str = ""
    controller: bool | None = None


class _Annotations(msgspec.Struct):
    keep: str | None = msgspec.field(default=None, name=OPT_OUT)


class _Metadata(msgspec.Struct, rename="camel"):
    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: Timestamp
    deletion_timestamp: Timestamp | None = None
    labels: Labels | None = None
    annotations: _Annotations | None = None
    owner_references: list[_Owner] | None = None


class _Terminated(msgspec.Struct, rename="camel"):
    finished_at: Timestamp | None = None


class _State(msgspec.Struct):
    terminated: _Terminated | None = None


class _ContainerStatus(msgspec.Struct):
    state: _State | None = None


class _Condition(msgspec.Struct, rename="camel"):
    last_transition_time: Timestamp | None = None


class _Status(msgspec.Struct, rename="camel"):
    phase: Phase
    container_statuses: list[_ContainerStatus] | None = None
    conditions: list[_Condition] | None = None


class _Pod(msgspec.Struct):
    metadata: _Metadata
    status: _Status
    kind: str = "Pod"


class _NameOnly(msgspec.Struct):
    name: object = ""
    namespace: object = ""
    uid: object = ""


class _AnyPod(msgspec.Struct):
    metadata: _NameOnly


_pods = msgspec.json.Decoder(_Pod)
_names = msgspec.json.Decoder(_AnyPod)


def read_pod(data: bytes | msgspec.Raw, *, namespace: str = "") -> PodFacts:
    """Read one pod from JSON. Never raises on its content: a pod of another shape comes back with a ``fault``.

    ``namespace`` is the one that was asked for, used only where the pod does not even say its own.
    """
    try:
        pod = _pods.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _odd_pod(data, namespace, str(error))
    metadata = pod.metadata
    fault = _fault(pod)
    if fault:
        return PodFacts(namespace=metadata.namespace, name=metadata.name, uid=metadata.uid, fault=fault)
    owner = next((owner for owner in metadata.owner_references or () if owner.controller), None)
    annotation = metadata.annotations.keep if metadata.annotations else None
    return PodFacts(
        namespace=sys.intern(metadata.namespace),
        name=metadata.name,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        created=metadata.creation_timestamp,
        finished=_finished(pod) if pod.status.phase.terminal else None,
        phase=pod.status.phase,
        labels=_interned(metadata.labels) if metadata.labels else Labels(),
        controller=f"{owner.kind} {owner.name}" if owner else "",
        terminating=metadata.deletion_timestamp is not None,
        opted_out=annotation is not None and annotation != "false",
    )


def _interned(labels: Labels) -> Labels:
    """The same labels; most pods share them with others, and a text that is stored once takes a third less memory."""
    return Labels(*(text and sys.intern(text) for text in msgspec.structs.astuple(labels)))


def is_namespace(name: str) -> bool:
    """Whether ``name`` can be a namespace's (an RFC 1123 label)."""
    return bool(_NAMESPACE.fullmatch(name))


def _fault(pod: _Pod) -> str:
    metadata = pod.metadata
    if pod.kind != "Pod":
        return f"it is a {pod.kind or 'thing without a kind'}"
    if not _POD_NAME.fullmatch(metadata.name) or len(metadata.name) > 253:
        return "its name is not a pod's name"
    if not is_namespace(metadata.namespace):
        return "its namespace is not a namespace's name"
    if not metadata.uid or not metadata.resource_version:
        return "it has no uid or no resourceVersion"
    return ""


def _odd_pod(data: bytes | msgspec.Raw, namespace: str, error: str) -> PodFacts:
    try:
        known = _names.decode(data).metadata
    except (msgspec.DecodeError, UnicodeDecodeError):
        known = _NameOnly()
    name, uid = (text if isinstance(text, str) else "" for text in (known.name, known.uid))
    where = known.namespace if isinstance(known.namespace, str) else ""
    return PodFacts(namespace=where or namespace, name=name, uid=uid, fault=error)


def _finished(pod: _Pod) -> datetime:
    ends = [
        status.state.terminated.finished_at
        for status in pod.status.container_statuses or ()
        if status.state and status.state.terminated and status.state.terminated.finished_at
    ]
    changes = [
        condition.last_transition_time for condition in pod.status.conditions or () if condition.last_transition_time
    ]
    return max(ends or changes or [pod.metadata.creation_timestamp])
