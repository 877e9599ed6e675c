"""How a pod is deleted: one pod, once, with its own grace, and nothing besides."""

from kpo_suite import World, scenario


@scenario(examines=["DELETE-ONE-POD", "DELETE-NOTHING-ELSE", "DELETE-GRACEFULLY"])
def two_zombies_beside_a_live_pod(world: World) -> None:
    """Two zombies of one run, and a live pod of the same run with the same labels but for its task.

        etl.load     failed     pod  Running: only the sidecar is left
        etl.store    failed     pod  Running
        etl.check    running    pod  Running

    A selector that catches both zombies catches the live pod soon enough: deletions name a pod each.
    """
    world.pod(world.task(task_id="load", state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="store", state="failed")).zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines=["DELETE-ONCE", "RESIST-REPEAT"], sweeps=3)
def zombie_that_takes_its_time_to_terminate(world: World) -> None:
    """A container ignores SIGTERM, so the pod is terminating for its whole grace period, over several sweeps.

        task instance   try 1    failed
        pod             Running, then Terminating for 30 s

    One request is enough: a controller that repeated its DELETE sent 365 000 in an hour (kubernetes/kubernetes#141190).
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar").zombie("its task failed")
