"""The zombies of apache/airflow#58968, made by a real Airflow whose workers die."""

from kpo_suite import LiveWorld, is_running, only_sidecars_run, scenario

HELD, REAL, QUICK = 0.0, 1.0, 5.0
"""Factors of the containers' clock."""


@scenario(
    examines=["REAP-SIDECAR", "REAP-MAPPED", "KEEP-MAPPED-SIBLING", "KEEP-UNFINISHED", "DELETE-NOTHING-ELSE"], live=True
)
def workers_of_two_tasks_die(live: LiveWorld) -> None:
    """The issue's own DAG: two tasks lose their workers, two go on.

        zombie_kpo_task       failed     pod  Running: base terminated, sidecar alive
        mapped_kpo_task[0]    failed     pod  Running: base terminated, sidecar alive
        healthy_kpo_task      running    pod  Running, deleted by its operator at the end
        mapped_kpo_task[1]    running    pod  Running, deleted by its operator at the end

    SIGKILL leaves a worker no time to clean up. Airflow notices the missing heartbeats and marks both tasks failed;
    nobody deletes their pods. The healthy tasks have to end in success, their pods untouched by the sweep.
    """
    run = live.trigger("kpo_zombie_dag")
    zombie, mapped_zombie = run.task("zombie_kpo_task"), run.task("mapped_kpo_task", 0)
    healthy, mapped_healthy = run.task("healthy_kpo_task"), run.task("mapped_kpo_task", 1)

    live.set_clock(HELD)
    for task in (zombie, mapped_zombie, healthy, mapped_healthy):
        task.await_pod(is_running, "all containers running")
    live.set_clock(REAL)
    for task in (zombie, mapped_zombie):
        task.await_pod(only_sidecars_run, "base terminated, sidecar running")
    live.set_clock(HELD)

    for task in (zombie, mapped_zombie):
        task.kill_worker()
    for task in (zombie, mapped_zombie):
        task.await_state("failed")
        task.await_pod(only_sidecars_run, "still Running with its sidecar alive")

    zombie.zombie("its worker was killed and its task failed; only the sidecar lives on", examines="REAP-SIDECAR")
    mapped_zombie.zombie("the worker of map index 0 was killed and its task failed", examines="REAP-MAPPED")
    healthy.live("its task runs", examines="KEEP-UNFINISHED")
    mapped_healthy.live("map index 1 runs", examines="KEEP-MAPPED-SIBLING")

    live.sweep()
    live.set_clock(QUICK)
    live.await_gone(zombie, mapped_zombie)
    healthy.must_end("success", examines="KEEP-UNFINISHED")
    mapped_healthy.must_end("success", examines="KEEP-MAPPED-SIBLING")


@scenario(examines=["KEEP-REATTACHED", "REAP-FINISHED"], live=True)
def retry_adopts_the_pod_of_the_first_try(live: LiveWorld) -> None:
    """Both workers die; one task has a retry left, and its second try runs on the first one's pod.

        retried_kpo_task      running, try 2    pod  Running, labelled try_number=1
        abandoned_kpo_task    failed, try 1     pod  Running, labelled try_number=1

    The sweep has to tell the two pods apart, and the retried task has to end in success on its old pod.
    """
    run = live.trigger("kpo_retry_dag")
    retried, abandoned = run.task("retried_kpo_task"), run.task("abandoned_kpo_task")

    live.set_clock(HELD)
    for task in (retried, abandoned):
        task.await_pod(is_running, "its container running")
    for task in (retried, abandoned):
        task.kill_worker()
    abandoned.await_state("failed")
    retried.await_state("running", try_number=2)

    retried.live("try 2 runs on it", examines="KEEP-REATTACHED")
    abandoned.zombie("its worker was killed, its task failed, and no retry is left", examines="REAP-FINISHED")

    live.sweep()
    live.set_clock(QUICK)
    live.await_gone(abandoned)
    retried.must_end("success", examines="KEEP-REATTACHED")
