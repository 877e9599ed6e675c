"""Pods that ended long ago, of tasks that have ended too: left-overs, to be cleared away after a while."""

from datetime import timedelta
from itertools import product

from kpo_suite import Shape, World, scenario

LATER = timedelta(hours=1)
ENDS: dict[Shape, str] = {
    "oom-killed": "it took more memory than it may",
    "init-failed": "its init container failed",
    "evicted": "its node ran out of disk",
    "deadline-exceeded": "active_deadline_seconds were over",
    "preempted": "a critical pod needed its room",
    "node-shutdown": "its node was shut down",
}


def long_ago(world: World) -> timedelta:
    """An age beyond that for which the subject keeps what has ended."""
    return timedelta(seconds=world.claims.terminal_age) + LATER


@scenario(examines="REAP-TERMINAL-PHASE")
def ended_pods_that_nobody_reads_any_more(world: World) -> None:
    """The clean-up failed after the task was done, and its pod lies about.

        task instance   try 1    success or failed
        pod             try 1    Succeeded or Failed, without already_checked, older than the reaper's stated age

    The operator swallows errors of its DELETE (reraise=False). Left-overs fill the namespace and slow every LIST.
    """
    shapes: tuple[Shape, ...] = ("succeeded", "failed")
    for state, shape in product(("success", "failed"), shapes):
        task = world.task(task_id=f"{state}_{shape}", state=state)
        pod = world.pod(task, shape=shape, age=long_ago(world))
        pod.zombie(f"it {shape} long ago and its task ended as {state}")


@scenario(examines="REAP-TERMINAL-PHASE", variants={"shape": list(ENDS)})
def pod_that_was_ended_from_outside(world: World, shape: Shape) -> None:
    """The kernel, the kubelet or the scheduler ended the pod, and its task failed.

        task instance   try 1    failed
        pod             try 1    Failed: OOMKilled, Evicted, DeadlineExceeded, Preempting, Terminated

    An evicted pod holds no memory, but its object stays until somebody deletes it.
    """
    task = world.task(state="failed")
    world.pod(task, shape=shape, age=long_ago(world)).zombie(f"it ended long ago, for {ENDS[shape]}")


@scenario(examines="REAP-TERMINAL-PHASE")
def ended_pods_of_every_try(world: World) -> None:
    """Two tries failed and the third succeeded; all three pods are still there.

        task instance   try 3    success
        pods            try 1, try 2    Failed
        pod             try 3           Succeeded

    That the task came out well in the end keeps none of them.
    """
    task = world.task(state="success", try_number=3, max_tries=3)
    shapes: tuple[Shape, ...] = ("failed", "failed", "succeeded")
    for number, shape in enumerate(shapes, 1):
        pod = world.pod(task, try_number=number, shape=shape, age=long_ago(world))
        pod.zombie(f"it is what try {number} left, and the task is done")


@scenario(examines=["REAP-TERMINAL-PHASE", "KEEP-RESUMING"])
def ended_pod_beside_one_that_is_still_to_be_read(world: World) -> None:
    """Two pods have succeeded long ago; the task of one of them has not been resumed yet.

        etl.load     success     pod  Succeeded
        etl.store    deferred    pod  Succeeded    <- its task reads it when it is resumed

    A triggerer that is down for a day leaves deferred tasks with pods that ended a day ago.
    """
    done = world.task(task_id="load", state="success")
    pod = world.pod(done, shape="succeeded", age=long_ago(world))
    pod.zombie("it succeeded long ago and its task is done", examines="REAP-TERMINAL-PHASE")
    deferred = world.task(task_id="store", state="deferred")
    unread = world.pod(deferred, shape="succeeded", age=long_ago(world))
    unread.live("its task has not been resumed yet and will read it", examines="KEEP-RESUMING")
