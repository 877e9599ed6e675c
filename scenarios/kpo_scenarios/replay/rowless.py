"""Pods whose row is gone from Airflow's database, where the scope is known to be this Airflow's alone."""

from kpo_suite import Shape, World, scenario
from kpo_suite.subjects.reaper_file import OptionName

RUN = "manual__2026-11-20T06:00:00+00:00"
OLD_RUN = "scheduled__2026-10-01T06:00:00+00:00"
ALONE: tuple[OptionName, ...] = ("exclusive-scope",)


@scenario(examines=["REAP-ROWLESS", "KEEP-UNFINISHED"], options=ALONE)
def pods_of_a_run_that_was_deleted(world: World) -> None:
    """Somebody deleted a run, or `airflow db clean` did; the DAG goes on.

        etl, run of October    no rows any more    pods  Running, Pending, Running with a sidecar only
        etl, run of today      running             pod   Running

    Deleting a run takes its task instances along (ON DELETE CASCADE), and its pods with nobody to ask about them.
    """
    shapes: tuple[Shape, ...] = ("running", "unschedulable", "sidecar")
    for shape in shapes:
        gone = world.task(task_id=f"load_{shape}", run_id=OLD_RUN, state=None, recorded=False)
        world.pod(gone, shape=shape).zombie("its run was deleted; its DAG is still there")
    world.pod(world.task(state="running")).live("today's run goes on")


@scenario(examines=["REAP-ROWLESS", "KEEP-UNFINISHED"], options=ALONE)
def pod_of_a_task_instance_that_was_deleted(world: World) -> None:
    """The run is still there, one of its task instances is not.

        etl.load     no row     pod  Running
        etl.check    running    pod  Running

    A run that goes on is no witness for a task instance that it no longer has.
    """
    gone = world.task(state=None, recorded=False)
    world.pod(gone).zombie("its task instance was deleted; its run is still there")
    world.pod(world.task(task_id="check", state="running")).live("another task of the run goes on")


@scenario(examines=["REAP-ROWLESS", "KEEP-UNFINISHED"], options=ALONE)
def map_index_beyond_the_new_length(world: World) -> None:
    """The list that the task is mapped over became shorter, and the row of the last index is gone.

        etl.load[0], etl.load[1]    running    pods  Running
        etl.load[2]                 no row     pod   Running

    Its siblings are all there, which makes it easy to miss that it is not.
    """
    for index in (0, 1):
        world.pod(world.task(state="running", map_index=index)).live(f"map index {index} runs")
    gone = world.task(state=None, map_index=2, recorded=False)
    world.pod(gone).zombie("its map index is no longer one of the task's")


@scenario(examines=["REAP-ROWLESS", "KEEP-UNFINISHED"], options=ALONE)
def task_that_has_become_a_mapped_one(world: World) -> None:
    """The task was plain when its pod was made; the new DAG maps it, and expansion replaced the row of index -1.

        etl.load        no row     pod  Running, without the label map_index
        etl.load[0]     running    pod  Running

    An absent map_index is -1 and fits none of the mapped rows.
    """
    plain = world.task(state=None, recorded=False)
    world.pod(plain).zombie("the row of its task was replaced by those of its map indexes")
    world.pod(world.task(state="running", map_index=0)).live("map index 0 runs")


@scenario(examines="REAP-ROWLESS", options=ALONE, sweeps=2)
def run_deleted_between_two_sweeps(world: World) -> None:
    """In the first sweep the task runs, and its pod with it; then the whole run is deleted.

        sweep 1    etl.load    running    pod  Running
                   the run is deleted
        sweep 2    etl.load    no row     pod  Running

    No row of the DAG is left at all, only the DAG itself, in the table dag.
    """
    task = world.task(state="running")
    world.pod(task).zombie("its run was deleted after the first sweep; its DAG is still there")
    world.after_sweep(1, lambda stage: stage.database.delete_run(task.dag_id, task.run_id))


@scenario(examines=["REAP-ROWLESS", "KEEP-UNFINISHED"], options=ALONE)
def rowless_pod_of_a_dag_with_a_hashed_label(world: World) -> None:
    """The DAG whose run was deleted has an id that does not fit into a label.

        dag_id   team_analytics.region_emea...  ->  53 characters, a dash, 9 digits of a hash
        row      none of that run, one of another

    Whether Airflow still knows the DAG can only be told by the label of its id.
    """
    dag = "team_analytics.region_emea.pipeline_daily_customer_aggregation_of_every_store"
    gone = world.task(dag_id=dag, run_id=OLD_RUN, state=None, recorded=False)
    world.pod(gone).zombie("its run was deleted; its DAG is still there")
    world.pod(world.task(dag_id=dag, state="running")).live("today's run goes on")
