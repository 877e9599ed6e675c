"""Zombies that a sweep missed, that came while it went on, or whose DELETE was lost: the next sweeps take them."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS

FAULTS = {
    "refused": ("DL5/500", "delete-pods-1"),
    "reset": ("DL3", "delete-pods-1"),
    "unanswered": ("DL2/reset", "delete-pods-1"),
    "unlisted": ("LS5/500", "list-pods-1"),
    "expired": ("LS1/expired", "list-pods-1"),
}


@scenario(examines="REAP-CONVERGES", variants={"fault": list(FAULTS)})
def zombies_that_a_fault_has_kept(world: World, fault: str) -> None:
    """Four zombies, and the first DELETE or the LIST fails: refused, reset, carried out and unanswered, expired.

        first sweep    something fails
        next sweep     nothing fails: every zombie is gone after it

    What was asked for is not what was done (PostHog's duckgres marked a worker as retired before its DELETE, and the
    pod ran on for ever).
    """
    for index in range(3):
        task = world.task(state="failed", map_index=index)
        world.pod(task, shape="sidecar", age=timedelta(hours=5 - index)).zombie("its task failed")
    form, point = FAULTS[fault]
    world.fault(form, at=point)


@scenario(examines="REAP-CONVERGES", variants={"end": ["failed", "success", "removed"]})
def task_that_ends_while_it_is_swept(world: World, end: str) -> None:
    """A task ends when the subject has read that it runs, and leaves its pod behind.

        sweep 1     LIST, task instances: running ........ DELETE of another pod
        etl.load                                    failed, success or removed
        sweep 2     LIST, task instances: failed         DELETE

    What a pod was taken for in one sweep says nothing in the next.
    """
    task = world.task(state="running")
    world.pod(task, shape="sidecar").zombie(f"its task became {end} while the first sweep went on")
    world.between(lambda stage: stage.move(task, end), *DELETIONS, what=f"a task becomes {end}")


@scenario(examines="REAP-CONVERGES")
def zombie_under_the_name_of_one_that_went(world: World) -> None:
    """The zombie goes before its DELETE, and the next run leaves another one of the same name.

        sweep 1     DELETE etl-load: 409, the uid is another's
        etl-load    uid 1: gone      uid 2: of a run that failed, too
        sweep 2     DELETE etl-load: 200

    Who remembers what it has dealt with remembers pods, not names.
    """
    old = world.pod(world.task(state="failed"), name="etl-load", shape="sidecar").zombie("its task failed")
    again = world.task(run_id="scheduled__2026-11-20T07:00:00+00:00", state="failed", later=True)
    new = world.pod(again, name="etl-load", shape="sidecar", age=timedelta(minutes=20), later=True)
    new.zombie("its task failed, as that of the run before")

    def fail_again(stage: Stage) -> None:
        stage.write(again)
        stage.replace(old, new)

    world.before_deletion(old, fail_again, what="the next run has failed, and left a pod of the same name")


@scenario(examines="REAP-CONVERGES")
def zombie_whose_mark_is_taken_away(world: World) -> None:
    """A pod is kept on purpose when it is listed; then its author is done with it and takes the mark off.

        sweep 1     LIST: already_checked=True ........ DELETE of another pod
        pod                                       already_checked taken away
        sweep 2     LIST: no mark                       DELETE

    That a pod was kept once is no reason to keep it.
    """
    pod = world.pod(world.task(state="failed"), shape="sidecar", labels={"already_checked": "True"})
    pod.zombie("its task failed, and nobody keeps it any more")
    change = {"metadata": {"labels": {"already_checked": None}}}
    world.between(lambda stage: stage.patch(pod, change), *DELETIONS, what="the mark is taken away")
