"""Pods whose labels do not name a task instance: a hook, a webhook or an old provider wrote them."""

from kpo_fixtures.airflow.labels import make_safe_label_value
from kpo_suite import World, scenario

NAMING = ("dag_id", "task_id", "run_id", "try_number")
UNWRITTEN_TRIES = ("abc", "0", "01", "1.0", "9e9", "1_0", "0x1", "1st", "1-2", "None")
"""No try_number as Airflow writes one; ``-1`` and ``+1`` are no label values at all."""
UNWRITTEN_INDEXES = ("", "x3", "03", "3.0", "0_3", "0x3", "3e0", "None")


@scenario(examines="KEEP-MALFORMED")
def pods_with_a_missing_or_garbled_label(world: World) -> None:
    """Each pod lacks one label of its identity, or has an empty one in its place.

        task instance   try 1    failed
        pod             dag_id, task_id, run_id or try_number is missing or empty

    Whose pod it is cannot be told, so it is not the reaper's to delete.
    """
    for label in NAMING:
        for value, told in ((None, "missing"), ("", "empty")):
            task = world.task(task_id=f"task_{len(world.tasks)}", state="failed")
            world.pod(task, shape="sidecar", labels={label: value}).kept(f"its label {label} is {told}")


@scenario(examines="KEEP-MALFORMED")
def try_numbers_that_airflow_does_not_write(world: World) -> None:
    """The try_number is no number, or a number written in another way.

        task instance   try 1    failed
        pod             try_number=abc, 0, 01, 1.0, 9e9, 1_0, ...

    int() reads 01 and 1_0, float() reads 9e9. Who wrote these was not Airflow, and may have rewritten other labels too.
    """
    for value in UNWRITTEN_TRIES:
        task = world.task(task_id=f"task_{len(world.tasks)}", state="failed")
        world.pod(task, shape="sidecar", labels={"try_number": value}).kept(f"its label try_number is {value!r}")


@scenario(examines="KEEP-MALFORMED")
def map_indexes_that_airflow_does_not_write(world: World) -> None:
    """The map_index is no number, or a number written in another way; index 3 is over, and so is the unmapped task.

        etl.load[3], etl.check    failed
        pods                      map_index=x3, 03, 3.0, None, ... and empty

    The label is absent or a plain number. An empty one is neither, and not -1.
    """
    for value in UNWRITTEN_INDEXES:
        for index in (3, -1):
            task = world.task(task_id=f"task_{len(world.tasks)}", state="failed", map_index=index)
            world.pod(task, shape="sidecar", labels={"map_index": value}).kept(f"its label map_index is {value!r}")


@scenario(examines="KEEP-MALFORMED")
def pods_from_before_runs_had_ids(world: World) -> None:
    """Providers up to 3.0 labelled their pods with the execution date of the run.

        task instance   try 1    failed, of the run for that date
        pod             dag_id, task_id, execution_date, try_number      no run_id, no map_index

    The run that has this date now need not be the one that had it then.
    """
    moment = "2026-11-20T06:00:00+00:00"
    task = world.task(run_id=f"manual__{moment}", state="failed")
    old = {"run_id": None, "airflow_kpo_in_cluster": None, "execution_date": make_safe_label_value(moment)}
    world.pod(task, shape="sidecar", labels=old).kept("its label run_id is missing, as providers up to 3.0 made them")


@scenario(examines="KEEP-MALFORMED", options=["exclusive-scope"])
def garbled_pods_in_a_scope_of_its_own(world: World) -> None:
    """No other Airflow uses the namespace, yet these pods lack a label.

        task instance   try 1    running, and a finished one beside it
        pods            one label each is missing, empty or garbled    Running for an hour

    That no row fits such a pod shows that its labels are wrong. Its task may well run.
    """
    world.task(task_id="over", state="failed")
    for label in (*NAMING, "map_index"):
        for value in ("", None) if label in NAMING else ("03", ""):
            task = world.task(task_id=f"task_{len(world.tasks)}", state="running")
            told = "missing" if value is None else repr(value)
            world.pod(task, labels={label: value}).live(f"its label {label} is {told}, and its task runs")


@scenario(examines="KEEP-MALFORMED")
def pod_without_any_identity(world: World) -> None:
    """A mutating hook replaced all labels but the one that says who made the pod.

        pod    kubernetes_pod_operator=True, team=analytics    Running

    An empty identity fits everything in a comparison that passes absent labels over.
    """
    task = world.task(state="failed")
    bare: dict[str, str | None] = dict.fromkeys((*NAMING, "airflow_version", "airflow_kpo_in_cluster"))
    pod = world.pod(task, shape="sidecar", labels={**bare, "team": "analytics"})
    pod.kept("its label dag_id is missing, as are the others")
