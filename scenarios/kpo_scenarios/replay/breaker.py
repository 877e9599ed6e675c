"""More zombies at once than can be: a reaper stops there and raises an alarm."""

from kpo_suite import Task, World, scenario
from kpo_suite.scenario import Pass
from kpo_suite.stage import Stage
from kpo_suite.subjects.reaper_file import Breaker
from kpo_suite.world import Action

USUAL = Breaker(share=0.5, floor=50)
"""What is implausible where the subject does not state it: more than half of the pods, and more than fifty."""
ALARM = (Pass(), Pass(refused=True))


@scenario(examines="BOUND-BREAKER", sweeps=ALARM)
def nearly_every_task_ends_at_once(world: World) -> None:
    """In the first sweep all is well; then every task of the deployment is failed in the database.

        sweep 1    51 tasks or more, running    pods  Running
                   all of them are set to failed
        sweep 2    51 tasks or more, failed     pods  Running    <- none is deleted, the exit code tells

    A mistyped UPDATE, a restored backup or a mass clear looks like that. Kubernetes stops evicting pods when 55 % of
    the nodes of a zone seem to be lost, for the same reason.
    """
    tasks = busy(world, "every task of the deployment ended at once, which is no task's end")
    world.after_sweep(1, failing(tasks))


@scenario(examines="BOUND-BREAKER", sweeps=ALARM, options=("exclusive-scope",))
def rows_of_nearly_every_pod_are_gone(world: World) -> None:
    """In the first sweep all is well; then one DELETE takes the runs of the whole deployment along.

        sweep 1    51 tasks or more, running    pods  Running
                   the run is deleted
        sweep 2    no rows                      pods  Running    <- none is deleted, the exit code tells

    Where no row is left there is nothing that a single pod could tell; their number does.
    """
    tasks = busy(world, "the rows of the whole deployment went at once")
    world.after_sweep(1, lambda stage: stage.database.delete_run(tasks[0].dag_id, tasks[0].run_id))


def busy(world: World, why: str) -> list[Task]:
    """Fill the world with running tasks, so many that their end at once is beyond the breaker."""
    limits = world.claims.breaker or USUAL
    tasks = [world.task(state="running", map_index=index) for index in range(limits.floor + 1)]
    for task in tasks:
        world.pod(task).kept(why)
    return tasks


def failing(tasks: list[Task]) -> Action:
    """Let all of them fail in one statement."""

    def act(stage: Stage) -> None:
        import psycopg  # only a world that is run needs the driver

        with psycopg.connect(stage.database.sql_alchemy_conn(driver=None)) as connection:
            connection.execute(
                "UPDATE task_instance SET state = 'failed', end_date = now() WHERE dag_id = %s AND run_id = %s",
                (tasks[0].dag_id, tasks[0].run_id),
            )

    return act
