"""Labels that fit several task instances: nothing on the pod tells whose it is, so the unfinished ones decide."""

from kpo_suite import World, scenario

STEM = "team_analytics.region_emea.pipeline_daily_customer_aggregation"
DAGS = (f"{STEM}_v0169818", f"{STEM}_v0254006")
"""Two dag_ids whose 36-bit hashes collide."""
_BACKFILL = "manual__2024-01-01T00:00:00.000000+00:00__backfill_of_the_whole"
RUNS = (f"{_BACKFILL}_0067844", f"{_BACKFILL}_0149351")
"""Two run_ids whose 36-bit hashes collide."""
ALIAS = ("trail_", "trail-0fc596528")
"""Two ids with one label and no collision: the second is what the first becomes."""
RUN_ALIAS = ("manual__2024-01-01T00:00:00+00:00", "manual__2024-01-01T0000000000-701821d7a")
"""The same with run_ids."""
FIRST = {"first": ["running", "failed"]}
"""Whichever a reaper looks at first may be the one that is over."""


@scenario(examines="KEEP-AMBIGUOUS", variants=FIRST)
def two_dags_share_a_label(world: World, first: str) -> None:
    """Two valid dag_ids whose labels are equal, by a collision of the 36-bit hash.

        ...aggregation_v0169818.load    running    one label; pod  Running
        ...aggregation_v0254006.load    failed

    The pod belongs to one of them, and nothing on it tells to which.
    """
    second = "failed" if first == "running" else "running"
    task = world.task(dag_id=DAGS[0], state=first)
    world.task(dag_id=DAGS[1], state=second)
    world.pod(task).live("one of the two task instances that its labels fit runs")


@scenario(examines="KEEP-AMBIGUOUS", variants=FIRST)
def two_runs_share_a_label(world: World, first: str) -> None:
    """Two run_ids of one DAG, named by a script that counts, whose labels are equal by a collision of the hash.

        etl.load    ...backfill_of_the_whole_0067844    running    one label; pod  Running
        etl.load    ...backfill_of_the_whole_0149351    failed

    A quarter of a million names are enough to find such a pair.
    """
    second = "failed" if first == "running" else "running"
    task = world.task(run_id=RUNS[0], state=first)
    world.task(run_id=RUNS[1], state=second)
    world.pod(task).live("one of the two runs that its labels fit goes on")


@scenario(examines="KEEP-AMBIGUOUS", variants=FIRST)
def id_that_is_what_another_becomes(world: World, first: str) -> None:
    """No collision is needed: a label may be a valid id itself.

        etl.trail_             running    label trail-0fc596528; pod  Running
        etl.trail-0fc596528    failed     label trail-0fc596528

    The one whose id is written on the pod has no better claim to it.
    """
    second = "failed" if first == "running" else "running"
    task = world.task(task_id=ALIAS[0], state=first)
    world.task(task_id=ALIAS[1], state=second)
    world.pod(task).live("one of the two tasks that its labels fit runs")


@scenario(examines="KEEP-AMBIGUOUS")
def run_that_is_named_like_the_label_of_another(world: World) -> None:
    """Somebody triggered a run by hand and copied its name from a pod's label.

        etl.load    manual__2024-01-01T00:00:00+00:00          running    pod  Running
        etl.load    manual__2024-01-01T0000000000-701821d7a    success    the same label

    Both are names that Airflow accepts.
    """
    task = world.task(run_id=RUN_ALIAS[0], state="running")
    world.task(run_id=RUN_ALIAS[1], state="success")
    world.pod(task).live("one of the two runs that its labels fit goes on")


@scenario(examines="KEEP-AMBIGUOUS", variants={"unfinished": [0, 1, 2, 3]})
def one_of_four_fitting_task_instances_runs(world: World, unfinished: int) -> None:
    """Aliases of the DAG and of the task at once: four task instances, one set of labels.

        trail_.trail_                        failed, failed, failed, and one of them running
        trail_.trail-0fc596528               pod  Running, with the label trail-0fc596528 twice
        trail-0fc596528.trail_
        trail-0fc596528.trail-0fc596528

    Three of four is a majority and no proof.
    """
    tasks = [
        world.task(dag_id=dag_id, task_id=task_id, state="running" if 2 * row + column == unfinished else "failed")
        for row, dag_id in enumerate(ALIAS)
        for column, task_id in enumerate(ALIAS)
    ]
    world.pod(tasks[unfinished]).live("one of the four task instances that its labels fit runs")


@scenario(examines="KEEP-AMBIGUOUS", variants={"state": [None, "deferred", "up_for_retry"]})
def one_of_the_two_has_yet_to_run(world: World, state: str | None) -> None:
    """Of two task instances with one label one is over, and the other waits.

        ...aggregation_v0169818.load    success
        ...aggregation_v0254006.load    NULL, deferred or up_for_retry    pod  Running

    It was cleared and will look for its pod; that no worker has it now is no end.
    """
    world.task(dag_id=DAGS[0], state="success")
    task = world.task(dag_id=DAGS[1], state=state, max_tries=1)
    world.pod(task).live("one of the two task instances that its labels fit is not over")


@scenario(examines="KEEP-AMBIGUOUS")
def newer_try_of_a_stranger_with_the_same_label(world: World) -> None:
    """Two task instances share a label; each runs on a pod of its own, in tries of different number.

        ...aggregation_v0169818.load    try 2    running    pod  try 2
        ...aggregation_v0254006.load    try 1    running    pod  try 1

    By the labels alone the second pod was overtaken by the first.
    """
    second_try = world.task(dag_id=DAGS[0], state="running", try_number=2, max_tries=1)
    first_try = world.task(dag_id=DAGS[1], state="running")
    world.pod(first_try).live("one of the two task instances that its labels fit runs on it, in its first try")
    world.pod(second_try).live("one of the two task instances that its labels fit runs on it, in its second try")
