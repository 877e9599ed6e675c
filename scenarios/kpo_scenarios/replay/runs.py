"""Ids that have text in common: a task instance is named by its whole key, letter by letter, and by nothing less."""

from kpo_suite import World, scenario

NIGHT = "scheduled__2026-11-20T00:00:00+00:00"


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


@scenario(examines=["KEEP-OTHER-RUN", "REAP-FINISHED"])
def one_run_id_in_many_dags(world: World) -> None:
    """Every DAG with a daily schedule has a run of this name, and most have a task of that one.

        billing.load    scheduled__2026-11-20T00:00:00+00:00    failed      pod  Running
        etl.load        scheduled__2026-11-20T00:00:00+00:00    running     pod  Running
        reports.load    scheduled__2026-11-20T00:00:00+00:00    deferred    pod  Running

    A run_id is unique within its DAG and nowhere else.
    """
    over = world.task(dag_id="billing", run_id=NIGHT, state="failed")
    world.pod(over).zombie("its task failed", examines="REAP-FINISHED")
    for dag_id, state in (("etl", "running"), ("reports", "deferred")):
        task = world.task(dag_id=dag_id, run_id=NIGHT, state=state)
        world.pod(task).live(f"its own task is {state}; that of another DAG failed", examines="KEEP-OTHER-RUN")


@scenario(examines="KEEP-OTHER-RUN", variants={"running": ["manual", "scheduled", "backfill", "triggered"]})
def runs_of_each_kind_for_one_date(world: World, running: str) -> None:
    """One logical date, four runs of one DAG: by hand, by schedule, by a backfill, by an asset.

        etl.load    manual__, scheduled__, backfill__, ..._triggered__2026-11-20T00:00:00+00:00
                    one of them running, the others failed

    The date is not the run. Two of these began with the same text until their labels were cut.
    """
    asset = "dataset" if world.airflow.startswith("2.") else "asset"
    kinds = {kind: kind for kind in ("manual", "scheduled", "backfill")} | {"triggered": f"{asset}_triggered"}
    for kind, prefix in kinds.items():
        run_id = f"{prefix}__2026-11-20T00:00:00+00:00"
        task = world.task(run_id=run_id, state="running" if kind == running else "failed")
        if kind == running:
            world.pod(task).live("its own run goes on; others for the same date have failed")


@scenario(examines="KEEP-OTHER-RUN", variants={"running": ["shorter", "longer"]})
def ids_that_begin_with_one_another(world: World, running: str) -> None:
    """One id is the beginning of the other, for the DAG, the task and the run.

        etl,    load,     nightly          running or failed
        etl_v2, load,     nightly          the opposite, as the next two
        etl,    load_all, nightly
        etl,    load,     nightly_rerun

    A comparison by beginning, or a LIKE with a % at its end, mixes them up one way or the other.
    """
    short = ("etl", "load", "nightly")
    long = (("etl_v2", *short[1:]), ("etl", "load_all", "nightly"), (*short[:2], "nightly_rerun"))
    for length, keys in (("shorter", [short]), ("longer", long)):
        for dag_id, task_id, run_id in keys:
            state = "running" if length == running else "failed"
            task = world.task(dag_id=dag_id, task_id=task_id, run_id=run_id, state=state)
            if length == running:
                world.pod(task).live("its own task runs; what failed begins alike")


@scenario(examines="KEEP-OTHER-RUN")
def ids_that_differ_in_case(world: World) -> None:
    """The same letters, small and capital.

        etl.load    rerun    running    pod  Running
        ETL.load    rerun    failed     no pod
        etl.Load    rerun    failed     no pod
        etl.load    Rerun    failed     no pod

    Ids and labels tell case, while MySQL's usual collation and the name of a pod do not.
    """
    for dag_id, task_id, run_id in (("ETL", "load", "rerun"), ("etl", "Load", "rerun"), ("etl", "load", "Rerun")):
        world.task(dag_id=dag_id, task_id=task_id, run_id=run_id, state="failed")
    task = world.task(run_id="rerun", state="running")
    world.pod(task).live("its own task runs; those that failed are written with capitals")


@scenario(examines=["KEEP-OTHER-RUN", "REAP-ENCODED-IDS"])
def longest_ids_that_differ_in_their_last_character(world: World) -> None:
    """Ids of 250 characters, the most that Airflow's columns hold; a label shows the first 53 of them.

        etl.<249 x "a">b    running    pod  label aaa...a-<hash>
        etl.<249 x "a">c    failed     pod  label aaa...a-<another hash>

    What tells them apart is nine digits of a hash at the end.
    """
    running = world.task(task_id="a" * 249 + "b", state="running")
    world.pod(running).live("its own task runs; the one that failed has another hash", examines="KEEP-OTHER-RUN")
    over = world.task(task_id="a" * 249 + "c", state="failed")
    world.pod(over).zombie("its task failed", examines="REAP-ENCODED-IDS")


@scenario(examines="KEEP-OTHER-RUN")
def ids_that_differ_in_what_a_label_cannot_hold(world: World) -> None:
    """Letters beyond ASCII, colons and signs: a label drops them and adds a hash of the whole.

        café.übersicht    2026-11-20T06:00+01:00    running    pod  label bersicht-<hash>
        café.äbersicht    2026-11-20T06:00+01:00    failed     no pod
        café.übersicht    2026-11-20T06:00-01:00    failed     no pod

    Without the hash all of these are one.
    """
    east, west = "2026-11-20T06:00+01:00", "2026-11-20T06:00-01:00"
    world.task(dag_id="café", task_id="äbersicht", run_id=east, state="failed")
    world.task(dag_id="café", task_id="übersicht", run_id=west, state="failed")
    task = world.task(dag_id="café", task_id="übersicht", run_id=east, state="running")
    world.pod(task).live("its own task runs; those that failed have another hash")


@scenario(examines="KEEP-OTHER-RUN")
def dots_that_stand_in_different_places(world: World) -> None:
    """DAG and task joined by a dot read alike.

        DAG etl          task stage.load    running    pod  Running
        DAG etl.stage    task load          failed     no pod

    Both ids may have dots, task groups always do; only the two together, apart from each other, are a key.
    """
    world.task(dag_id="etl.stage", task_id="load", state="failed")
    task = world.task(dag_id="etl", task_id="stage.load", state="running")
    world.pod(task).live("its own task runs; the one that failed reads alike when joined by a dot")


@scenario(examines="KEEP-OTHER-RUN")
def underscores_that_stand_for_any_letter(world: World) -> None:
    """In SQL's LIKE an underscore is any character.

        etl.load_a    running    pod  Running
        etl.load-a    failed     no pod
        etl.loadXa    failed     no pod

    Almost every id has an underscore.
    """
    for other in ("load-a", "loadXa"):
        world.task(task_id=other, state="failed")
    task = world.task(task_id="load_a", state="running")
    world.pod(task).live("its own task runs; those that failed differ in one character")
