"""Pods that become live, or another's, after they were seen and before their DELETE; and rows that move meanwhile.

A change of Airflow's rows after the last look at them, and of nothing else, nobody can see: an adopting try leaves no
trace on its pod. So rows change here before the look that a correct sweep still has to take, and pods until the DELETE.
"""

from datetime import timedelta
from typing import Any

from kpo_suite import World, WorldPod, scenario
from kpo_suite.owners import owners_of
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS, Action

JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "name": "etl-load",
    "uid": "5f1d6f3c-3c0f-4a52-9d6e-0e6f4b6f0c11",
    "controller": True,
}
MARKS: dict[str, tuple[dict[str, Any], str]] = {
    "kept": (
        {"labels": {"already_checked": "True"}},
        "its operator, which had been told to keep it, marked it when the sweep had seen it",
    ),
    "taken-up": (
        {"labels": {"airflow-worker": "12"}},
        "an executor took it up when the sweep had seen it",
    ),
    "adopted": (
        {"ownerReferences": [JOB]},
        "a Job adopted it when the sweep had seen it",
    ),
    "unmarked": (
        {"labels": {"kubernetes_pod_operator": None}},
        "somebody took it out of the operator's hands when the sweep had seen it",
    ),
}
CLEARED = "somebody cleared its task when the sweep had listed it, and the next try adopts it"


def before_it_is_touched(world: World, pod: WorldPod, action: Action, *, what: str) -> None:
    """Let the world change when the pod is read again or deleted, whichever comes first: a second look is a way out."""
    world.between(action, "get-pods", *DELETIONS, name=pod.point, what=what)


@scenario(examines="KEEP-RACED", variants={"mark": list(MARKS)})
def pod_that_is_marked_before_its_deletion(world: World, mark: str) -> None:
    """A zombie is listed, and before the subject deletes it, or reads it again, somebody shows that it is to be kept.

        sweep      LIST ...... decides ........... DELETE
        etl.load   failed               pod: already_checked=True, another's label, or an owner

    A worker whose task is marked failed ends it within seconds, and keeps the pod where it was told to
    (on_finish_action). A resourceVersion in the preconditions tells, and so does a look right before.
    """
    change, why = MARKS[mark]
    pod = world.pod(world.task(state="failed"), shape="sidecar").kept(why)
    world.bystanders += owners_of([{"metadata": {"namespace": pod.namespace, **change}}])
    before_it_is_touched(world, pod, lambda stage: stage.patch(pod, {"metadata": change}), what=f"the pod is {mark}")


@scenario(examines="KEEP-RACED")
def pod_that_opts_out_before_its_deletion(world: World) -> None:
    """Somebody sees a zombie, wants to look into it, and annotates it so that this reaper leaves it alone.

        sweep      LIST ...... decides ............ DELETE
        etl.load   failed               pod: the reaper's own annotation

    Who asks the reaper to keep a pod is not to learn that it came a second too late.
    """
    if not world.claims.opt_out:
        return
    pod = world.pod(world.task(state="failed"), shape="sidecar").kept("its annotation asks to keep it")
    change = {"metadata": {"annotations": dict(world.claims.opt_out)}}
    before_it_is_touched(world, pod, lambda stage: stage.patch(pod, change), what="the pod is annotated")


@scenario(examines="KEEP-RACED")
def pods_that_are_marked_once_the_first_is_deleted(world: World) -> None:
    """Six zombies are listed. When the first DELETE has been carried out, the operators of the others mark their pods.

        etl.load[0] to [4]    failed    pods  those that are left: already_checked=True
        twin.over             failed    pod   may be the first

    A second look at all of them, before the first DELETE, is too early for the last.
    """
    pods = [
        world.pod(world.task(state="failed", map_index=index), shape="sidecar").kept(MARKS["kept"][1])
        for index in range(5)
    ]

    def mark(stage: Stage) -> None:
        for pod in pods:
            if stage.standing(pod.point) is pod:
                stage.patch(pod, {"metadata": MARKS["kept"][0]})
            else:
                pod.fate, pod.why = "zombie", "its task failed; it went before anybody marked it"

    world.between(mark, *DELETIONS, when="after", what="the operators of the others mark their pods as kept")


@scenario(examines="KEEP-RACED", variants={"state": [None, "running"]})
def task_that_is_cleared_when_its_pod_has_been_listed(world: World, state: str | None) -> None:
    """A failed task is cleared after the LIST and before the subject asks Airflow: its next try adopts the pod.

        sweep      LIST ............................ task instances .... DELETE
        etl.load   failed, try 1    try 2 begins
        pod        try 1, Running   <- adopted, never relabelled

    The reading on which a deletion rests has to come last. What was read before the LIST is as old as the LIST is long.
    """
    task = world.task(state="failed")
    world.pod(task).live(CLEARED)
    world.between(
        lambda stage: stage.move(task, state, try_number=2),
        "list-pods",
        when="after",
        what="the task is cleared",
    )


@scenario(
    examines="KEEP-RACED",
    variants={
        "change": ["up_for_retry-queued", "deferred-scheduled", "scheduled-running", "running-up_for_retry"],
    },
)
def task_that_goes_on_while_it_is_swept(world: World, change: str) -> None:
    """The task instance moves from one unfinished state to the next while the subject is at work.

        before the sweep    up_for_retry    deferred     scheduled    running
        from the LIST on    queued          scheduled    running      up_for_retry
        pod                 Running, or Succeeded and not read yet where the task was deferred

    A task instance that leaves one set and enters another is in neither of two answers, and unfinished all the time.
    """
    before, _, then = change.partition("-")
    number = 2 if then == "queued" else 1
    task = world.task(state=before, try_number=1, max_tries=2)
    world.pod(task, shape="succeeded" if before == "deferred" else "running").live(
        f"its task went on from {before} to {then}"
    )
    world.between(
        lambda stage: stage.move(task, then, try_number=number),
        "list-pods",
        when="after",
        what=f"the task goes on to {then}",
    )


@scenario(examines=["KEEP-RACED", "REAP-CONVERGES"])
def cleared_task_that_makes_a_pod_of_its_own(world: World) -> None:
    """Marked failed and cleared while the subject sweeps: the next try finds its old pod checked and makes a new one.

        etl.load          failed, try 1    ->  running, try 2, from the LIST on
        pod of try 1      Running, its sidecar only: overtaken
        pod of try 2      Running, born when the first had been listed

    The old pod may go now or in a later sweep; the new one never.
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar").zombie("try 2 of its task runs on a pod of its own")
    new = world.pod(task, try_number=2, age=timedelta(0), later=True).live("try 2 runs on it")

    def clear(stage: Stage) -> None:
        stage.move(task, "running", try_number=2)
        stage.create(new)

    world.between(clear, "list-pods", when="after", what="the task is cleared, and its next try has a pod")
