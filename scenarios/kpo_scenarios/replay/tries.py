"""Retries: an older try's label proves nothing, a newer try's own pod does."""

from kpo_suite import World, scenario


@scenario(examines="KEEP-REATTACHED")
def retry_runs_on_the_pod_of_the_older_try(world: World) -> None:
    """The worker of try 1 died; try 2 found its pod and runs on it.

        task instance   try 2    running, or deferred
        pod             try 1    Running      <- adopted, never relabelled

    KPO looks its pod up without regard to try_number and leaves the labels alone, so an older label proves nothing.
    Rule 2 of apache/airflow#58968, taken literally, kills it.
    """
    for state in ("running", "deferred"):
        task = world.task(task_id=state, state=state, try_number=2, max_tries=1)
        pod = world.pod(task, try_number=1).live("try 2 runs on it")
        world.remember_pod(task, pod)


@scenario(examines="KEEP-AWAITING-REATTACH")
def pods_that_the_coming_retry_will_adopt(world: World) -> None:
    """The worker of try 1 died, its pod goes on, and the retry has not come yet.

        task instance   try 1 up_for_retry, then try 2 scheduled and queued
        pod             try 1    Running

    From 2.10 on the row shows the next try as soon as it is scheduled. Airflow 3.3 notes in task_state_store which pod
    will be adopted; before, and with reattach by labels, nothing says so.
    """
    for state, number in (("up_for_retry", 1), ("scheduled", 2), ("queued", 2)):
        for remembered in (True, False):
            name = f"{state}_{'remembered' if remembered else 'by_labels'}"
            task = world.task(task_id=name, state=state, try_number=number, max_tries=1)
            pod = world.pod(task, try_number=1).live("the retry that is still to come will adopt it")
            if remembered:
                world.remember_pod(task, pod)


@scenario(examines="REAP-OVERTAKEN")
def newer_try_runs_on_a_pod_of_its_own(world: World) -> None:
    """Try 2 did not find the pod of try 1 and made one.

        task instance   try 2    running
        pod             try 1    Running      <- overtaken
        pod             try 2    Running      <- the one that runs

    This is what rule 2 of apache/airflow#58968 is after, in the form that is safe.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1).zombie("try 2 runs on a pod of its own")
    newer = world.pod(task, try_number=2).live("try 2 runs on it", examines="KEEP-UNFINISHED")
    world.remember_pod(task, newer)
