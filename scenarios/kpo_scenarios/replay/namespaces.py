"""Scopes of more than one namespace."""

from kpo_suite import World, scenario

SCOPE = ("airflow", "payments", "reports")


@scenario(examines=["REAP-EVERY-NAMESPACE", "KEEP-UNFINISHED"])
def a_zombie_in_every_namespace_of_the_scope(world: World) -> None:
    """One Airflow starts its pods in three namespaces, and each holds a zombie.

        scope    airflow, payments, reports
        pods     a zombie and a live pod in each

    multi_namespace_mode, or a namespace argument of the operator's.
    """
    world.scope = SCOPE
    for namespace in SCOPE:
        over = world.task(task_id=f"over_in_{namespace}", state="failed")
        world.pod(over, shape="sidecar", namespace=namespace).zombie(f"its task failed; it is in {namespace}")
        running = world.task(task_id=f"running_in_{namespace}", state="running")
        world.pod(running, namespace=namespace).live("its task runs")


@scenario(examines="REAP-EVERY-NAMESPACE", variants={"empty": ["airflow-batch", "quiet", "zzz"]})
def a_namespace_of_the_scope_holds_nothing(world: World, empty: str) -> None:
    """One of the namespaces has no pods at all.

        scope    airflow-batch or quiet or zzz (empty), airflow, reports
        pods     a zombie in reports

    A namespace without pods is a finding, not an end: the others are still to be swept.
    """
    world.scope = (empty, "airflow", "reports")
    over = world.task(state="failed")
    world.pod(over, shape="sidecar", namespace="reports").zombie("its task failed; another namespace is empty")


@scenario(examines=["REAP-EVERY-NAMESPACE", "KEEP-UNFINISHED"])
def pods_of_one_name_in_two_namespaces(world: World) -> None:
    """Two pods have the same name, in two namespaces; the task of one has failed.

        airflow/etl-load-0     etl.load     running    Running
        reports/etl-load-0     etl.store    failed     Running: only the sidecar is left

    random_name_suffix=False gives such names. A name is one only within its namespace.
    """
    world.scope = ("airflow", "reports")
    running = world.task(task_id="load", state="running")
    world.pod(running, name="etl-load-0").live("its task runs; a zombie elsewhere has its name")
    over = world.task(task_id="store", state="failed")
    pod = world.pod(over, name="etl-load-0", namespace="reports", shape="sidecar")
    pod.zombie("its task failed; a live pod elsewhere has its name")


@scenario(examines=["REAP-EVERY-NAMESPACE", "KEEP-UNFINISHED"])
def newer_try_runs_in_another_namespace(world: World) -> None:
    """The namespace is a template, and try 2 made its pod in another one than try 1.

        task instance          try 2    running
        airflow/etl-load-...   try 1    Running    <- overtaken
        reports/etl-load-...   try 2    Running    <- the one that runs

    The pods of a task instance are to be looked at together, wherever in the scope they are.
    """
    world.scope = ("airflow", "reports")
    task = world.task(state="running", try_number=2, max_tries=1)
    world.pod(task, try_number=1).zombie("try 2 runs on a pod of its own in reports")
    world.remember_pod(task, world.pod(task, try_number=2, namespace="reports").live("try 2 runs on it"))
