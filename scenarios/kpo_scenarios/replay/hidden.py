"""DAGs that the user of Airflow's REST API may not read: their rows are left out without a word, with HTTP 200."""

from datetime import timedelta

from kpo_fixtures.airflow.releases import releases
from kpo_scenarios.replay.ambiguous import DAGS
from kpo_suite import World, scenario

SECRET = "payroll"  # noqa: S105 - the name of a DAG
SILENT = tuple(generation for generation in releases() if generation != "3.0")
"""Where rows are left out without a word; 3.0 refuses such a user every list over all DAGs."""


@scenario(examines="KEEP-HIDDEN", source="rest", airflow=SILENT)
def dag_that_the_user_may_not_read(world: World) -> None:
    """The reaper's user was given some DAGs and not this one.

        payroll.load     running, deferred, NULL    pods  Running    hidden from the user

    The answer looks whole: readable_ti_filter takes the rows out of the page and out of total_entries.
    """
    world.hidden.add(SECRET)
    for state in ("running", "deferred", None):
        task = world.task(dag_id=SECRET, task_id=f"in_{state}", state=state)
        world.pod(task).live(f"its task is {state or 'without a state'}, in a DAG that the user may not read")


@scenario(examines="KEEP-HIDDEN", source="rest", airflow=SILENT, options=["exclusive-scope"])
def hidden_dag_in_a_scope_of_its_own(world: World) -> None:
    """The namespace is this Airflow's alone, and the user still sees only a part of it.

        etl.load         success                    no pod
        payroll.load     running, failed            pods  Running for two days    hidden from the user

    No other Airflow can have made these pods, and yet a missing row is not a deleted one.
    """
    world.hidden.add(SECRET)
    world.task(state="success")
    old = timedelta(days=2, seconds=world.claims.minimum_age)
    for state in ("running", "failed"):
        task = world.task(dag_id=SECRET, task_id=f"in_{state}", state=state)
        world.pod(task, age=old).kept("its DAG may not be read by the reaper's user")


@scenario(examines="KEEP-HIDDEN", source="rest", airflow=SILENT)
def hidden_dag_shares_its_label_with_a_readable_one(world: World) -> None:
    """Two dag_ids with one label, by a collision of its hash; the user may read the one that is over.

        ...aggregation_v0169818.load    failed     readable
        ...aggregation_v0254006.load    running    hidden      pod  Running

    What is read fits the pod and is finished. Where DAGs are hidden, a hashed label may mean one of them.
    """
    world.hidden.add(DAGS[1])
    world.task(dag_id=DAGS[0], state="failed")
    task = world.task(dag_id=DAGS[1], state="running")
    world.pod(task).live("its task runs, in a DAG that the user may not read")
