"""Pods that somebody asked to keep: by the operator's mark, or by the annotation that the reaper itself documents."""

from datetime import timedelta

from kpo_suite import Shape, World, scenario

KEPT: dict[str, str | None] = {"already_checked": "True"}
EVERY_PHASE: tuple[Shape, ...] = ("pending", "running", "sidecar", "succeeded", "failed")


@scenario(examines="KEEP-RETAINED")
def pods_that_their_author_asked_to_keep(world: World) -> None:
    """on_finish_action is keep_pod, and the operator left its mark.

        task instance   try 1    failed
        pod             already_checked=True    Pending, Running, Succeeded, Failed

    Somebody wants to look at it. After an execution_timeout it may even run (apache/airflow#49466).
    """
    for shape in EVERY_PHASE:
        task = world.task(task_id=shape, state="failed")
        world.pod(task, shape=shape, labels=KEPT).kept("its author asked to keep it for debugging")


@scenario(examines=["KEEP-RETAINED", "REAP-TERMINAL-PHASE"])
def only_the_failed_pods_are_kept(world: World) -> None:
    """on_finish_action is delete_succeeded_pod; one deletion of a succeeded pod got lost.

        etl.load     failed     pod  Failed, already_checked=True
        etl.store    success    pod  Succeeded      <- its deletion failed, and the error was swallowed

    The one that lacks the mark was not kept on purpose.
    """
    load = world.task(task_id="load", state="failed")
    failed = world.pod(load, shape="failed", labels=KEPT)
    failed.kept("its author asked to keep what failed", examines="KEEP-RETAINED")
    store = world.task(task_id="store", state="success")
    leftover = world.pod(store, shape="succeeded", age=timedelta(hours=1, seconds=world.claims.terminal_age))
    leftover.zombie("its task is a success and its deletion got lost", examines="REAP-TERMINAL-PHASE")


@scenario(examines="KEEP-RETAINED")
def only_the_ended_pods_are_kept(world: World) -> None:
    """on_finish_action is delete_active_pod: whatever has ended stays, with its mark.

        task instance   try 1    success or failed
        pod             Succeeded or Failed, already_checked=True

    The task is as over as it can be, and the pod has ended: what looks most like rubbish is what was asked for.
    """
    ends: tuple[tuple[str, Shape], ...] = (("success", "succeeded"), ("failed", "failed"))
    for state, shape in ends:
        task = world.task(task_id=shape, state=state)
        world.pod(task, shape=shape, labels=KEPT).kept("its author asked to keep what has ended")


@scenario(examines="KEEP-RETAINED", variants={"state": ["running", "success"]})
def kept_pods_of_older_tries(world: World, state: str) -> None:
    """Two tries failed and left their pods to be looked at; the third runs, or made it.

        task instance   try 3    running or success
        pod             try 1    Failed, already_checked=True
        pod             try 2    Failed, already_checked=True
        pod             try 3    Running; deleted by its operator if it was a success

    Overtaken they are; kept they are too.
    """
    task = world.task(state=state, try_number=3, max_tries=2)
    for number in (1, 2):
        older = world.pod(task, try_number=number, shape="failed", labels=KEPT)
        older.kept(f"its author asked to keep the pod of try {number}")
    if state == "running":
        world.pod(task, age=timedelta(minutes=10)).live("try 3 runs on it", examines="KEEP-UNFINISHED")


@scenario(examines="KEEP-RETAINED", options=["exclusive-scope"])
def kept_pod_whose_run_was_deleted(world: World) -> None:
    """The run was removed by ``airflow db clean``; the pod that was to be looked at stands there still.

        DAG etl, another run of it    success
        no row                        pod  Failed, already_checked=True

    That the row is gone does not take the wish back.
    """
    world.task(run_id="manual__2026-11-21T06:00:00+00:00", state="success")
    gone = world.task(state="failed", recorded=False)
    world.pod(gone, shape="failed", labels=KEPT, age=timedelta(days=3)).kept("its author asked to keep it")


@scenario(examines="KEEP-RETAINED")
def pod_that_was_kept_for_a_month(world: World) -> None:
    """Nobody has looked at it since.

        task instance   try 1    failed
        pod             Failed, already_checked=True, made 31 days ago

    For how long a kept pod is kept is a setting that its owner must have made.
    """
    task = world.task(state="failed")
    world.pod(task, shape="failed", labels=KEPT, age=timedelta(days=31)).kept("its author asked to keep it")


@scenario(examines="KEEP-OPTED-OUT")
def pods_that_opt_out_in_each_phase(world: World) -> None:
    """Each carries the annotation that the reaper documents.

        task instance   try 1    failed
        pod             annotated to be kept    Pending, Running, Succeeded, Failed

    The author of a DAG can set an annotation where she cannot change the reaper.
    """
    for shape in EVERY_PHASE:
        task = world.task(task_id=shape, state="failed")
        world.pod(task, shape=shape, annotations=world.claims.opt_out).kept("its annotation asks to keep it")


@scenario(examines=["KEEP-OPTED-OUT", "REAP-OVERTAKEN"])
def overtaken_pod_that_opts_out(world: World) -> None:
    """Two older tries' pods, one of them annotated.

        etl.load     try 2    running    pod  try 1, annotated to be kept
                                         pod  try 2
        etl.store    try 2    running    pod  try 1    <- overtaken
                                         pod  try 2

    The annotation holds whatever the reason of a deletion would have been.
    """
    for task_id, annotations in (("load", world.claims.opt_out), ("store", None)):
        task = world.task(task_id=task_id, state="running", try_number=2, max_tries=1)
        older = world.pod(task, try_number=1, annotations=annotations)
        if annotations is None:
            older.zombie("try 2 runs on a pod of its own", examines="REAP-OVERTAKEN")
        else:
            older.kept("its annotation asks to keep it", examines="KEEP-OPTED-OUT")
        world.pod(task, age=timedelta(minutes=10)).live("try 2 runs on it", examines="KEEP-UNFINISHED")


@scenario(examines="KEEP-OPTED-OUT", options=["exclusive-scope"])
def pod_without_a_row_that_opts_out(world: World) -> None:
    """The run was deleted while its pod was still to be looked at.

        DAG etl, another run of it    success
        no row                        pod  Running, annotated to be kept

    No row is needed to read an annotation.
    """
    world.task(run_id="manual__2026-11-21T06:00:00+00:00", state="success")
    gone = world.task(state="failed", recorded=False)
    old = timedelta(hours=1, seconds=world.claims.minimum_age)
    world.pod(gone, annotations=world.claims.opt_out, age=old).kept("its annotation asks to keep it")
