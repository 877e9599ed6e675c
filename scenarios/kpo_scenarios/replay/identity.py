"""Which task instance a pod belongs to: the whole key, encoded as labels are, and nothing less."""

from kpo_suite import World, scenario

LONG = "team_analytics.region_emea.pipeline_daily_customer_aggregation_of_every_store"

GARBLED: tuple[tuple[str, str | None], ...] = (
    ("dag_id", None),
    ("dag_id", ""),
    ("task_id", None),
    ("task_id", ""),
    ("run_id", None),  # provider 3.0 and older had none
    ("run_id", ""),
    ("try_number", None),
    ("try_number", "abc"),
    ("try_number", "01"),
    ("try_number", "0"),
    ("map_index", "x3"),
    ("map_index", "03"),
)


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def one_map_index_is_over_and_its_siblings_run(world: World) -> None:
    """The issue's mapped task: index 1 has failed, 0 and 10 still run, and so does a task that is not mapped.

        etl.load[0]     running    pod  Running
        etl.load[1]     failed     pod  Running: only the sidecar is left
        etl.load[10]    running    pod  Running
        etl.check       running    pod  Running, without the label map_index

    An absent map_index is -1 and not 0, and 1 is a prefix of 10.
    """
    over = world.task(state="failed", map_index=1)
    world.pod(over, shape="sidecar").zombie("its map index has failed", examines="REAP-MAPPED")
    for index in (0, 10):
        sibling = world.task(state="running", map_index=index)
        world.pod(sibling).live(f"map index {index} runs", examines="KEEP-MAPPED-SIBLING")
    unmapped = world.task(state="running", task_id="check")
    world.pod(unmapped).live("the task that is not mapped runs", examines="KEEP-MAPPED-SIBLING")


@scenario(examines=["KEEP-MAPPED-SIBLING", "REAP-MAPPED"])
def only_one_map_index_still_runs(world: World) -> None:
    """The other way round: index 2 runs while 20 and 0 are over.

        etl.load[0]     success    pod  Running: only the sidecar is left
        etl.load[2]     running    pod  Running
        etl.load[20]    failed     pod  Running: only the sidecar is left

    One unfinished map index keeps its own pod, and nobody else's.
    """
    for index, state in ((0, "success"), (20, "failed")):
        over = world.task(state=state, map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} is over", examines="REAP-MAPPED")
    running = world.task(state="running", map_index=2)
    world.pod(running).live("map index 2 runs", examines="KEEP-MAPPED-SIBLING")


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


@scenario(examines="KEEP-OTHER-RUN")
def finished_tasks_share_two_ids_with_a_running_one(world: World) -> None:
    """Two task instances that differ in one id only.

        etl.load of one run                      running    pod  Running
        another run, another task, another DAG   failed     no pods

    The same run_id text exists in many DAGs, the same task_id in most.
    """
    world.task(state="failed", run_id="manual__2026-11-19T06:00:00+00:00")
    world.task(state="failed", task_id="load_all")
    world.task(state="failed", dag_id="etl_nightly")
    task = world.task(state="running")
    world.pod(task).live("its own task runs; those that failed share only two of its ids")


@scenario(examines="KEEP-AMBIGUOUS", variants={"first": ["running", "failed"]})
def two_dags_share_a_label(world: World, first: str) -> None:
    r"""Two valid dag_ids whose labels are equal, by a collision of the 36-bit hash.

        ...aggregation_v0169818.load    running   \\
                                                    one label; pod  Running
        ...aggregation_v0254006.load    failed    /

    The pod belongs to one of them, and nothing on it tells to which.
    """
    stem = "team_analytics.region_emea.pipeline_daily_customer_aggregation"
    second = "failed" if first == "running" else "running"
    task = world.task(dag_id=f"{stem}_v0169818", state=first)
    world.task(dag_id=f"{stem}_v0254006", state=second)
    world.pod(task).live("one of the two task instances that its labels fit runs")


@scenario(examines="KEEP-MALFORMED")
def pods_with_a_missing_or_garbled_label(world: World) -> None:
    """A hook, a webhook or an old provider left each pod without its whole identity.

        task instance   try 1    failed
        pod             one label is missing, or says what Airflow never wrote

    Whose pod it is cannot be told, so it is not the reaper's to delete.
    """
    for label, value in GARBLED:
        task = world.task(
            task_id=f"task_{len(world.tasks)}", state="failed", map_index=3 if label == "map_index" else -1
        )
        told = "missing" if value is None else f"{value!r}"
        world.pod(task, shape="sidecar", labels={label: value}).kept(f"its label {label} is {told}")


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
