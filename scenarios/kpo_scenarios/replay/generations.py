"""What is to be decided differently on Airflow 2.7 and on 3.3, and what is not to be decided at all."""

from kpo_fixtures.airflow.states import STATES
from kpo_suite import World, scenario
from kpo_suite.scenario import Pass
from kpo_suite.stage import Stage

TOMORROW = "0f1e2d3c4b5a"
"""An alembic revision that no Airflow has."""


@scenario(examines="SOURCE-EVERY-AIRFLOW")
def every_state_of_this_airflow(world: World) -> None:
    """One task instance in each state that this generation of Airflow knows.

        finished      the same five in all of them
        unfinished    eight until 3.2, and awaiting_input since 3.3

    Ends have never changed; what is no end has.
    """
    states = STATES[world.airflow]
    for end in sorted(states.finished):
        world.pod(world.task(task_id=f"in_{end}", state=end)).zombie(f"its task ended as {end}")
    for state in sorted(states.unfinished - states.unlisted, key=str):
        live = world.pod(world.task(task_id=f"in_{state}", state=state))
        live.live(f"its task is {state or 'without a state'}")


@scenario(examines="SOURCE-EVERY-AIRFLOW", airflow=("2.7", "2.8", "2.9", "2.10", "2.11"), source="sql")
def state_in_neither_set_of_this_airflow(world: World) -> None:
    """Airflow 2 knows a state that it calls neither finished nor unfinished.

        task instance   try 1    shutdown    <- its REST API answers 500 to whoever asks for it
        pod             try 1    Running

    shutdown is set on the way to restarting or failed, so that the task is not over yet.
    """
    task = world.task(state="shutdown")
    world.pod(task).live("its task is being shut down and may be restarted")


@scenario(examines="SOURCE-EVERY-AIRFLOW")
def deferred_and_killed_on_this_airflow(world: World) -> None:
    """A deferred task, and one that was killed while it was deferred, each in its second try with a pod of that try.

        until 2.9    rows show try 1    pods  try 2, Running
        from 2.10    rows show try 2    pods  try 2, Running

    Until 2.9 a deferral takes the number back. The same labels and rows mean the same fates on both.
    """
    waiting = world.task(task_id="waiting", state="deferred", try_number=2, max_tries=2)
    world.pod(waiting).live("its task is deferred in try 2 and waits for it")
    killed = world.task(task_id="killed", state="failed", try_number=2, max_tries=2, left="deferred")
    world.pod(killed).zombie("its task was marked failed while try 2 was deferred")


@scenario(examines="SOURCE-EVERY-AIRFLOW")
def retries_on_this_airflow(world: World) -> None:
    """A retry that is queued, one that runs on its own pod, one that runs on the pod of the first try.

        queued     until 2.9 the row shows try 1, from 2.10 on try 2    pod   try 1 <- will be adopted
        running    the row shows try 2                                  pods  try 1 <- overtaken, try 2
        running    the row shows try 2                                  pod   try 1 <- adopted

    From 2.10 on a number above the pod's is there before anybody has looked for the pod.
    """
    queued = world.task(task_id="queued", state="queued", try_number=2, max_tries=1)
    coming = world.pod(queued, try_number=1).live("the retry that is still to come will adopt it")
    world.remember_pod(queued, coming)
    apart = world.task(task_id="apart", state="running", try_number=2, max_tries=1)
    world.pod(apart, try_number=1).zombie("try 2 runs on a pod of its own")
    world.remember_pod(apart, world.pod(apart).live("try 2 runs on it"))
    adopted = world.task(task_id="adopted", state="running", try_number=2, max_tries=1)
    world.remember_pod(adopted, world.pod(adopted, try_number=1).live("try 2 runs on it"))


@scenario(examines="SOURCE-EVERY-AIRFLOW", source="sql", sweeps=[Pass(), Pass(refused=True)])
def database_of_an_airflow_that_nobody_knows(world: World) -> None:
    """Between two sweeps somebody upgrades Airflow to a release that the reaper has never heard of.

        sweep 1    alembic_version as recorded       etl.load  running
                   the database is migrated, etl.load ends as failed
        sweep 2    alembic_version 0f1e2d3c4b5a      etl.load  failed     <- nothing is deleted, the exit code tells

    3.4 will hold rows in task_instance that do not count (working_set); who reads them as before is wrong.
    """
    task = world.task(state="running")
    world.pod(task).kept("what the tables of this Airflow mean is unknown")

    def upgrade(stage: Stage) -> None:
        import psycopg  # only a world that is run needs the driver

        stage.database.set_state(task.dag_id, task.run_id, task.task_id, state="failed")
        with psycopg.connect(stage.database.sql_alchemy_conn(driver=None)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", (TOMORROW,))

    world.after_sweep(1, upgrade)
