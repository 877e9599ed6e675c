"""Answers in pages: more pods than one LIST gives, more task instances than one request to Airflow does."""

from kpo_suite import World, scenario

PODS = 500
"""What a page usually holds, and what airflow kubernetes cleanup-pods asks for."""
ROWS = 100
"""The longest page of Airflow's REST API since 3.1 (maximum_page_limit)."""


@scenario(examines="REAP-EVERY-PAGE")
def zombies_on_the_first_and_the_last_page_of_pods(world: World) -> None:
    """A namespace with more pods than a page holds, most of them kept by their authors.

        page 1    a-first    zombie,  then 500 pods that are kept
        page 2    z-last     zombie

    The API server gives pods in the order of their names. Who reads one page misses the others for ever.
    """
    fill(world, PODS)
    for name in ("a-first", "z-last"):
        task = world.task(task_id=name, state="failed")
        world.pod(task, name=name, shape="sidecar").zombie(f"its task failed; in the order of names it is {name}")


@scenario(examines="REAP-EVERY-PAGE")
def task_instances_of_zombies_on_every_page(world: World) -> None:
    """A run with a mapped task of more indexes than a page of Airflow's REST API has; three of them left zombies.

        etl.load[0], ... [349]         success, no pods, but for
        etl.load[0], [175], [349]      failed     pods  Running: only the sidecar is left

    Rows that a reaper did not read look as if there were none, and such a pod is kept.
    """
    last = 3 * ROWS + 49
    for index in range(last + 1):
        over = index in (0, last // 2 + 1, last)
        task = world.task(state="failed" if over else "success", map_index=index)
        if over:
            world.pod(task, shape="sidecar").zombie(f"map index {index} failed; its row is one of {last + 1}")


def fill(world: World, count: int) -> None:
    """Add pods that nobody is to touch: kept by their authors, of runs whose rows are long gone."""
    for number in range(count):
        old = world.task(
            dag_id="archive", task_id="store", run_id=f"run-{number}", map_index=number, state=None, recorded=False
        )
        pod = world.pod(old, name=f"kept-{number:04}", shape="succeeded", labels={"already_checked": "True"})
        pod.kept("its author asked to keep it", examines="KEEP-RETAINED")
