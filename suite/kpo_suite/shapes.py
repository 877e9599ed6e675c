"""What the status of a pod says in each phase of its life: phases and container states as a kubelet reports them. Data.

Names are those of kubernetes pkg/kubelet/kubelet_pods.go (getPhase), pkg/kubelet/eviction, pkg/kubelet/preemption,
pkg/kubelet/nodeshutdown and pkg/controller/nodelifecycle. No pod is made here; ``pods`` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Shape: TypeAlias = Literal[
    "unschedulable",
    "gated",
    "pending",
    "image-pull",
    "create-error",
    "config-error",
    "init-running",
    "init-failing",
    "running",
    "sidecar",
    "sidecar-failed",
    "native-sidecar",
    "crash-looping",
    "unreachable",
    "succeeded",
    "failed",
    "oom-killed",
    "init-failed",
    "evicted",
    "deadline-exceeded",
    "preempted",
    "node-shutdown",
    "unknown",
]
Phase: TypeAlias = Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]


@dataclass(frozen=True, kw_only=True)
class State:
    """A container's state: it waits for a reason, has ended with a code, or runs.

    One that waits and has a code ended with it before, and was to be started again.
    """

    waits: str = ""
    code: int | None = None
    why: str = ""

    @property
    def runs(self) -> bool:
        """Whether its process is alive."""
        return not self.waits and self.code is None


RUNS = State()
DONE = State(code=0, why="Completed")
ERROR = State(code=1, why="Error")
KILLED = State(code=137, why="Error")
CREATING = State(waits="ContainerCreating")
INITIALIZING = State(waits="PodInitializing")
BACK_OFF = State(waits="CrashLoopBackOff", code=1, why="Error")


@dataclass(frozen=True, kw_only=True)
class Look:
    """A pod as its status shows it.

    ``base`` is the state of its first container, ``others`` that of each further one (None: as the first), ``init`` of
    an init container where there is one; ``native`` makes that a sidecar by restartPolicy Always. ``unscheduled`` is
    why no node has it. ``reason`` and ``message`` stand beside the phase.
    """

    phase: Phase
    base: State
    others: State | None = None
    init: State | None = None
    native: bool = False
    reason: str = ""
    message: str = ""
    unscheduled: str = ""
    restart_policy: str = "Never"
    heard_of: bool = True
    """Whether the node still reports; the node controller sets Ready False where it does not."""


_NO_NODE: Mapping[Shape, Look] = {
    "unschedulable": Look(
        phase="Pending",
        base=CREATING,
        unscheduled="Unschedulable",
        message="0/1 nodes are available: 1 Insufficient memory.",
    ),
    "gated": Look(
        phase="Pending",
        base=CREATING,
        unscheduled="SchedulingGated",
        message="Scheduling is blocked due to non-empty scheduling gates",
    ),
}
_NOT_STARTED: Mapping[Shape, Look] = {
    "pending": Look(phase="Pending", base=CREATING),
    "image-pull": Look(phase="Pending", base=State(waits="ImagePullBackOff")),
    "create-error": Look(phase="Pending", base=State(waits="CreateContainerError")),
    "config-error": Look(phase="Pending", base=State(waits="CreateContainerConfigError")),
    "init-running": Look(phase="Pending", base=INITIALIZING, init=RUNS),
    "init-failing": Look(phase="Pending", base=INITIALIZING, init=BACK_OFF, restart_policy="OnFailure"),
}
_RUNNING: Mapping[Shape, Look] = {
    "running": Look(phase="Running", base=RUNS),
    "sidecar": Look(phase="Running", base=DONE, others=RUNS),
    "sidecar-failed": Look(phase="Running", base=ERROR, others=RUNS),
    "native-sidecar": Look(phase="Running", base=DONE, init=RUNS, native=True),
    "crash-looping": Look(phase="Running", base=BACK_OFF, others=RUNS, restart_policy="OnFailure"),
    "unreachable": Look(phase="Running", base=RUNS, heard_of=False),
}
_OVER: Mapping[Shape, Look] = {
    "succeeded": Look(phase="Succeeded", base=DONE),
    "failed": Look(phase="Failed", base=ERROR),
    "oom-killed": Look(phase="Failed", base=State(code=137, why="OOMKilled"), others=DONE),
    "init-failed": Look(phase="Failed", base=INITIALIZING, init=ERROR),
    "evicted": Look(
        phase="Failed", base=KILLED, reason="Evicted", message="The node was low on resource: ephemeral-storage."
    ),
    "deadline-exceeded": Look(
        phase="Failed",
        base=KILLED,
        reason="DeadlineExceeded",
        message="Pod was active on the node longer than the specified deadline",
    ),
    "preempted": Look(
        phase="Failed", base=KILLED, reason="Preempting", message="Preempted in order to admit critical pod"
    ),
    "node-shutdown": Look(
        phase="Failed",
        base=KILLED,
        reason="Terminated",
        message="Pod was terminated in response to imminent node shutdown.",
    ),
}
LOOKS: Mapping[Shape, Look] = {
    **_NO_NODE,
    **_NOT_STARTED,
    **_RUNNING,
    **_OVER,
    # No API server has set this phase since 2015; virtual kubelets still do for a pod that their provider lost.
    "unknown": Look(
        phase="Unknown", base=RUNS, reason="NodeLost", message="The node which was running the pod is unresponsive"
    ),
}
"""What each shape is."""
