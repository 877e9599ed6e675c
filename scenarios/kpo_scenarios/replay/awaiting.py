"""Pods between two tries: the worker is dead, and the retry that will adopt the pod has not come yet."""

from datetime import timedelta

from kpo_suite import World, scenario

STEPS = (("up_for_retry", 1), ("scheduled", 2), ("queued", 2))
"""States and attempts on the way from a dead worker to the next one."""


@scenario(examines="KEEP-AWAITING-REATTACH")
def pods_that_the_coming_retry_will_adopt(world: World) -> None:
    """The worker of try 1 died, its pod goes on, and the retry has not come yet.

        task instance   try 1 up_for_retry, then try 2 scheduled and queued
        pod             try 1    Running

    From 2.10 on the row shows the next try as soon as it is scheduled. Airflow 3.3 notes in task_state_store which pod
    will be adopted; before, and with reattach by labels, nothing says so.
    """
    for state, number in STEPS:
        for remembered in (True, False):
            name = f"{state}_{'remembered' if remembered else 'by_labels'}"
            task = world.task(task_id=name, state=state, try_number=number, max_tries=1)
            pod = world.pod(task, try_number=1).live("the retry that is still to come will adopt it")
            if remembered:
                world.remember_pod(task, pod)


@scenario(examines="KEEP-AWAITING-REATTACH")
def pods_that_had_not_started_when_their_worker_died(world: World) -> None:
    """The worker died while it waited for its pod to start.

        task instance   try 1 up_for_retry, then try 2 scheduled and queued
        pod             try 1    Pending

    KPO adopts a Pending pod as it adopts a Running one, and then waits for it.
    """
    for state, number in STEPS:
        task = world.task(task_id=state, state=state, try_number=number, max_tries=1)
        world.pod(task, try_number=1, shape="unschedulable").live("the retry that is still to come will wait for it")


@scenario(examines="KEEP-AWAITING-REATTACH")
def retry_that_comes_tomorrow(world: World) -> None:
    """retry_delay is a day, or grew to one by retry_exponential_backoff.

        task instance   try 1    up_for_retry
        pod             try 1    Running, made 20 hours ago

    Nobody looks after the pod until then, and nobody has to.
    """
    task = world.task(state="up_for_retry", max_tries=3)
    world.pod(task, age=timedelta(hours=20)).live("the retry that is still to come will adopt it")


@scenario(examines="KEEP-AWAITING-REATTACH", variants={"state": [None, "scheduled", "queued"]})
def cleared_task_finds_the_pod_of_its_last_try(world: World, state: str | None) -> None:
    """The task failed with its worker, and somebody cleared it while its pod still ran.

        task instance   try 2 cleared: NULL, then try 3 scheduled and queued
        pod             try 2    Running

    For the pod it is all the same whether Airflow or a person asked for the next try.
    """
    task = world.task(state=state, try_number=2 if state is None else 3, max_tries=3)
    world.pod(task, try_number=2).live("the try that somebody asked for will adopt it")


@scenario(examines=["KEEP-AWAITING-REATTACH", "REAP-MAPPED"])
def map_indexes_that_await_their_retries(world: World) -> None:
    """A node died with the workers of a mapped task; one map index had no try left.

        etl.load[0]     try 1    up_for_retry    pod  try 1
        etl.load[1]     try 2    queued          pod  try 1
        etl.load[2]     try 1    failed          pod  try 1

    Each map index has its own retries, and its own pod to adopt.
    """
    for index, (state, number) in enumerate((STEPS[0], STEPS[2])):
        task = world.task(state=state, map_index=index, try_number=number, max_tries=1)
        pod = world.pod(task, try_number=1)
        pod.live(f"the retry of map index {index} will adopt it", examines="KEEP-AWAITING-REATTACH")
    over = world.task(state="failed", map_index=2)
    world.pod(over).zombie("map index 2 has no try left", examines="REAP-MAPPED")
