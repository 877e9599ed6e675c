"""Retries: an older try's label proves nothing, a newer try's own pod does."""

from datetime import timedelta

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


@scenario(examines="KEEP-REATTACHED")
def third_try_runs_on_the_pod_of_the_first(world: World) -> None:
    """Two workers died, one after the other; the pod outlived both.

        task instance   try 3    running
        pod             try 1    Running      <- adopted twice

    A distance of two between label and row proves no more than one of one.
    """
    task = world.task(state="running", try_number=3, max_tries=2)
    world.pod(task, try_number=1).live("try 3 runs on it, as try 2 did")


@scenario(examines=["KEEP-REATTACHED", "REAP-OVERTAKEN"])
def map_index_adopts_while_its_sibling_starts_anew(world: World) -> None:
    """Both map indexes are in their second try: one found its pod, the other's was not found and a new one was made.

        etl.load[0]     try 2    running    pod  try 1    <- adopted
        etl.load[1]     try 2    running    pod  try 1    <- overtaken
                                            pod  try 2    <- the one that runs

    A newer pod of a sibling says nothing about this map index.
    """
    adopting = world.task(state="running", map_index=0, try_number=2, max_tries=1)
    world.pod(adopting, try_number=1).live("try 2 of map index 0 runs on it", examines="KEEP-REATTACHED")
    anew = world.task(state="running", map_index=1, try_number=2, max_tries=1)
    world.pod(anew, try_number=1).zombie("try 2 runs on a pod of its own", examines="REAP-OVERTAKEN")
    world.pod(anew, age=timedelta(minutes=30)).live("try 2 of map index 1 runs on it", examines="KEEP-REATTACHED")


@scenario(examines="KEEP-REATTACHED")
def worker_of_the_newer_try_is_no_pod_of_its_own(world: World) -> None:
    """Under KubernetesExecutor each try has a worker pod with the same ids and the new try_number.

        task instance   try 2    running
        pod             try 1    Running    KubernetesPodOperator's, adopted by try 2
        pod             try 2    Running    the executor's worker, in which try 2 itself runs

    Who counts the worker as a pod of the newer try believes that the older one was overtaken.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1).live("try 2 runs on it")
    marks = {"kubernetes_pod_operator": None, "kubernetes_executor": "True", "airflow-worker": "7"}
    worker = world.pod(task, labels=marks, age=timedelta(minutes=10))
    worker.kept("it is a worker of KubernetesExecutor", examines="KEEP-WORKER")


@scenario(examines="KEEP-REATTACHED")
def pod_that_is_older_than_the_start_of_its_try(world: World) -> None:
    """The row's start_date is that of try 2; the pod was made before.

        task instance   try 2    running, started an hour ago
        pod             try 1    Running, created five hours ago

    An adopted pod is always older than the try that runs on it.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1, age=timedelta(hours=5)).live("try 2 runs on it and began later")


@scenario(examines="KEEP-REATTACHED")
def deferrable_retry_comes_back_to_the_adopted_pod(world: World) -> None:
    """Try 2 adopted the pod and gave its worker back; its trigger has fired and it is on its way to a worker.

        task instance   try 2    deferred, scheduled, queued
        pod             try 1    Running: base terminated, the XCom sidecar waits to be read

    In none of these states does the task run, and in each of them it will read this pod.
    """
    for state in ("deferred", "scheduled", "queued"):
        task = world.task(task_id=state, state=state, try_number=2, max_tries=1)
        world.pod(task, try_number=1, shape="sidecar").live(f"try 2 is {state} and comes back to read it")


@scenario(examines="KEEP-REATTACHED", airflow=["3.3"])
def pod_that_airflow_remembers_for_the_third_try(world: World) -> None:
    """Airflow 3.3 keeps in task_state_store which pod the next try adopts, whatever its labels say.

        task instance   try 3    running; pod_identifier names the second pod
        pod             try 1    Failed, already_checked=True
        pod             try 2    Running      <- remembered, adopted by try 3

    Since provider 10.20 KPO asks for that name first and looks no further.
    """
    task = world.task(state="running", try_number=3, max_tries=2)
    kept = world.pod(task, try_number=1, shape="failed", labels={"already_checked": "True"})
    kept.kept("its author asked to keep it", examines="KEEP-RETAINED")
    remembered = world.pod(task, try_number=2, age=timedelta(minutes=30)).live("try 3 runs on it")
    world.remember_pod(task, remembered)


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
