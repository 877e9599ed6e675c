"""How old a pod is, and by whose clock: ages may only ever keep a pod for longer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kpo_suite import Shape, World, scenario

OTHER_RUN = "manual__2026-11-19T06:00:00+00:00"
MARGIN = timedelta(seconds=60)
"""By how much a pod is younger than the reaper's minimum age: more than any sweep takes."""
AHEAD = (timedelta(minutes=2), timedelta(hours=1), timedelta(days=1, seconds=-30), timedelta(days=400))
"""How far a wrong clock may be ahead."""


def still_young(world: World) -> timedelta:
    """An age that is safely below the reaper's minimum; of a reaper without one it is negative."""
    return timedelta(seconds=world.claims.minimum_age) - MARGIN


@scenario(examines="KEEP-YOUNG", options=["exclusive-scope"])
def young_pods_without_a_row(world: World) -> None:
    """The pod is there, its row is not yet: neither waits for the other to be committed.

        DAG etl, another run of it    success
        no row yet                    pods  just made, and up to a minute younger than the stated minimum age

    Its own Airflow writes the row in a moment, or a replica shows it a moment later.
    """
    world.task(run_id=OTHER_RUN, state="success")
    oldest = still_young(world)
    for ordinal, age in enumerate((min(oldest, timedelta(seconds=1)), oldest / 2, oldest)):
        born = world.task(task_id=f"load_{ordinal}", state="queued", recorded=False)
        world.pod(born, age=age).live(f"it is {age.total_seconds():.0f} s old and its row is about to be written")


@scenario(examines="KEEP-YOUNG", options=["exclusive-scope"])
def young_pods_in_each_phase(world: World) -> None:
    """Some pods end within seconds, others have not even begun.

        DAG etl, another run of it    success
        no row yet                    pods  Pending, Running, Succeeded, Failed

    What a pod has come to says nothing about how long ago it was made.
    """
    world.task(run_id=OTHER_RUN, state="success")
    shapes: tuple[Shape, ...] = ("pending", "running", "sidecar", "succeeded", "failed")
    for shape in shapes:
        born = world.task(task_id=shape, state="queued", recorded=False)
        world.pod(born, shape=shape, age=still_young(world)).live("it is young and its row is about to be written")


@scenario(examines=["KEEP-YOUNG", "REAP-ROWLESS"], options=["exclusive-scope"])
def young_and_old_pods_of_an_expanding_task(world: World) -> None:
    """A mapped task grew: the rows of its last indexes are about to be written. Another run was deleted days ago.

        etl.load[0]         success    no pod
        etl.load[1], [2]    no row     pods  younger than the stated minimum age
        etl.load, old run   no row     pod  two days old

    Row by row the same is missing; only the age tells.
    """
    world.task(state="success", map_index=0)
    for index in (1, 2):
        born = world.task(state="queued", map_index=index, recorded=False)
        pod = world.pod(born, age=still_young(world))
        pod.live(f"the row of map index {index} is about to be written", examines="KEEP-YOUNG")
    gone = world.task(state="failed", run_id=OTHER_RUN, recorded=False)
    old = timedelta(days=2, seconds=world.claims.minimum_age)
    world.pod(gone, age=old).zombie("its run was deleted", examines="REAP-ROWLESS")


@scenario(examines="RESIST-CLOCK", options=["exclusive-scope"])
def pods_that_were_made_in_the_future(world: World) -> None:
    """The API server's clock is ahead of the reaper's, or the reaper's is behind.

        DAG etl, another run of it    success
        no row yet                    pods  created in 2 minutes, an hour, a day, a year

    The age is negative, and no pod is younger. The seconds of a negative timedelta are 86 400 less its amount.
    """
    world.task(run_id=OTHER_RUN, state="success")
    for ordinal, ahead in enumerate(AHEAD):
        born = world.task(task_id=f"load_{ordinal}", state="queued", recorded=False)
        world.pod(born, age=-ahead).live(
            "it was just made by a clock that is ahead, and its row is about to be written"
        )


@scenario(examines="RESIST-CLOCK", options=["exclusive-scope"])
def young_pods_on_a_node_whose_clock_is_behind(world: World) -> None:
    """The API server says when a pod was made, the node's kubelet when it started and ended.

        DAG etl, another run of it    success
        no row yet                    pods  created a moment ago; startTime, startedAt, finishedAt yesterday

    An age is the difference of two times of one clock, and creationTimestamp is the API server's.
    """
    world.task(run_id=OTHER_RUN, state="success")
    shapes: tuple[Shape, ...] = ("running", "sidecar", "succeeded")
    for shape in shapes:
        born = world.task(task_id=shape, state="queued", recorded=False)
        pod = world.pod(born, shape=shape, age=min(still_young(world), timedelta(seconds=30)))
        pod.manifest["status"] = earlier(pod.manifest["status"], timedelta(days=1))
        pod.live("it was just made, on a node whose clock is a day behind")


@scenario(examines="RESIST-CLOCK")
def pods_with_impossible_times_of_running_tasks(world: World) -> None:
    """Every clock is wrong, and every task is unfinished.

        task instances    running, deferred, queued
        pods              created a year ago, and created in an hour; Running, Succeeded, Failed

    Where a task is not over no time matters.
    """
    shapes: tuple[Shape, ...] = ("running", "succeeded", "failed")
    for state, shape in zip(("running", "deferred", "queued"), shapes, strict=True):
        for age in (timedelta(days=365), -timedelta(hours=1)):
            task = world.task(task_id=f"{state}_{'old' if age > MARGIN else 'unborn'}", state=state)
            world.pod(task, shape=shape, age=age).live(f"its task is {state}, whatever the clocks say")


def earlier(value: Any, by: timedelta) -> Any:
    """A part of a manifest with every time in it (``2026-11-20T06:00:00Z``) moved back."""
    if isinstance(value, dict):
        return {key: earlier(part, by) for key, part in value.items()}
    if isinstance(value, list):
        return [earlier(part, by) for part in value]
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return value
    return (moment - by).strftime("%Y-%m-%dT%H:%M:%SZ")
