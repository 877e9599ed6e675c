"""Tasks that were ended while they were deferred: nobody was there to delete their pods."""

from kpo_suite import World, scenario


@scenario(examines="REAP-DEFERRED-KILL", variants={"state": ["failed", "success"]})
def task_marked_while_it_was_deferred(world: World, state: str) -> None:
    """A deferrable task waited in the triggerer when somebody marked it.

        task instance   try 1    failed or success, from deferred
        pod             try 1    Running

    Before provider 10.15 nothing deleted the pod (apache/airflow#62398, #44014); since then a triggerer that dies at
    that moment leaves it. Until Airflow 2.9 the row shows try 0: deferring takes the number back.
    """
    task = world.task(state=state, left="deferred")
    world.pod(task).zombie(f"its task was marked {state} while it was deferred")


@scenario(examines="REAP-DEFERRED-KILL")
def later_try_killed_while_it_was_deferred(world: World) -> None:
    """The third try was deferred on a pod of its own when it was marked failed.

        task instance   try 3    failed, from deferred (until 2.9 the row shows 2)
        pod             try 3    Running

    A label above the row's number is no sign of a lagging database there, and no reason to wait.
    """
    task = world.task(state="failed", try_number=3, max_tries=4, left="deferred")
    world.pod(task).zombie("its task was marked failed while try 3 was deferred")


@scenario(examines="REAP-DEFERRED-KILL")
def killed_while_deferred_on_an_adopted_pod(world: World) -> None:
    """Try 2 adopted the pod of try 1, deferred, and was marked failed.

        task instance   try 2    failed, from deferred (until 2.9 the row shows 1)
        pod             try 1    Running    <- adopted, never relabelled

    The label agrees with the row on one generation and not on the other, and means the same on both.
    """
    task = world.task(state="failed", try_number=2, max_tries=2, left="deferred")
    world.pod(task, try_number=1).zombie("its task was marked failed while try 2 was deferred on it")


@scenario(examines="REAP-DEFERRED-KILL", variants={"state": ["skipped", "removed", "upstream_failed"]})
def scheduler_ended_a_deferred_task(world: World, state: str) -> None:
    """Nobody marked it: the scheduler ended the task while its trigger waited.

        task instance   try 1    skipped (dagrun_timeout), removed (gone from its DAG), upstream_failed (cleared above)
        pod             try 1    Running

    The trigger is cancelled when its row is gone, and a trigger that is cancelled need not clean up (#36090).
    """
    task = world.task(state=state, left="deferred")
    world.pod(task).zombie(f"the scheduler set its task to {state} while it was deferred")


@scenario(examines="REAP-DEFERRED-KILL", variants={"waiting": ["scheduled", "queued"]})
def killed_on_the_way_back_from_the_triggerer(world: World, waiting: str) -> None:
    """The trigger has fired or timed out; the task was to be resumed, and was marked failed before a worker had it.

        task instance   try 1    failed, from scheduled or queued after a deferral
        pod             try 1    Running

    A trigger's timeout goes to __fail__ without the operator's code (check_trigger_timeouts), so nobody looks at the
    pod on that way at all.
    """
    task = world.task(state="failed", left=waiting)
    world.pod(task).zombie(f"its task was marked failed while it was {waiting} to resume")


@scenario(examines=["REAP-DEFERRED-KILL", "KEEP-UNFINISHED"])
def one_deferred_map_index_is_killed(world: World) -> None:
    """Three map indexes are deferred; one of them is marked failed.

        etl.load[0]    deferred                  pod  Running
        etl.load[1]    failed, from deferred     pod  Pending
        etl.load[2]    deferred                  pod  Running

    All three waited in the same triggerer, and it goes on with two.
    """
    over = world.task(state="failed", map_index=1, left="deferred")
    pod = world.pod(over, shape="image-pull")
    pod.zombie("its map index was marked failed while it was deferred", examines="REAP-DEFERRED-KILL")
    for index in (0, 2):
        waiting = world.task(state="deferred", map_index=index)
        world.pod(waiting).live(f"map index {index} is deferred and waits for it", examines="KEEP-UNFINISHED")
