"""What a sweep returns: another code than 0 if any part of it failed, and 0 where nothing did."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import DELETIONS

DELETION = {
    "refused": "DL5/500@delete-pods-1",
    "forbidden": "DL8@delete-pods-1",
    "denied": "DL9/webhook@delete-pods-1",
    "timed-out": "DL5/504-after@delete-pods-1",
    "reset": "DL3@delete-pods-1",
    "unanswered": "DL2/reset@delete-pods-1",
    "cut-off": "DL2/eof@delete-pods-1",
}
NAMESPACE = {"forbidden": "LS14/403", "failing": "LS14/500"}


def three_zombies(world: World) -> None:
    """Three failed tasks whose pods are left; the oldest comes first."""
    for index in range(3):
        task = world.task(state="failed", map_index=index)
        world.pod(task, shape="sidecar", age=timedelta(hours=5 - index)).zombie("its task failed")


@scenario(examines="TELL-EXIT-CODE", variants={"how": list(DELETION)})
def one_deletion_of_several_fails(world: World, how: str) -> None:
    """Four zombies, and the first DELETE is refused, never arrives, or is never answered.

        DELETE 1           403, 500, 504 although it is carried out, a reset before or after it, or no answer
        DELETE 2, 3, 4     200
        exit code          not 0; where a look showed that the pod is gone, 0 is as true

    airflow kubernetes cleanup-pods ends with 0 when every DELETE has failed. What nobody hears of, nobody mends.
    """
    three_zombies(world)
    form, _, point = DELETION[how].partition("@")
    world.fault(form, at=point)


@scenario(examines="TELL-EXIT-CODE", variants={"how": list(NAMESPACE)})
def one_namespace_of_two_is_refused(world: World, how: str) -> None:
    """The scope has two namespaces, and the LIST of the first fails or is forbidden.

        LIST 1       403 or 500
        LIST 2       200, a zombie
        exit code    not 0, whether the other namespace is swept or not

    A RoleBinding that was forgotten is found by the exit code, or months later.
    """
    world.scope = (world.namespace, "batch")
    three_zombies(world)
    world.pod(world.task(task_id="store", state="failed"), namespace="batch").zombie("its task failed")
    world.fault(NAMESPACE[how], at="list-pods-1")


@scenario(examines="TELL-EXIT-CODE", variants={"then": ["gone", "replaced"]})
def pods_go_before_they_are_deleted(world: World, then: str) -> None:
    """The zombies go when the subject has decided to delete them: another cleaner was faster, or they are replaced.

        DELETE 1 to 4    404, or 409 for a uid that is no longer there
        exit code        0

    What somebody else has done is done. Who calls it a failure has an alarm that nobody listens to any more.
    """
    three_zombies(world)
    zombies = list(world.pods)

    def clean(stage: Stage) -> None:
        for pod in zombies:
            stage.remove(pod)
            if then == "replaced":
                stage.born(like=pod)

    world.between(clean, *DELETIONS, what="all zombies go")


@scenario(examines="TELL-EXIT-CODE")
def nothing_fails(world: World) -> None:
    """Zombies that can all be deleted, pods of every kind that is kept, and a pod that is terminating.

        exit code    0

    To keep a pod, or not to be able to read its labels, is no failure of a sweep.
    """
    three_zombies(world)
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    garbled = world.task(task_id="garbled", state="failed")
    world.pod(garbled, labels={"try_number": "abc"}).kept("its labels name no try")
    world.pod(world.task(dag_id="theirs", state=None, recorded=False)).kept("it may be another Airflow's")
    ending = world.task(task_id="ending", state="failed")
    world.pod(ending, grace_seconds=600, terminating=timedelta(minutes=1)).zombie("its task failed; it is terminating")
