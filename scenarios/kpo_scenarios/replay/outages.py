"""A state source that cannot be reached, breaks off, shows nothing, shows a part, or lets nobody in."""

from kpo_suite import World, scenario
from kpo_suite.subjects.reaper_file import OptionName

ALONE: tuple[OptionName, ...] = ("exclusive-scope",)
INSTANCES = "query(task_instance)-1"
"""Where a reaper first reads task instances."""


def some_tasks(world: World) -> None:
    """A zombie, and two pods that are none as long as their rows are there."""
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    world.pod(world.task(task_id="store", state="deferred"), shape="succeeded").live("its task will come back to it")


@scenario(
    examines="SOURCE-UNREACHABLE",
    variants={"form": ["DB1/down", "DB1/refused-eof", "DB1/starting", "DB1/dropped", "DB7/slots", "DB7/pool"]},
    source="sql",
)
def database_cannot_be_reached(world: World, form: str) -> None:
    """A sweep in which the database refuses the reaper: down, starting up, or with no connection left.

        LIST pods    200
        connect      reset, 57P03, 53300

    What cannot be asked is not known. A controller that took every error for "nobody owns it" deleted the cluster.
    """
    some_tasks(world)
    world.fault(form, at="connect-1")


@scenario(
    examines="SOURCE-UNREACHABLE",
    variants={"form": ["DB1/reset", "DB1/lost", "DB1/shutdown", "DB6/timeout", "DB6/deadlock", "DB6/internal", "DB8"]},
    source="sql",
    options=ALONE,
)
def question_about_task_instances_fails(world: World, form: str) -> None:
    """The database is there and knows its DAGs; only the question about task instances fails.

        SELECT ... FROM alembic_version    answered
        SELECT ... FROM task_instance      57014, 40P01, a reset, the server's shutdown

    No row came, which is not the same as that there is none: with the namespace to itself, a reaper that takes it so
    deletes every pod.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(
    examines="SOURCE-UNREACHABLE",
    variants={"form": ["DB1/eof", "DB6/lock", "DB6/serialization", "DB6/row-timeout", "DB1/row-reset"]},
    source="sql",
)
def question_fails_where_others_use_the_namespace(world: World, form: str) -> None:
    """As before, in a namespace in which others may have pods: what is not known is kept there anyway.

        SELECT ... FROM task_instance      55P03, 40001, the end of the connection after a row

    Nor may a part of the rows be enough to go on with, or another question take the place of the one that failed.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(
    examines="SOURCE-EMPTY",
    variants={"form": ["DB2/database", "DB2/search-path"]},
    source="sql",
    options=ALONE,
)
def database_is_a_fresh_one(world: World, form: str) -> None:
    """From one sweep to the next the address leads to a database with Airflow's tables and nothing in them.

        alembic_version    the same
        dag                no row
        task_instance      no row     pods  three, two of them live

    A restore that has begun, a new volume, another search_path. No Airflow that makes pods has no task instance.
    """
    some_tasks(world)
    world.fault(form, at="connect-1")


@scenario(
    examines="SOURCE-EMPTY",
    variants={"form": ["DB2/empty", "DB2/undefined"]},
    source="sql",
    options=ALONE,
)
def no_task_instance_comes(world: World, form: str) -> None:
    """The database knows its DAGs, and has not one task instance.

        dag              etl, twin, control
        task_instance    no row

    The rows of every DAG cannot have been cleaned away at once.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-EMPTY", variants={"form": ["DB2/empty", "DB2/undefined"]}, source="sql")
def no_task_instance_comes_where_others_use_the_namespace(world: World, form: str) -> None:
    """As before, in a namespace that is not this Airflow's alone.

        task_instance    no row

    What would be kept for want of a row is kept, and the sweep has learned nothing.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(
    examines="SOURCE-PARTIAL",
    variants={"form": ["DB1/row-reset", "DB1/row-eof", "DB6/row-timeout", "DB6/row-conflict"]},
    source="sql",
    options=ALONE,
)
def answer_breaks_off_after_a_row(world: World, form: str) -> None:
    """The first row comes, and then the connection ends or the statement fails.

        etl.load    failed     <- came
        etl.check   running
        57014       canceling statement due to statement timeout

    A driver that gives rows one by one has given one by then.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(
    examines="SOURCE-PARTIAL",
    variants={"form": ["DB3/half", "DB3/last", "DB3/uncounted"]},
    source="sql",
    options=ALONE,
)
def rows_are_missing_from_the_answer(world: World, form: str) -> None:
    """The answer ends in good order and lacks rows, as behind a pooler that cuts off or a LIMIT that somebody set.

        etl.load         failed
        etl.check        running
        etl.store        deferred
        control.running  running    <- missing

    Whoever decides by what is not in an answer has to know how long it should be.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-PARTIAL", variants={"form": ["DB3/half"]}, source="sql")
def row_of_a_namesake_is_missing(world: World, form: str) -> None:
    """Two task instances have one label; the row of the one that runs is in the half that is missing.

        etl.load    trail-0fc596528    failed
        etl.load    trail_             running    <- missing; both have the label trail-0fc596528

    What was unclear looks clear.
    """
    world.task(task_id="trail-0fc596528", state="failed")
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="first", state="running")).live("its task runs")
    world.pod(world.task(task_id="second", state="running")).live("its task runs")
    world.pod(world.task(task_id="trail_", state="running")).live("one of the two that its labels fit runs")
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-UNAUTHORIZED", variants={"form": ["DB18/password", "DB18/host"]}, source="sql")
def password_was_rotated(world: World, form: str) -> None:
    """The reaper's password is no longer the right one.

        connect    28P01    password authentication failed

    It will be so in the next sweep too: if no failure is reported, zombies pile up and nobody hears of it.
    """
    some_tasks(world)
    world.fault(form, at="connect-1")


@scenario(
    examines="SOURCE-UNAUTHORIZED", variants={"form": ["DB18/denied", "DB18/read-only"]}, source="sql", options=ALONE
)
def right_to_read_task_instances_was_taken_away(world: World, form: str) -> None:
    """The role may still connect and read which Airflow it is, and no longer task instances.

        SELECT ... FROM alembic_version    answered
        SELECT ... FROM task_instance      42501    permission denied

    No answer is no statement about pods.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-UNAUTHORIZED", variants={"form": ["DB18/denied"]}, source="sql")
def right_was_taken_away_where_others_use_the_namespace(world: World, form: str) -> None:
    """As before, in a namespace that is not this Airflow's alone.

        SELECT ... FROM task_instance      42501    permission denied

    Nothing is deleted there in any case; whether the sweep says that it failed is the question.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)
