"""Task instances that are not over yet: their pods are needed, whatever the pods themselves look like."""

from itertools import product

from kpo_fixtures.airflow.recorded import STATES
from kpo_suite import Shape, World, scenario

ENDED: tuple[Shape, Shape] = ("succeeded", "failed")

UNFINISHED = sorted(STATES["3.3"].unfinished, key=str)


@scenario(examines="KEEP-UNFINISHED")
def pods_of_unfinished_tasks(world: World) -> None:
    """One task instance in each state that is not the end.

        task instance   try 1    running, queued, deferred, ... and NULL
        pod             try 1    Running

    NULL is a state too: a cleared task waits with it, and SQL's IN and NOT IN both pass it over.
    """
    for state in UNFINISHED:
        task = world.task(task_id=f"in_{state}", state=state)
        world.pod(task).live(f"its task is {state or 'without a state'}")


@scenario(examines="KEEP-UNKNOWN-STATE")
def pod_of_a_task_in_a_state_of_tomorrow(world: World) -> None:
    """Airflow has learned a new word.

        task instance   try 1    hibernating
        pod             try 1    Running

    3.3 added awaiting_input; the next release may add another. A word that a reaper does not know is no end.
    """
    task = world.task(state="hibernating")
    world.pod(task).live("its task is in a state that may well come to life again")


@scenario(examines="KEEP-RESUMING")
def ended_pods_that_are_still_to_be_read(world: World) -> None:
    """The container is done, the task is not: somebody comes back for logs, XCom and exit code.

        task instance   try 1    running, or on its way back from the triggerer
        pod             try 1    Succeeded or Failed

    The operator polls every 2 s, and a deferrable task reads its pod only after it was scheduled, queued and started
    again. Where the pod is gone by then, a success ends as failed (apache/airflow#70595).
    """
    for state, shape in product(("running", "deferred", "scheduled", "queued"), ENDED):
        task = world.task(task_id=f"{state}_{shape}", state=state)
        world.pod(task, shape=shape).live(f"its task is {state} and has not read its result yet")
