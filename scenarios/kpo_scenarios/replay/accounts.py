"""What the reaper says of itself: that it is true, that it explains, and that it betrays nothing."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.scenario import Pass
from kpo_suite.stage import Stage
from kpo_suite.subjects import ReaperFile


@scenario(examines=["TELL-DELETIONS", "TELL-REASON"])
def each_kind_of_zombie_is_reported(world: World) -> None:
    """Four zombies of four kinds, and three pods that stay.

        reported    the four, each with pod, uid, task instance and reason
        not         the live one, the kept one, the one that fits nothing

    An operator must be able to answer why a pod is gone.
    """
    world.pod(world.task(task_id="sidecar", state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="waiting", state="success"), shape="pending").zombie("its task is over")
    ended = world.task(task_id="ended", state="success")
    long_ago = timedelta(seconds=world.claims.terminal_age, hours=1)
    world.pod(ended, shape="succeeded", age=long_ago).zombie("it succeeded long ago")
    retried = world.task(task_id="retried", state="running", try_number=2, max_tries=1)
    world.pod(retried, try_number=1).zombie("try 2 runs on a pod of its own")
    world.remember_pod(retried, world.pod(retried).live("try 2 runs on it"))
    kept = world.task(task_id="kept", state="failed")
    world.pod(kept, labels={"already_checked": "True"}).kept("its author asked to keep it")
    world.pod(world.task(dag_id="theirs", state=None, recorded=False)).kept("it may be another Airflow's")


@scenario(examines="TELL-DELETIONS", sweeps=3)
def pod_that_goes_on_terminating_is_reported_once(world: World) -> None:
    """A finalizer holds the pod after its DELETE, and others were terminating before.

        sweep 1       deletes the zombie and reports it
        sweep 2, 3    it is still there, terminating: nothing was deleted, nothing is reported

    What a sweep reports is what that sweep did.
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar", finalizers=("example.com/hold",)).zombie("its task failed; a finalizer holds it")
    before = world.task(task_id="before", state="failed")
    world.pod(before, terminating=timedelta(seconds=5)).zombie("its task failed; somebody deleted it before")


@scenario(examines="TELL-REASON")
def mapped_and_hashed_zombies_are_explained(world: World) -> None:
    """The task instance of a pod is not what its labels say, where these are hashed.

        etl.load[3]                            failed    pod  map_index=3
        team_analytics.region_emea...load      failed    pod  dag_id hashed in its label

    A line for each, with enough in it to find the task again.
    """
    world.pod(world.task(state="failed", map_index=3)).zombie("its map index failed")
    dag = "team_analytics.region_emea.pipeline_daily_customer_aggregation_of_every_store"
    world.pod(world.task(dag_id=dag, state="failed")).zombie("its task failed")


@scenario(examines="TELL-NO-SECRETS")
def sweep_that_goes_well_betrays_nothing(world: World) -> None:
    """A sweep like any other, with a password and a token in its hands.

        given      the database's password, or that of the REST API; a bearer token of the cluster
        printed    neither, on standard output or standard error

    Whoever reads the log of a CronJob is not who may read its Secrets.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines="TELL-NO-SECRETS", source="sql", sweeps=[Pass(), Pass(refused=True)])
def failing_sweep_betrays_nothing(world: World) -> None:
    """Between two sweeps the database loses what tells its Airflow, and the second ends with an error.

        sweep 1    etl.load  failed     pod  Running: only the sidecar is left
                   alembic_version holds no row any more
        sweep 2    fails, and says so without the URL of the database

    Tracebacks and error messages of drivers like to quote what they were given.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.after_sweep(1, _forget_the_revision)


def _odd_settings(file: ReaperFile) -> list[Pass]:
    return [*(Pass(extra=tuple(odd), refused=True) for odd in file.run.invalid), Pass()]


@scenario(examines="TELL-NO-SECRETS", sweeps=_odd_settings)
def refused_settings_betray_nothing(world: World) -> None:
    """Each odd setting is refused with a message, and the settings hold a password.

        sweep with an odd setting    refused; the message names the setting, not all that was given

    A usage error that prints the whole configuration prints the password with it.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")


def _forget_the_revision(stage: Stage) -> None:
    import psycopg  # only a world that is run needs the driver

    with psycopg.connect(stage.database.sql_alchemy_conn(driver=None)) as connection:
        connection.execute("DELETE FROM alembic_version")
