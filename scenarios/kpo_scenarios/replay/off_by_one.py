"""Airflow 2.7 to 2.9 takes a try back while its task is deferred or rescheduled: the row then shows one less."""

from itertools import product

from kpo_suite import World, scenario

OLD = ("2.7", "2.8", "2.9")
AWAY = ("deferred", "up_for_reschedule")


@scenario(examines="KEEP-DEFERRED-OFF-BY-ONE", airflow=OLD, variants={"state": AWAY})
def task_that_is_away_shows_the_try_before(world: World, state: str) -> None:
    """The first try gave its worker back.

        task instance   try 1, shown as 0    deferred or up_for_reschedule
        pod             try 1                Running

    airflow.models.taskinstance decrements _try_number as it defers. A comparison for equality finds no task for the
    pod, and one that asks whether the try has begun finds that it has not.
    """
    task = world.task(state=state)
    world.pod(task).live(f"its task is {state}, and the row shows try 0 meanwhile")


@scenario(examines="KEEP-DEFERRED-OFF-BY-ONE", airflow=OLD)
def map_indexes_that_are_away_show_the_try_before(world: World) -> None:
    """A mapped deferrable task, partly in its second try.

        etl.load[0]     try 1, shown as 0    deferred     pod  try 1
        etl.load[1]     try 2, shown as 1    deferred     pod  try 2
        etl.load[2]     try 2                running      pod  try 2

    One number means different tries on neighbouring rows.
    """
    deferred = "KEEP-DEFERRED-OFF-BY-ONE"
    for index, state, number in ((0, "deferred", 1), (1, "deferred", 2), (2, "running", 2)):
        task = world.task(state=state, map_index=index, try_number=number, max_tries=1)
        pod = world.pod(task)
        pod.live(f"map index {index} is {state}", examines=deferred if state == "deferred" else "KEEP-UNFINISHED")


@scenario(examines="KEEP-DEFERRED-OFF-BY-ONE", airflow=OLD)
def second_try_is_away_and_the_row_shows_the_first(world: World) -> None:
    """The pod of try 1 was kept for debugging, that of try 2 is the one that works.

        task instance   try 2, shown as 1    deferred or up_for_reschedule
        pod             try 1                Failed, already_checked=True
        pod             try 2                Running

    The number in the row is that of the wrong pod.
    """
    for state in AWAY:
        task = world.task(task_id=state, state=state, try_number=2, max_tries=1)
        kept = world.pod(task, try_number=1, shape="failed", labels={"already_checked": "True"})
        kept.kept("its author asked to keep it", examines="KEEP-RETAINED")
        world.pod(task).live(f"try 2 is {state}, and the row shows try 1 meanwhile")


@scenario(examines="KEEP-DEFERRED-OFF-BY-ONE", airflow=OLD)
def retry_defers_on_the_pod_of_an_older_try(world: World) -> None:
    """Try 2 or 3 adopted the pod of try 1 and is away.

        task instance   try 2, shown as 1; try 3, shown as 2    deferred or up_for_reschedule
        pod             try 1                                   Running      <- adopted, never relabelled

    Who corrects the column by one, as it should be, must not take the result for a reason either.
    """
    for number, state in product((2, 3), AWAY):
        task = world.task(task_id=f"{state}_{number}", state=state, try_number=number, max_tries=2)
        world.pod(task, try_number=1).live(f"try {number} is {state} and comes back to it")
