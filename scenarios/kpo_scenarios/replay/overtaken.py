"""Pods that a newer try has overtaken: it runs, and on a pod of its own."""

from kpo_suite import Shape, World, scenario


@scenario(examines=["REAP-OVERTAKEN", "KEEP-UNFINISHED"])
def three_generations_of_tries(world: World) -> None:
    """Each try made a pod, because it did not find the one before.

        task instance   try 3    running
        pods            try 1, try 2    Running    <- overtaken
        pod             try 3           Running    <- the one that runs

    All three carry the same labels but one. Only the newest is anybody's.
    """
    task = world.task(state="running", try_number=3, max_tries=2)
    for number in (1, 2):
        pod = world.pod(task, try_number=number)
        pod.zombie(f"try 3 runs on a pod of its own, not on that of try {number}", examines="REAP-OVERTAKEN")
    newest = world.pod(task, try_number=3).live("try 3 runs on it", examines="KEEP-UNFINISHED")
    world.remember_pod(task, newest)


@scenario(examines=["REAP-OVERTAKEN", "KEEP-REATTACHED"])
def one_map_index_is_overtaken_and_its_sibling_is_adopted(world: World) -> None:
    """Both map indexes are in their second try. One made a pod, the other adopted that of its first try.

        etl.load[3]    try 2    running    pods  try 1 <- overtaken, try 2
        etl.load[4]    try 2    running    pod   try 1 <- adopted

    A newer try's pod proves something for its own map index only.
    """
    over = world.task(state="running", map_index=3, try_number=2, max_tries=1)
    pod = world.pod(over, try_number=1)
    pod.zombie("try 2 of its map index runs on a pod of its own", examines="REAP-OVERTAKEN")
    newer = world.pod(over, try_number=2).live("try 2 of map index 3 runs on it", examines="KEEP-REATTACHED")
    world.remember_pod(over, newer)
    reattached = world.task(state="running", map_index=4, try_number=2, max_tries=1)
    adopted = world.pod(reattached, try_number=1)
    adopted.live("try 2 of map index 4 has adopted it", examines="KEEP-REATTACHED")
    world.remember_pod(reattached, adopted)


@scenario(
    examines=["REAP-OVERTAKEN", "KEEP-UNFINISHED"], variants={"shape": ["pending", "unschedulable", "image-pull"]}
)
def overtaken_pod_has_not_even_started(world: World, shape: Shape) -> None:
    """The pod of try 1 still waits; try 2 made another one, and that one started.

        task instance   try 2    running
        pod             try 1    Pending    <- overtaken: it would run beside the other
        pod             try 2    Running

    Two runs of the same work at once is worse than none.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1, shape=shape).zombie("try 2 runs on a pod of its own, and this one may still start")
    world.remember_pod(task, world.pod(task, try_number=2).live("try 2 runs on it"))


@scenario(examines=["REAP-OVERTAKEN", "KEEP-UNFINISHED"])
def newer_try_waits_for_its_own_pod_to_start(world: World) -> None:
    """Try 2 runs in its worker and has made its pod; the pod has no node yet.

        task instance   try 2    running
        pod             try 1    Running    <- overtaken
        pod             try 2    Pending    <- the one that try 2 waits for

    A worker looks for a pod to adopt before it makes one, so the pod of try 2 proves that try 1's was not taken.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1).zombie("try 2 has made a pod of its own and waits for that")
    world.remember_pod(task, world.pod(task, try_number=2, shape="unschedulable").live("try 2 waits for it"))


@scenario(examines=["REAP-OVERTAKEN", "KEEP-UNFINISHED"], airflow=("2.10", "2.11", "3.0", "3.1", "3.2", "3.3"))
def newer_try_is_deferred_on_its_own_pod(world: World) -> None:
    """Try 2 made its own pod and handed it to the triggerer.

        task instance   try 2    deferred
        pod             try 1    Running    <- overtaken
        pod             try 2    Running    <- what the trigger watches

    From 2.10 on the row keeps the number while it is deferred, so that the pod of try 2 is known to be the current one.
    Until 2.9 it shows 1, and nothing tells the two apart.
    """
    task = world.task(state="deferred", try_number=2, max_tries=1)
    world.pod(task, try_number=1).zombie("try 2 is deferred on a pod of its own")
    world.remember_pod(task, world.pod(task, try_number=2).live("the trigger of try 2 watches it"))


@scenario(examines=["REAP-OVERTAKEN", "KEEP-UNFINISHED"])
def overtaken_by_more_than_one_try(world: World) -> None:
    """The tries in between left no pod, or it is gone by now.

        task instance   try 4    running
        pod             try 1    Running: only the sidecar is left    <- overtaken
        pod             try 4    Running

    Newer is newer, whether by one or by three.
    """
    task = world.task(state="running", try_number=4, max_tries=5)
    world.pod(task, try_number=1, shape="sidecar").zombie("try 4 runs on a pod of its own")
    world.remember_pod(task, world.pod(task, try_number=4).live("try 4 runs on it"))
