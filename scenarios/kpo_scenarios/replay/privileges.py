"""What the reaper may do in the cluster: what it documents, and no more than it needs."""

from datetime import timedelta

from kpo_suite import World, scenario


@scenario(examines="API-LEAST-PRIVILEGE")
def documented_rules_are_enough_for_a_sweep(world: World) -> None:
    """Every request of a sweep is one that the documented rules grant.

        rules    pods: list, delete (and get)
        sweep    lists, judges, deletes a zombie

    tuist forgot delete in its Role, and its reaper was inert for weeks.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines="API-LEAST-PRIVILEGE", sweeps=2)
def documented_rules_are_enough_for_odd_pods(world: World) -> None:
    """Zombies that one might want to look at more closely, or end by other means.

        pods     held by a finalizer; unschedulable; on a lost node; with a live sidecar
        rules    neither pods/exec nor nodes nor secrets

    A sidecar can be ended by a signal through pods/exec, as the operator does; then the reaper may run anything in
    any pod.
    """
    held = world.task(task_id="held", state="failed")
    world.pod(held, shape="sidecar", finalizers=("example.com/hold",), age=timedelta(hours=2)).zombie("its task failed")
    world.pod(world.task(task_id="waiting", state="failed"), shape="unschedulable").zombie("its task failed")
    world.pod(world.task(task_id="lost", state="failed"), shape="unreachable").zombie("its task failed")
