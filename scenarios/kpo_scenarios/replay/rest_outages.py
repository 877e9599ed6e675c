"""Airflow's REST API that cannot be reached, breaks off, shows nothing, shows a part, or lets nobody in."""

from kpo_scenarios.replay.outages import some_tasks
from kpo_suite import World, scenario
from kpo_suite.subjects.reaper_file import OptionName

ALONE: tuple[OptionName, ...] = ("exclusive-scope",)
INSTANCES = "rest(taskInstances)-1"
"""Where a reaper first asks for task instances."""


@scenario(
    examines="SOURCE-UNREACHABLE",
    variants={"form": ["DB1/rest-refused", "DB1/rest-eof", "DB6/rest-500", "DB6/rest-502", "DB6/rest-503"]},
    source="rest",
)
def airflow_cannot_be_reached(world: World, form: str) -> None:
    """A sweep in which Airflow's API server is down, or something stands before it and says so.

        LIST pods                200
        GET  /api/v2/version     refused, 502, 503

    What cannot be asked is not known.
    """
    some_tasks(world)
    world.fault(form, at="rest-1")


@scenario(
    examines="SOURCE-UNREACHABLE",
    variants={
        "form": [
            "DB1/rest-reset",
            "DB1/rest-within",
            "DB1/rest-short",
            "DB1/rest-chunk",
            "DB6/rest-500",
            "DB6/rest-504",
        ]
    },
    source="rest",
    options=ALONE,
)
def request_for_task_instances_fails(world: World, form: str) -> None:
    """Airflow knows its DAGs; only the request for task instances fails, before or amid its answer.

        dags             200
        taskInstances    500, 504, {"task_instances": [{"dag_

    No entry came, which is not the same as that there is none.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-EMPTY", source="rest", options=ALONE)
def collection_of_task_instances_is_empty(world: World) -> None:
    """Airflow knows its DAGs, and its collection of task instances is empty.

        dags             etl, twin, control
        taskInstances    {"task_instances": [], "total_entries": 0}

    An Airflow that makes pods has task instances.
    """
    some_tasks(world)
    world.fault("DB2/rest-empty", at=INSTANCES)


@scenario(
    examines="SOURCE-PARTIAL",
    variants={"form": [f"DB3/rest-{name}" for name in ("truncated", "page", "last", "total-high", "null", "login")]},
    source="rest",
    options=ALONE,
)
def collection_of_task_instances_is_not_whole(world: World, form: str) -> None:
    """Entries are missing from the answer, or it counts others than it has, or it is none.

        taskInstances    {"task_instances": [..], "total_entries": 5}    four entries
                         {"task_instances": null}
                         <!doctype html>...

    Behind a proxy, and while a page is read, that is seen.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(
    examines="SOURCE-UNAUTHORIZED",
    variants={"form": ["DB18/rest-401", "DB18/rest-403"]},
    source="rest",
    options=ALONE,
)
def token_expires_before_task_instances_are_read(world: World, form: str) -> None:
    """The first requests are answered; from the one for task instances on the credentials are no longer good.

        dags             200
        taskInstances    401, 403

    The entries that did not come are no statement about pods.
    """
    some_tasks(world)
    world.fault(form, at=INSTANCES)


@scenario(examines="SOURCE-UNAUTHORIZED", variants={"form": ["DB18/rest-401", "DB18/rest-403"]}, source="rest")
def credentials_are_refused_from_the_first_request_on(world: World, form: str) -> None:
    """The reaper's token was revoked, or its user has lost the right to read.

        GET  ...    401, 403

    It will be so in the next sweep too, until somebody hears of it.
    """
    some_tasks(world)
    world.fault(form, at="rest-1")
