"""Mapped tasks: one row and one pod for each index, and no label at all where a task is not mapped."""

from kpo_suite import World, scenario


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def one_map_index_is_over_and_its_siblings_run(world: World) -> None:
    """The issue's mapped task: index 1 has failed, 0 and 10 still run, and so does a task that is not mapped.

        etl.load[0]     running    pod  Running
        etl.load[1]     failed     pod  Running: only the sidecar is left
        etl.load[10]    running    pod  Running
        etl.check       running    pod  Running, without the label map_index

    An absent map_index is -1 and not 0, and 1 is a prefix of 10.
    """
    over = world.task(state="failed", map_index=1)
    world.pod(over, shape="sidecar").zombie("its map index has failed", examines="REAP-MAPPED")
    for index in (0, 10):
        sibling = world.task(state="running", map_index=index)
        world.pod(sibling).live(f"map index {index} runs", examines="KEEP-MAPPED-SIBLING")
    unmapped = world.task(state="running", task_id="check")
    world.pod(unmapped).live("the task that is not mapped runs", examines="KEEP-MAPPED-SIBLING")


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def only_one_map_index_still_runs(world: World) -> None:
    """The other way round: index 2 runs while 20 and 0 are over.

        etl.load[0]     success    pod  Running: only the sidecar is left
        etl.load[2]     running    pod  Running
        etl.load[20]    failed     pod  Running: only the sidecar is left

    One unfinished map index keeps its own pod, and nobody else's.
    """
    for index, state in ((0, "success"), (20, "failed")):
        over = world.task(state=state, map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} is over", examines="REAP-MAPPED")
    running = world.task(state="running", map_index=2)
    world.pod(running).live("map index 2 runs", examines="KEEP-MAPPED-SIBLING")


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def task_that_is_mapped_no_longer(world: World) -> None:
    """A new version of the DAG took the expand() away and somebody cleared the run.

        etl.load        running    pod  Running, without the label map_index
        etl.load[0]     removed    pod  Running
        etl.load[1]     removed    pod  Running

    The row with map_index -1 stands beside those of the indexes that are gone. Absent is neither 0 nor any of them.
    """
    unmapped = world.task(state="running")
    world.pod(unmapped).live("the task, now without map indexes, runs", examines="KEEP-MAPPED-SIBLING")
    for index in (0, 1):
        removed = world.task(state="removed", map_index=index)
        world.pod(removed).zombie(f"map index {index} was removed", examines="REAP-MAPPED")


@scenario(examines="KEEP-MAPPED-SIBLING")
def first_index_runs_beside_the_row_that_was_expanded(world: World) -> None:
    """A new version of the DAG made a mapped task of a plain one; the plain row is marked as removed.

        etl.load        removed    no pod
        etl.load[0]     running    pod  Running, map_index=0

    Zero is a number: a reaper that takes it for "none" asks the removed row.
    """
    world.task(state="removed")
    first = world.task(state="running", map_index=0)
    world.pod(first).live("map index 0 runs")


@scenario(examines="KEEP-MAPPED-SIBLING")
def pod_from_before_its_task_was_expanded(world: World) -> None:
    """The row with map_index -1 became those of the indexes; a pod of the time before is still there.

        etl.load[0]     success    no pod
        etl.load[1]     failed     no pod
        no row                     pod  Running, without the label map_index

    Its own row is gone. That the indexes are over says nothing about it, and a missing row alone proves nothing.
    """
    for index, state in ((0, "success"), (1, "failed")):
        world.task(state=state, map_index=index)
    before = world.task(state="running", recorded=False)
    world.pod(before).kept("no row tells what became of the task before it was expanded")


@scenario(examines="KEEP-MAPPED-SIBLING")
def map_indexes_that_begin_or_end_alike(world: World) -> None:
    """One digit more or less.

        etl.load[1], [11], [21], [101], [110]    running    pods  Running
        etl.load[10]                             failed     no pod

    A number is equal or it is not; there is no beginning, end or middle of one.
    """
    world.task(state="failed", map_index=10)
    for index in (1, 11, 21, 101, 110):
        task = world.task(state="running", map_index=index)
        world.pod(task).live(f"map index {index} runs")


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def nested_groups_share_their_map_indexes(world: World) -> None:
    """A mapped task group within a group: each of its tasks has the same map indexes.

        etl.region.store.load[3]      failed     pod  Running
        etl.region.store.load[4]      running    pod  Running
        etl.region.store.check[3]     running    pod  Running
        etl.region.check[3]           running    pod  Running

    Task and map index together name a task instance, and neither does alone.
    """
    over = world.task(task_id="region.store.load", state="failed", map_index=3)
    world.pod(over).zombie("this map index has failed", examines="REAP-MAPPED")
    for name, index in (("region.store.load", 4), ("region.store.check", 3), ("region.check", 3)):
        task = world.task(task_id=name, state="running", map_index=index)
        world.pod(task).live(f"map index {index} runs", examines="KEEP-MAPPED-SIBLING")


@scenario(examines="KEEP-MAPPED-SIBLING")
def last_map_index_of_a_finished_task_waits_for_its_retry(world: World) -> None:
    """Every sibling is over, this one has lost its worker.

        etl.load[0] to [19]    success         no pods
        etl.load[20]           up_for_retry    pod  Running

    Nineteen of twenty is not all.
    """
    for index in range(20):
        world.task(state="success", map_index=index)
    last = world.task(state="up_for_retry", map_index=20, max_tries=1)
    world.pod(last).live("map index 20 waits for its retry")
