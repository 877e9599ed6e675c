"""Task instances that are over: whatever their pods still do, they do for nobody."""

from datetime import timedelta

from kpo_fixtures.airflow.states import STATES
from kpo_suite import World, scenario

FINISHED = sorted(STATES["3.3"].finished)
RUNS = (
    "manual__2026-11-20T06:00:00+00:00",
    "scheduled__2026-11-20T06:00:00+00:00",
    "backfill__2026-11-20T06:00:00+00:00",
    "dataset_triggered__2026-11-20T06:00:00+00:00",
    "asset_triggered__2026-11-20T06:00:00+00:00",
    "ad_hoc_of_the_night_shift",
)


@scenario(examines="REAP-FINISHED")
def running_pods_of_finished_tasks(world: World) -> None:
    """Each task has ended, in each of the ways there are; its base container has not.

        task instance   try 1    success, failed, skipped, upstream_failed, removed
        pod             try 1    Running

    Marked in the UI (apache/airflow#37263), worker killed for memory (#10325), removed from the DAG.
    """
    for state in FINISHED:
        task = world.task(task_id=f"ended_{state}", state=state)
        world.pod(task).zombie(f"its task ended as {state}")


@scenario(examines="REAP-FINISHED")
def base_and_sidecar_both_run_on(world: World) -> None:
    """The worker was killed before its task could tell the pod anything.

        task instance   try 1    failed
        pod             try 1    Running: base and airflow-xcom-sidecar are alive

    No container has ended, and nobody waits for one: the state of the task says so, and nothing in the pod.
    """
    for state in ("failed", "success"):
        task = world.task(task_id=f"ended_{state}", state=state)
        world.pod(task, containers=("base", "airflow-xcom-sidecar")).zombie(f"its task ended as {state}")


@scenario(examines="REAP-FINISHED", variants={"waiting": ["scheduled", "queued"]})
def retry_marked_failed_before_it_began(world: World, waiting: str) -> None:
    """The worker of try 1 died; somebody marked the task failed while try 2 was still waiting for its slot.

        task instance   try 2    failed, from scheduled or queued
        pod             try 1    Running

    Try 2 would have adopted the pod. There is no try 2 any more. Until 2.9 the row shows 1, from 2.10 on 2.
    """
    task = world.task(state="failed", try_number=2, max_tries=3, left=waiting)
    world.pod(task, try_number=1).zombie(f"its task was marked failed while its retry was {waiting}")


@scenario(examines="REAP-FINISHED")
def pods_of_every_try_of_a_failed_task(world: World) -> None:
    """The worker died in each try, no try found the pod of the one before, and there is none left.

        task instance   try 3    failed, max_tries 2
        pods            try 1, try 2 and try 3    Running

    reattach_on_restart=False, or a label that changed in between, makes a pod for each try.
    """
    task = world.task(state="failed", try_number=3, max_tries=2)
    for number in (1, 2, 3):
        world.pod(task, try_number=number).zombie(f"its task failed for good; this is what try {number} left")


@scenario(examines="REAP-FINISHED")
def pods_of_every_kind_of_run(world: World) -> None:
    """The same task failed in a manual, a scheduled, a backfill and a triggered run, and in one with a name of its own.

        dag_run         manual__..., scheduled__..., backfill__..., asset_triggered__..., ad_hoc_...
        task instance   failed
        pod             Running

    What a run_id begins with says how the run came about, and nothing about whose its pods are.
    """
    for run in RUNS:
        task = world.task(state="failed", run_id=run)
        world.pod(task).zombie(f"its task failed in the run {run.partition('__')[0]}")


@scenario(examines=["REAP-FINISHED", "KEEP-UNFINISHED"])
def zombie_of_last_week_beside_todays_run(world: World) -> None:
    """The task of a week ago left its pod; the same task runs again today.

        etl.load of 2026-11-13    success    pod  Running, a week old
        etl.load of today         running    pod  Running

    Runs are judged each for itself: that the DAG is busy keeps nobody else's pod.
    """
    old = world.task(state="success", run_id="scheduled__2026-11-13T06:00:00+00:00")
    world.pod(old, age=timedelta(days=7)).zombie("its task ended a week ago")
    today = world.task(state="running")
    world.pod(today).live("today's task runs")


@scenario(examines="REAP-FINISHED")
def zombies_of_operators_that_no_list_holds(world: World) -> None:
    """Decorated tasks, subclasses and other providers' operators leave zombies too.

        task instance   operator=_KubernetesDecoratedOperator, EksPodOperator, OurTeamsPodOperator    failed
        pod             kubernetes_pod_operator=True    Running

    task_instance.operator is the name of the concrete class. The label on the pod says enough.
    """
    for operator in (
        "_KubernetesDecoratedOperator",
        "_KubernetesCmdDecoratedOperator",
        "EksPodOperator",
        "OurTeamsPodOperator",
    ):
        task = world.task(task_id=operator.strip("_"), state="failed", operator=operator)
        world.pod(task).zombie(f"its task, of the operator {operator}, failed")


@scenario(examines="REAP-FINISHED")
def container_that_is_started_again_for_ever(world: World) -> None:
    """A pod template with restartPolicy OnFailure, and a base container that fails each time.

        task instance   try 1    failed
        pod             try 1    Running: base waits in CrashLoopBackOff

    The kubelet calls such a pod Running, and starts its container again every five minutes until the pod is gone.
    """
    task = world.task(state="failed")
    world.pod(task, shape="crash-looping").zombie("its task failed; its container is started again and again")


@scenario(examines="REAP-FINISHED")
def run_that_timed_out_as_a_whole(world: World) -> None:
    """dagrun_timeout failed the run and skipped what had not ended; the pods were told nothing.

        dag_run         failed
        task instances  skipped, from running and from up_for_reschedule
        pods            Running

    The scheduler sets the states in the database (dagrun_timeout in scheduler_job_runner.py); on_kill is a worker's.
    """
    task = world.task(task_id="extract", state="skipped")
    world.pod(task).zombie("the time of its run was up while it ran")
    sensor = world.task(task_id="wait", state="skipped", left="up_for_reschedule")
    world.pod(sensor).zombie("the time of its run was up while it waited for its next poke")
