"""How the state of task instances is asked for: reading only, and not for each pod anew."""

from collections.abc import Callable

from kpo_suite import World, WorldPod, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import Action

GROWTH = 120
"""Kept pods that come to a world after its first sweep."""


@scenario(examines="SOURCE-READ-ONLY", source="sql")
def everything_that_is_to_be_read_can_be_read(world: World) -> None:
    """The database role may read every table and write none.

        role        SELECT on all tables, default_transaction_read_only
        etl.load    failed     pod  Running: only the sidecar is left
        etl.check   running    pod  Running

    A reaper needs no more. One that locks rows to be sure of them stops the scheduler (apache/airflow#67813).
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines="SOURCE-READ-ONLY", source="sql", sweeps=2, options=("exclusive-scope",))
def nothing_is_noted_from_sweep_to_sweep(world: World) -> None:
    """Retries, a pod without a row and a mapped task: much that one would like to keep notes of.

        etl.load       try 2, running    pods  try 1 <- overtaken, try 2
        etl.store[0]   failed            pod   Pending
        etl.gone       no row            pod   Running

    No table of its own, no temporary one, no comment and no lock: the database is Airflow's.
    """
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1).zombie("try 2 runs on a pod of its own")
    world.remember_pod(task, world.pod(task, try_number=2).live("try 2 runs on it"))
    world.pod(world.task(task_id="store", map_index=0, state="failed"), shape="unschedulable").zombie("its task failed")
    world.pod(world.task(task_id="gone", state=None, recorded=False)).zombie("its task instance was deleted")


@scenario(examines="SOURCE-BOUNDED", sweeps=2)
def many_more_tasks_run_in_the_second_sweep(world: World) -> None:
    """The deployment grows by a hundred and more running tasks between two sweeps.

        sweep 1    3 pods
                   120 tasks start
        sweep 2    123 pods, and no more questions than some pages' worth

    One question for each pod is 10 000 in a large namespace, at a database that Airflow needs (step 3 of
    apache/airflow#58968 asks for one batched query).
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")

    def running(more: World, number: int) -> WorldPod:
        return more.pod(more.task(task_id="more", map_index=number, state="running")).live("its task runs")

    world.after_sweep(1, growing(world, running))


@scenario(examines="SOURCE-BOUNDED", sweeps=2)
def many_more_pods_of_nobody_in_the_second_sweep(world: World) -> None:
    """Another Airflow that shares the namespace starts a hundred and more tasks.

        sweep 1    3 pods
                   120 pods come whose DAGs are in another database
        sweep 2    123 pods, and no more questions than some pages' worth

    Pods that fit nothing are the ones that one would like to ask about a second time.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")

    def foreign(more: World, number: int) -> WorldPod:
        task = more.task(dag_id=f"theirs_{number}", state=None, recorded=False)
        return more.pod(task).kept("it is another Airflow's")

    world.after_sweep(1, growing(world, foreign))


@scenario(examines="SOURCE-BOUNDED", sweeps=2)
def many_more_ended_pods_in_the_second_sweep(world: World) -> None:
    """A hundred and more pods end, and their authors have asked to keep them.

        sweep 1    3 pods
                   120 pods come with already_checked=True
        sweep 2    123 pods, and no more questions than some pages' worth

    What the pod itself says needs no question at all.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")

    def retained(more: World, number: int) -> WorldPod:
        task = more.task(task_id="more", map_index=number, state="failed")
        return more.pod(task, shape="failed", labels={"already_checked": "True"}).kept("its author asked to keep it")

    world.after_sweep(1, growing(world, retained))


def growing(world: World, one: Callable[[World, int], WorldPod]) -> Action:
    """Add so many pods, and the rows of their tasks, as ``one`` makes in a world beside this one."""
    more = World(airflow=world.airflow, namespace=world.namespace, now=world.now)
    for number in range(GROWTH):
        one(more, number)

    def act(stage: Stage) -> None:
        stage.database.write(more.rows())
        stage.cluster.seed(pod.manifest for pod in more.pods)

    return act
