"""Pods that have ended while their task has not: somebody comes back for logs, XCom and exit code."""

from datetime import timedelta
from itertools import product

from kpo_suite import Shape, World, scenario

ENDED: tuple[Shape, Shape] = ("succeeded", "failed")
BROKEN_OFF: tuple[Shape, ...] = ("evicted", "preempted", "node-shutdown", "oom-killed", "deadline-exceeded")
COMING_BACK = ("deferred", "scheduled", "queued")
"""The states that a deferrable task goes through, in this order, before it reads its pod."""


@scenario(examines="KEEP-RESUMING")
def ended_pods_that_are_still_to_be_read(world: World) -> None:
    """The container is done, the task is not: in each state that is not the end.

        task instance   try 1    running, deferred, queued, up_for_retry, ... and NULL
        pod             try 1    Succeeded or Failed

    The operator polls every 2 s, and a deferrable task reads its pod only after it was scheduled, queued and started
    again. Where the pod is gone by then, a success ends as failed (apache/airflow#70595).
    """
    for state, shape in product(sorted(world.states.unfinished, key=str), ENDED):
        task = world.task(task_id=f"{state}_{shape}", state=state)
        world.pod(task, shape=shape).live(f"its task is {state or 'without a state'} and has not read its result yet")


@scenario(examines="KEEP-RESUMING")
def deferred_task_that_has_waited_long_for_a_worker(world: World) -> None:
    """The pool is full: the trigger fired hours ago and no worker was free to read the result.

        task instance   try 1    deferred, scheduled or queued
        pod             try 1    Succeeded, ended long before the reaper's stated age

    An age is no proof that the result was read: a clean-up that waited for minutes instead of asking Airflow failed
    tasks that had succeeded (astronomer/astronomer-airflow-scripts#16).
    """
    long_ago = timedelta(hours=6, seconds=world.claims.terminal_age)
    for state in COMING_BACK:
        task = world.task(task_id=state, state=state)
        world.pod(task, shape="succeeded", age=long_ago).live(f"its task is {state} and has not read its result yet")


@scenario(examines="KEEP-RESUMING")
def pods_that_were_broken_off_under_a_running_task(world: World) -> None:
    """The node evicted, preempted or shut down the pod, or the kernel killed it; the task has not noticed yet.

        task instance   try 1    running or deferred
        pod             try 1    Failed: Evicted, Preempting, NodeShutdown, OOMKilled, DeadlineExceeded

    The operator tells its user why the pod failed, and decides on a retry by it (apache/airflow#53015).
    """
    for state, shape in product(("running", "deferred"), BROKEN_OFF):
        task = world.task(task_id=f"{state}_{shape}", state=state)
        world.pod(task, shape=shape).live(f"its task is {state} and has not learned yet why its pod failed")


@scenario(examines="KEEP-RESUMING")
def retry_comes_back_for_the_pod_of_the_older_try(world: World) -> None:
    """Try 2 adopted the pod of try 1 and deferred itself; meanwhile the pod has ended.

        task instance   try 2    deferred, scheduled, queued or running
        pod             try 1    Succeeded or Failed      <- adopted, never relabelled

    Neither the end of the pod nor its older label says that its result was read.
    """
    for state, shape in product((*COMING_BACK, "running"), ENDED):
        task = world.task(task_id=f"{state}_{shape}", state=state, try_number=2, max_tries=1)
        pod = world.pod(task, try_number=1, shape=shape).live(f"try 2 is {state} and has not read its result yet")
        world.remember_pod(task, pod)


@scenario(examines=["KEEP-RESUMING", "REAP-TERMINAL-PHASE"])
def map_indexes_that_come_back_one_after_the_other(world: World) -> None:
    """All pods of a mapped task have ended; some map indexes have read theirs, the others wait for a worker.

        etl.load[0]     success     pod  Succeeded, and could not be deleted
        etl.load[1]     queued      pod  Succeeded
        etl.load[2]     deferred    pod  Failed

    The leftovers may be swept up, each for itself.
    """
    long_ago = timedelta(hours=1, seconds=world.claims.terminal_age)
    read = world.task(state="success", map_index=0)
    world.pod(read, shape="succeeded", age=long_ago).zombie("its result was read", examines="REAP-TERMINAL-PHASE")
    for index, state, shape in ((1, "queued", ENDED[0]), (2, "deferred", ENDED[1])):
        task = world.task(state=state, map_index=index)
        pod = world.pod(task, shape=shape, age=long_ago)
        pod.live(f"map index {index} has not read its result yet", examines="KEEP-RESUMING")


@scenario(examines="KEEP-RESUMING", airflow=["2.7", "2.8", "2.9"])
def resumed_task_still_shows_the_try_before(world: World) -> None:
    """Until Airflow 2.9 a task that comes back from the triggerer is not counted again before it runs.

        task instance   try 1, shown as 0    scheduled or queued
        pod             try 1                Succeeded

    The column says that no try has begun yet. One has, and its result waits in this pod.
    """
    for state in ("scheduled", "queued"):
        task = world.task(task_id=state, state=state)
        world.pod(task, shape="succeeded").live(f"its task is {state} and has not read its result yet")
