"""Whose a pod is, told by its labels: ids are encoded as Airflow encodes them, and the operator's name has no say."""

from kpo_suite import World, scenario

LONG = "team_analytics.region_emea.pipeline_daily_customer_aggregation_of_every_store"


@scenario(examines="REAP-ENCODED-IDS")
def zombies_whose_ids_do_not_fit_into_a_label(world: World) -> None:
    """Ids longer than 63 characters, or with characters that no label may have.

        dag_id   team_analytics.region_emea...   ->  53 characters, a dash, 9 digits of a hash
        run_id   manual__...T06:00:00+00:00      ->  colons and plus are dropped, then the same

    A label cannot be decoded; the database's side has to be encoded by the same rule.
    """
    plain = {"dag_id": "etl", "task_id": "load", "run_id": "plain-run"}
    odd = {"dag_id": LONG, "task_id": f"{LONG}.load", "run_id": "manual__2026-11-20T06:00:00+00:00"}
    for part in plain:
        ids = {**plain, part: odd[part]}
        task = world.task(state="failed", dag_id=ids["dag_id"], task_id=ids["task_id"], run_id=ids["run_id"])
        world.pod(task, shape="sidecar").zombie(f"its task failed; its {part} is hashed in the label")


@scenario(examines="KEEP-ANY-OPERATOR")
def tasks_of_operators_that_no_list_holds(world: World) -> None:
    """A subclass, a decorator, other providers' operators.

        task instance   operator=OurTeamsPodOperator    running
        pod             kubernetes_pod_operator=True    Running

    The column holds the name of the concrete class, so that no list of names is ever complete (step 3 of the algorithm
    in apache/airflow#58968).
    """
    for operator in (
        "OurTeamsPodOperator",
        "_KubernetesDecoratedOperator",
        "EksPodOperator",
        "DbtRunKubernetesOperator",
    ):
        task = world.task(task_id=operator, state="running", operator=operator)
        world.pod(task).live(f"its task, of the operator {operator}, runs")


@scenario(examines="KEEP-ANY-OPERATOR")
def tasks_whose_operator_does_not_look_like_pods(world: World) -> None:
    """The operator that Airflow knows of makes its pods out of sight.

        task instance   operator=PythonOperator, BashOperator, RunNotebook, ""    running
        pod             kubernetes_pod_operator=True                              Running

    A callable that calls KubernetesPodOperator.execute() with its own context gives its pod the labels of its own task.
    """
    for ordinal, operator in enumerate(("PythonOperator", "BashOperator", "RunNotebook", "")):
        task = world.task(task_id=f"hidden_{ordinal}", state="running", operator=operator)
        world.pod(task).live(f"its task, of the operator {operator!r}, runs")


@scenario(examines=["KEEP-ANY-OPERATOR", "REAP-FINISHED"])
def one_operator_runs_and_is_over(world: World) -> None:
    """The same unheard-of operator in a finished and in an unfinished task.

        etl.dream     operator=DreamOperator    deferred    pod  Running
        etl.awake     operator=DreamOperator    failed      pod  Running

    The name decides neither: what counts is the state.
    """
    asleep = world.task(task_id="dream", state="deferred", operator="DreamOperator")
    world.pod(asleep).live("its task, of the operator DreamOperator, is deferred", examines="KEEP-ANY-OPERATOR")
    awake = world.task(task_id="awake", state="failed", operator="DreamOperator")
    world.pod(awake).zombie("its task failed", examines="REAP-FINISHED")
