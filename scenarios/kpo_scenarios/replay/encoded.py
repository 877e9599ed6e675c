"""Ids that do not stand in their labels as they are: the database's side has to be encoded by the same rule.

make_safe_label_value drops what no label may hold and, where anything was dropped or the id is longer than 63
characters, keeps 53 and adds a dash and 9 digits of an MD5 (the same in every provider since 1.0).
"""

from kpo_suite import World, scenario


@scenario(examines="REAP-ENCODED-IDS", variants={"length": [63, 64, 250]})
def ids_of_every_length(world: World, length: int) -> None:
    """Ids as long as a label may be, one longer, and as long as Airflow's column.

        dag_id, task_id   63 characters     ->  as they are
        dag_id, task_id   64 or 250         ->  53 characters, a dash, 9 digits of a hash

    Whoever cuts at 63 is right for the first and wrong for all others.
    """
    task = world.task(dag_id="d" * length, task_id="t" * length, state="failed")
    world.pod(task, shape="sidecar").zombie(f"its task, of ids with {length} characters, failed")


@scenario(examines="REAP-ENCODED-IDS")
def ids_that_lose_their_ends(world: World) -> None:
    """Characters with which no label may begin or end, all of them allowed in ids.

        _private    ->  private-...
        trail_      ->  trail-...
        .hidden.    ->  hidden-...

    What is dropped at the ends changes the id, so a hash is added, however short it is.
    """
    for dag in ("_private", "trail_", ".hidden.", "-dashed-"):
        task = world.task(dag_id=dag, state="failed")
        world.pod(task, shape="sidecar").zombie(f"its task of the DAG {dag} failed")


@scenario(examines="REAP-ENCODED-IDS")
def ids_in_other_alphabets(world: World) -> None:
    """Airflow takes any letter for an id; a label takes ASCII only.

        ünïcode.dag    ->  ncode.dag-7f204c86c
        データ_load     ->  load-...
        résumé         ->  rsum-...

    The hash is that of the UTF-8 of the whole id. An id of which no ASCII is left gives a label that no API server
    accepts (apache/airflow ids like дата), so such a pod cannot be.
    """
    for dag in ("ünïcode.dag", "データ_load", "résumé", "Übung2"):
        task = world.task(dag_id=dag, task_id=dag, state="failed")
        world.pod(task, shape="sidecar").zombie(f"its task of the DAG {dag} failed")


@scenario(examines="REAP-ENCODED-IDS")
def run_ids_with_times_and_zones(world: World) -> None:
    """A run's id holds a time, and a time holds colons and a plus.

        scheduled__2026-11-20T06:00:00+00:00           ->  scheduled__2026-11-20T0600000000-...
        scheduled__2026-11-20T06:00:00.123456-05:00    ->  the dash stays, the colons go
        manual~of+the:night                            ->  manualofthenight-...

    Nearly every run's label is a hashed one.
    """
    for run in (
        "scheduled__2026-11-20T06:00:00+00:00",
        "scheduled__2026-11-20T06:00:00.123456-05:00",
        "manual~of+the:night",
        "backfill__2026-11-20T06:00:00+05:30",
    ):
        task = world.task(run_id=run, state="failed")
        world.pod(task, shape="sidecar").zombie(f"its task of the run {run} failed")


@scenario(examines="REAP-ENCODED-IDS")
def tasks_within_groups(world: World) -> None:
    """A task group puts its name and a dot before the task's, as often as it is nested.

        extract.load                                   ->  as it is
        region.emea.store.berlin...of_every_evening    ->  hashed, for it is longer than 63

    A dot is fine in a label, so that the short one stays as it is.
    """
    nested = "region.emea.country.germany.store.berlin.load_the_receipts_of_every_evening"
    for name in ("extract.load", nested):
        task = world.task(task_id=name, state="failed")
        world.pod(task, shape="sidecar").zombie(f"its task {name} failed")


@scenario(examines=["REAP-ENCODED-IDS", "KEEP-UNFINISHED"])
def long_ids_that_differ_at_their_ends(world: World) -> None:
    """Two ids with the same first 63 characters; one task has failed, the other runs.

        customer_aggregation_of_..._stores_in_berlin    failed     pod  Running: only the sidecar is left
        customer_aggregation_of_..._stores_in_paris     running    pod  Running

    The hash is all that tells their labels apart, and it does.
    """
    stem = "customer_aggregation_of_all_the_receipts_of_yesterday_of_all_the_stores_in"
    over = world.task(task_id=f"{stem}_berlin", state="failed")
    pod = world.pod(over, shape="sidecar")
    pod.zombie("its task failed; another one's id begins like its own", examines="REAP-ENCODED-IDS")
    running = world.task(task_id=f"{stem}_paris", state="running")
    world.pod(running).live("its task runs; another one's id begins like its own", examines="KEEP-UNFINISHED")
