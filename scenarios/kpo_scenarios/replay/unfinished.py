"""Task instances that are not over yet: their pods are needed, whatever the pods themselves look like."""

from datetime import timedelta

from kpo_suite import Shape, World, scenario

AIRFLOW_TWO = ("2.7", "2.8", "2.9", "2.10", "2.11")
AIRFLOW_THREE = ("3.0", "3.1", "3.2", "3.3")

NOT_STARTED: tuple[Shape, ...] = ("pending", "unschedulable", "image-pull")


@scenario(examines="KEEP-UNFINISHED")
def pods_of_unfinished_tasks(world: World) -> None:
    """One task instance in each state that is not the end.

        task instance   try 1    running, queued, deferred, ... and NULL
        pod             try 1    Running

    NULL is a state too: a cleared task waits with it, and SQL's IN and NOT IN both pass it over.
    """
    for state in sorted(world.states.unfinished, key=str):
        task = world.task(task_id=f"in_{state}", state=state)
        world.pod(task).live(f"its task is {state or 'without a state'}")


@scenario(examines="KEEP-UNFINISHED", variants={"state": [None, "restarting"]})
def cleared_task_whose_pod_runs_on(world: World, state: str | None) -> None:
    """Somebody cleared the task in the UI; the scheduler has not looked at it since.

        task instance   try 1    NULL, or restarting where it was cleared while it ran
        pod             try 1    Running

    A cleared task runs again and finds this pod by its labels. NULL does not mean that nothing is known of the task.
    """
    task = world.task(state=state, max_tries=1)
    world.pod(task).live("its task was cleared and will run again")


@scenario(examines="KEEP-UNFINISHED")
def task_that_reschedules_itself_like_a_sensor(world: World) -> None:
    """A subclass of KubernetesPodOperator looks after its pod once in a while and gives its worker back in between.

        task instance   try 1    up_for_reschedule
        pod             try 1    Running

    No worker runs the task and no triggerer watches it, for hours perhaps; its pod is its work all the same.
    """
    task = world.task(state="up_for_reschedule", operator="OurTeamsPodSensor")
    world.pod(task, age=timedelta(hours=6)).live("its task comes back to look after it")


@scenario(examines="KEEP-UNFINISHED", airflow=AIRFLOW_TWO, source="sql")
def task_that_was_asked_to_shut_down(world: World) -> None:
    """Airflow 2 has a state that is neither in its set of finished nor in that of unfinished states.

        task instance   try 1    shutdown
        pod             try 1    Running

    airflow.utils.state lists it in neither; what is not an end is no end.
    """
    task = world.task(state="shutdown")
    world.pod(task).live("its task is being shut down and cleans up after itself")


@scenario(examines="KEEP-UNFINISHED", airflow=["3.3"])
def task_that_waits_for_an_answer(world: World) -> None:
    """A person has to answer before the task goes on: a state that Airflow 3.3 introduced.

        task instance   try 1    awaiting_input
        pod             try 1    Running

    It may take days, and the list of unfinished states of a reaper that was written for 3.2 does not hold it.
    """
    task = world.task(state="awaiting_input")
    world.pod(task, age=timedelta(days=3)).live("its task waits for somebody's answer")


@scenario(examines="KEEP-UNFINISHED")
def pods_that_have_waited_long_for_a_running_task(world: World) -> None:
    """Neither room nor image for two hours, and a task that is willing to wait for longer.

        task instance   try 1    running or deferred, with a long startup_timeout_seconds
        pod             try 1    Pending for two hours

    airflow kubernetes cleanup-pods deletes it after 30 minutes without asking: the task then fails for want of its pod.
    """
    for state in ("running", "deferred"):
        for shape in NOT_STARTED:
            task = world.task(task_id=f"{state}_{shape}", state=state)
            world.pod(task, shape=shape, age=timedelta(hours=2)).live(f"its task is {state} and waits for its start")


@scenario(examines="KEEP-UNFINISHED")
def base_container_has_ended_and_the_task_has_not(world: World) -> None:
    """Only the sidecar of the pod is alive, as in apache/airflow#58968, but the task is not over.

        task instance   try 1    running, deferred or queued
        pod             try 1    Running: base terminated, sidecar alive

    The operator still has to read logs, exit code and the XCom that the sidecar keeps for it (apache/airflow#39693).
    """
    for state in ("running", "deferred", "queued"):
        task = world.task(task_id=state, state=state)
        world.pod(task, shape="sidecar").live(f"its task is {state} and still has to read its result")


@scenario(examines="KEEP-UNFINISHED")
def task_that_runs_for_a_week(world: World) -> None:
    """A training job takes its time.

        task instance   try 1    running
        pod             try 1    Running, created eight days ago

    No age makes a zombie. Reapers that went by age reaped busy runners (pytorch/ci-infra#953, #961).
    """
    task = world.task(state="running")
    world.pod(task, age=timedelta(days=8)).live("its task has been running for a week")


@scenario(examines="KEEP-UNKNOWN-STATE", rest_from="3.0")
def pod_of_a_task_in_a_state_of_tomorrow(world: World) -> None:
    """Airflow has learned a new word.

        task instance   try 1    hibernating
        pod             try 1    Running

    3.3 added awaiting_input; the next release may add another. A word that a reaper does not know is no end.
    """
    task = world.task(state="hibernating")
    world.pod(task).live("its task is in a state that may well come to life again")


@scenario(examines="KEEP-UNKNOWN-STATE", rest_from="3.0")
def ends_in_another_spelling(world: World) -> None:
    """Words that are an end but for their case or a blank, and an empty one.

        task instance   try 1    SUCCESS, Failed, "success ", " failed", ""
        pod             try 1    Running

    Airflow writes success and failed and nothing else; whoever wrote these meant something that nobody knows.
    """
    for ordinal, state in enumerate(("SUCCESS", "Failed", "success ", " failed", "")):
        task = world.task(task_id=f"spelling_{ordinal}", state=state)
        world.pod(task).live(f"its task is in the state {state!r}, which Airflow does not write")


@scenario(examines="KEEP-UNKNOWN-STATE", rest_from="3.0")
def states_that_hold_the_word_of_an_end(world: World) -> None:
    """New words begin or end like known ones.

        task instance   try 1    failed_over, success_pending, to_be_skipped, not_removed
        pod             try 1    Running

    up_for_retry and up_for_reschedule begin alike and mean different things; so may these.
    """
    for state in ("failed_over", "success_pending", "to_be_skipped", "not_removed"):
        task = world.task(task_id=state, state=state)
        world.pod(task).live(f"its task is {state}, which is no state that anybody knows")


@scenario(examines="KEEP-UNKNOWN-STATE", airflow=AIRFLOW_THREE)
def states_that_an_upgrade_left_behind(world: World) -> None:
    """Rows that an older Airflow wrote stay as they are when the tables are migrated.

        task instance   try 1    shutdown (until 2.11), sensing (until 2.4)
        pod             try 1    Running

    Airflow 3 no longer knows these words. They were no end when they were written.
    """
    for state in ("shutdown", "sensing"):
        task = world.task(task_id=state, state=state)
        world.pod(task).live(f"its task is {state}, which was no end in the Airflow that wrote it")
