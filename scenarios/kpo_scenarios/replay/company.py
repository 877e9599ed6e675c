"""The reaper is not alone: a second one, PodGC or airflow kubernetes cleanup-pods works on the same pods."""

from kpo_fixtures.faults.actions import Moment
from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS, WorldPod

MOMENTS: dict[str, tuple[tuple[str, ...], int, Moment]] = {
    "listed": (("list-pods",), 1, "after"),
    "decided": (DELETIONS, 1, "before"),
    "deleting": (DELETIONS, 1, "after"),
    "half-way": (DELETIONS, 2, "before"),
}
"""Where the other's whole sweep comes between the steps of the first: its kinds, which of them, and on which side."""


@scenario(examines="RESIST-COMPANY", variants={"moment": list(MOMENTS)}, company=tuple(MOMENTS))
def two_sweeps_at_once(world: World, moment: str) -> None:
    """A second reaper makes its whole sweep while the first stands between two steps of its own.

        etl.load[0..1]    failed     pods  Running: only the sidecar is left
        etl.store[0..1]   success    pods  Succeeded an hour ago, gone at once when deleted
        etl.check         running    pod   Running
        first reaper      LIST  ...................................  DELETE  DELETE ..
        second reaper           LIST  DELETE  DELETE  DELETE  DELETE

    Two replicas do so, and a cron job whose sweep takes longer than its interval. 404 and 409 are then the success of
    somebody else: neither a failure nor a deletion of one's own.
    """
    for index in range(2):
        failed = world.task(task_id="load", state="failed", map_index=index)
        world.pod(failed, shape="sidecar").zombie("its task failed")
        done = world.task(task_id="store", state="success", map_index=index)
        world.pod(done, shape="succeeded").zombie("its task succeeded an hour ago")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    kinds, nth, when = MOMENTS[moment]
    world.between(lambda stage: stage.company(), *kinds, nth=nth, when=when, what="another reaper sweeps")


@scenario(examines="RESIST-COMPANY", variants={"who": ["another-reaper", "cleanup-pods"]}, company=("another-reaper",))
def name_is_taken_after_somebody_else_deleted(world: World, who: str) -> None:
    """Somebody else deletes the pod that the reaper is about to delete, and the next run takes its name.

        etl.load      run 1    success    pod etl-load    Succeeded an hour ago
        reaper        LIST, decides on etl-load
        another       deletes etl-load: it is gone at once
        etl.load      run 2    running    pod etl-load    another uid
        reaper        DELETE etl-load

    With one reaper the name could not have become free. airflow kubernetes cleanup-pods deletes by name as well.
    """
    old = world.pod(world.task(state="success"), name="etl-load", shape="succeeded").zombie("its task succeeded")
    second = world.task(run_id="manual__2026-11-20T07:00:00+00:00", state="running", later=True)
    new = world.pod(second, name="etl-load", later=True).live("a later run of its task runs on it")

    def take(stage: Stage) -> None:
        if who == "another-reaper":
            stage.company()
        removed(stage, old)
        stage.write(second)
        stage.create(new)

    world.before_deletion(old, take, what=f"{who} deletes the pod and another run's takes its name")


@scenario(examines="RESIST-COMPANY", variants={"when": ["before", "after"]})
def pod_gc_takes_what_has_ended(world: World, when: Moment) -> None:
    """PodGC deletes every pod that has ended, with grace 0, before or after the reaper's first DELETE.

        etl.store[0..3]   success    pods  Succeeded an hour ago
        etl.load          failed     pod   Running: only the sidecar is left
        etl.check         running    pod   Running
        reaper            LIST, DELETE .. of which most find no pod any more

    One zombie still runs, which PodGC leaves alone: what it takes must not keep that one from being deleted.
    """
    done = [world.task(task_id="store", state="success", map_index=index) for index in range(4)]
    ended = [world.pod(each, shape="succeeded").zombie("its task succeeded an hour ago") for each in done]
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    world.between(lambda stage: removed(stage, *ended), *DELETIONS, when=when, what="PodGC collects what has ended")


def removed(stage: Stage, *pods: WorldPod) -> None:
    """Another hand deletes those of these very pods that are still there, at once."""
    for pod in pods:
        if stage.standing(pod.point) is pod:
            stage.remove(pod)
