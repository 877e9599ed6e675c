"""Two Airflow deployments in one namespace: no label says whose a pod is, so a missing row alone proves nothing."""

from datetime import timedelta

from kpo_suite import Shape, World, scenario

THEIRS = "it is another Airflow's"
EVERY_PHASE: tuple[Shape, ...] = ("pending", "running", "sidecar", "succeeded", "failed", "evicted")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def pods_of_a_dag_that_this_airflow_does_not_know(world: World) -> None:
    """The other Airflow has DAGs of its own.

        this Airflow     etl            no row and no DAG of that name
        the other one    forecasting    pods  Pending, Running, Succeeded, Failed

    apache/airflow#67030 took such pods for orphans, and its own test run lost one that it had not made.
    """
    for shape in EVERY_PHASE:
        theirs = world.task(dag_id="forecasting", task_id=shape, state="running", recorded=False)
        world.pod(theirs, shape=shape, age=timedelta(days=2)).live(f"{THEIRS}, whose DAG is not known here")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def other_run_of_a_dag_that_both_have(world: World) -> None:
    """Staging and production are made from one repository, and run its DAGs at different times.

        this Airflow     etl.load    manual__2026-11-19    success
        the other one    etl.load    manual__2026-11-20    pod  Running

    That the DAG is known here does not make the pod ours.
    """
    world.task(run_id="manual__2026-11-19T06:00:00+00:00", state="success")
    theirs = world.task(state="running", recorded=False)
    world.pod(theirs).live(f"{THEIRS}, which runs the same DAG")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def task_that_only_the_other_version_of_a_dag_has(world: World) -> None:
    """Both run the same DAG for the same date; staging has a newer version of it.

        this Airflow     etl.load      scheduled__2026-11-20    success
        the other one    etl.load      scheduled__2026-11-20
                         etl.verify    scheduled__2026-11-20    pod  Running

    DAG and run are known here, and both are over.
    """
    night = "scheduled__2026-11-20T00:00:00+00:00"
    world.task(run_id=night, state="success")
    theirs = world.task(task_id="verify", run_id=night, state="running", recorded=False)
    world.pod(theirs).live(f"{THEIRS}, whose version of the DAG has this task")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def map_index_that_only_the_other_deployment_reached(world: World) -> None:
    """Both expand the same task, over lists of different length.

        this Airflow     etl.load[0], [1]         success
        the other one    etl.load[0] to [2]       [2]: pod  Running

    Three of four ids are known here, and the whole task is over.
    """
    for index in (0, 1):
        world.task(state="success", map_index=index)
    theirs = world.task(state="running", map_index=2, recorded=False)
    world.pod(theirs).live(f"{THEIRS}, whose list is longer")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def pods_of_another_version_of_airflow(world: World) -> None:
    """The other deployment is older, or newer, and says so on its pods.

        this Airflow    of the generation in question, with a run of etl that failed
        pod             etl.load, airflow_version=2.6.3 or 4.0.0    Running

    Nor does the version make it ours or a leftover: deployments are upgraded while their pods run.
    """
    world.task(run_id="manual__2026-11-19T06:00:00+00:00", state="failed")
    for ordinal, version in enumerate(("2.6.3", "4.0.0")):
        theirs = world.task(state="running", run_id=f"theirs_{ordinal}", recorded=False)
        world.pod(theirs, labels={"airflow_version": version}).live(f"{THEIRS}, of version {version}")


@scenario(examines="KEEP-FOREIGN-DEPLOYMENT")
def task_that_a_developer_tests_from_her_desk(world: World) -> None:
    """``airflow tasks test`` and ``dag.test()`` keep their rows in a database of their own, or remove them at once.

        this Airflow    etl.load, another run    success
        pod             etl.load, run_id __airflow_temporary_run_...    Running

    The DAG is ours, the cluster is shared, and the pod is hers.
    """
    world.task(state="success")
    run_id = "__airflow_temporary_run_2026-11-20T06:30:00+00:00__"
    theirs = world.task(state="running", run_id=run_id, recorded=False)
    world.pod(theirs).live("a developer's own Airflow started it")
