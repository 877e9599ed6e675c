"""Dry runs: the same decisions, and nothing written."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.scenario import Pass

DRY = Pass(options=("dry-run",))


@scenario(examines="BOUND-DRY-RUN", sweeps=[DRY, Pass()])
def dry_run_and_then_the_real_sweep(world: World) -> None:
    """One zombie of each kind, and a live pod.

        dry run    says of four pods that they would be deleted
        sweep      deletes these four and no others

    Trust starts with a dry run, and ends with one that was wrong.
    """
    world.pod(world.task(task_id="sidecar", state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="waiting", state="failed"), shape="image-pull").zombie("its task failed")
    ended = world.pod(
        world.task(task_id="ended", state="success"),
        shape="succeeded",
        age=timedelta(seconds=world.claims.terminal_age, hours=1),
    )
    ended.zombie("it succeeded long ago")
    retried = world.task(task_id="retried", state="running", try_number=2, max_tries=1)
    world.pod(retried, try_number=1).zombie("try 2 runs on a pod of its own")
    world.remember_pod(retried, world.pod(retried).live("try 2 runs on it"))


@scenario(examines="BOUND-DRY-RUN", sweeps=[DRY, DRY, Pass(), DRY])
def dry_runs_before_and_after(world: World) -> None:
    """Two dry runs in a row, the sweep, and a dry run of what is left.

        dry run, dry run    both say the same
        sweep               does it
        dry run             has nothing to say and writes nothing

    A dry run leaves no trace by which the next sweep could decide otherwise.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="store", state="failed"), shape="unschedulable").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(
    examines="BOUND-DRY-RUN",
    sweeps=[Pass(options=("dry-run", "exclusive-scope")), Pass(options=("exclusive-scope",))],
)
def dry_run_of_an_exclusive_scope(world: World) -> None:
    """The scope is this Airflow's alone, and a pod has lost its row.

        dry run    says that the pod would be deleted
        sweep      deletes it

    What a sweep is asked to be, its dry run is too.
    """
    gone = world.task(run_id="scheduled__2026-10-01T06:00:00+00:00", state=None, recorded=False)
    world.pod(gone).zombie("its run was deleted; its DAG is still there")
    world.pod(world.task(state="running")).live("today's run goes on")
