"""A state source that lags behind what is true, and task instances that change while they are read."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.stage import Stage
from kpo_suite.subjects.reaper_file import OptionName

ALONE: tuple[OptionName, ...] = ("exclusive-scope",)
BEHIND = {"form": ["DB4", "DB5"]}
A_MINUTE = timedelta(minutes=1)
MORE = 100
"""Task instances without pods that end while others are read."""


def reading(world: World) -> dict[str, str]:
    """Where a reaper first reads task instances, as words of a barrier."""
    return {"name": "task_instance" if world.source == "sql" else "taskInstances"}


@scenario(examines="SOURCE-LAGGING", variants=BEHIND, source="sql", options=ALONE)
def row_has_not_reached_the_replica(world: World, form: str) -> None:
    """A task began a minute ago; the database that the reaper reads does not have its row yet.

        etl.load     running    pod  Running
        etl.check    no row     pod  Running, a minute old

    The DAG is known, the namespace is this Airflow's alone, and no row fits: all that is wanting is age.
    """
    world.pod(world.task(state="running")).live("its task runs")
    begun = world.task(task_id="check", state="running", later=True)
    pod = world.pod(begun, age=A_MINUTE, later=True).live("its task began a minute ago")

    def begin(stage: Stage) -> None:
        stage.write(begun)
        stage.create(pod)

    world.between(begin, what="a task begins")
    world.fault(form, at="connect-1")


@scenario(examines="SOURCE-LAGGING", variants=BEHIND, source="sql", options=ALONE)
def expansion_has_not_reached_the_replica(world: World, form: str) -> None:
    """A mapped task was expanded a minute ago; the database that the reaper reads has the row from before.

        etl.store       no state    the row before the expansion
        etl.store[0]    no row      pod  Running, a minute old

    The task is there and goes on, and the index of the pod is not.
    """
    world.task(task_id="store", state=None)
    mapped = world.task(task_id="store", map_index=0, state="running", later=True)
    pod = world.pod(mapped, age=A_MINUTE, later=True).live("its map index began a minute ago")

    def expand(stage: Stage) -> None:
        stage.write(mapped)
        stage.create(pod)

    world.between(expand, what="a task is expanded")
    world.fault(form, at="connect-1")


@scenario(
    examines="SOURCE-LAGGING",
    variants={"form": ["DB4", "DB5"], "state": ["failed", "success"]},
    source="sql",
    airflow=("2.10", "2.11", "3.0", "3.1", "3.2", "3.3"),
)
def replica_shows_the_try_before(world: World, form: str, state: str) -> None:
    """A task was cleared a minute ago and runs again; the database that the reaper reads shows the end of try 1.

        etl.load    failed, try 1    pod  Running, labelled try 2, a minute old
                    running, try 2    what is true

    Only try 2 makes a pod with its number: the row is older than the pod. Before 2.10 the number tells less.
    """
    task = world.task(state=state)
    pod = world.pod(task, try_number=2, age=A_MINUTE, later=True).live("try 2 runs on it")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")

    def clear(stage: Stage) -> None:
        stage.move(task, "running", try_number=2)
        stage.create(pod)

    world.between(clear, what="a task is cleared")
    world.fault(form, at="connect-1")


@scenario(
    examines="SOURCE-CONSISTENT",
    variants={"before": ["up_for_retry", "queued", "running"], "when": ["before", "after"]},
    options=ALONE,
)
def task_moves_on_while_states_are_read(world: World, before: str, when: str) -> None:
    """A task instance goes from one live state to another right before or after the reaper reads task instances.

        etl.load    up_for_retry -> running, try 2    pod of try 1, which try 2 takes over
                    running -> up_for_retry

    Its pod is needed in both. Two questions, one for each state, may both miss the row.
    """
    task = world.task(state=before, max_tries=1)
    world.pod(task).live("its task goes on")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    after = ("up_for_retry", 1) if before == "running" else ("running", 2 if before == "up_for_retry" else 1)

    def move(stage: Stage) -> None:
        stage.move(task, after[0], try_number=after[1])

    world.between(move, "query", "rest", when=when, what="a task moves on", **reading(world))  # type: ignore[arg-type]


@scenario(examines="SOURCE-CONSISTENT", options=ALONE)
def others_end_while_states_are_read(world: World) -> None:
    """A hundred other tasks end when the reaper has the first answer about task instances.

        aaa.a[0..99]    running -> success    no pods
        etl.load        running               pod  Running
        etl.check       deferred              pod  Running

    Who asks for the second hundred of unfinished ones is given the third: what was in between has moved up.
    """
    others = [world.task(dag_id="aaa", task_id="a", map_index=index, state="running") for index in range(MORE)]
    world.pod(world.task(state="running")).live("its task runs")
    world.pod(world.task(task_id="check", state="deferred")).live("its task will come back to it")

    def end(stage: Stage) -> None:
        for task in others:
            stage.move(task, "success")

    world.between(end, "query", "rest", when="after", what="other tasks end", **reading(world))  # type: ignore[arg-type]


@scenario(examines="SOURCE-CONSISTENT")
def run_begins_while_states_are_read(world: World) -> None:
    """Another run of the same task begins when the reaper has the first answer about task instances.

        etl.load, run of today         failed     pod  Running: only the sidecar is left
        etl.load, a later run          running    pod  Running, born meanwhile

    What one run says is nothing that another run's pod can be judged by.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    later = world.task(run_id="manual__2026-11-20T07:00:00+00:00", state="running", later=True)
    pod = world.pod(later, age=timedelta(0), later=True).live("its run has begun")

    def begin(stage: Stage) -> None:
        stage.write(later)
        stage.create(pod)

    world.between(begin, "query", "rest", when="after", what="a run begins", **reading(world))  # type: ignore[arg-type]


@scenario(examines="SOURCE-CONSISTENT", variants={"state": ["failed", "success", "removed"]}, options=ALONE)
def end_of_a_task_is_taken_back(world: World, state: str) -> None:
    """A task instance's end is written in a transaction, and rolled back when the sweep is over.

        transaction    BEGIN, UPDATE etl.load ............................... ROLLBACK
        sweep                                  LIST, task instances, DELETE?
        etl.load       running    pod  Running: nobody but the transaction saw it end

    The row is locked meanwhile, and what is committed of it is that the task runs. PostgreSQL shows no reader anything
    else; a reaper that leaves out what is locked, or does without rows that it waits for too long, finds no row at all.
    """
    task = world.task(state="running")
    world.pod(task).live("its task runs")
    world.pod(world.task(task_id="check", state="failed"), shape="sidecar").zombie("its task failed")
    world.between(lambda stage: stage.leave_open(task, state), "list-pods", what="a task's end is written, and open")
    world.after_sweep(1, Stage.take_back)
