"""One fault in one sweep, at places that tell much; exhaustive placement puts every form at every step."""

from datetime import timedelta

from kpo_suite import World, scenario

FAULTS = {
    "list-fails": ("LS5/500", "list-pods-1"),
    "list-expires": ("LS1/expired", "list-pods-1"),
    "list-is-a-login-page": ("LS8/html", "list-pods-1"),
    "pod-is-born": ("XS1", "list-pods-1"),
    "deletion-is-refused": ("DL5/500", "delete-pods-1"),
    "deletion-is-reset": ("DL3", "delete-pods-2"),
    "deletion-is-unanswered": ("DL2/eof", "delete-pods-1"),
    "pod-is-created-again": ("DL1", "delete-pods-1"),
    "pod-is-gone": ("DL7/gone", "delete-pods-1"),
    "pod-is-ending": ("DL7/ending", "delete-pods-2"),
}


@scenario(examines="RESIST-ANY-SINGLE-FAULT", variants={"fault": list(FAULTS)})
def one_fault_among_pods_of_every_kind(world: World, fault: str) -> None:
    """Zombies, live pods and kept ones, and one fault in the first sweep.

        first sweep     LIST, task instances, DELETE, DELETE ... with one fault in between
        next sweep      without any: it succeeds, and no zombie is left

    92 % of catastrophic failures come of errors that were signalled and mishandled (Yuan, OSDI'14).
    """
    for index, state in enumerate(("failed", "success", "skipped")):
        task = world.task(state=state, map_index=index)
        world.pod(task, shape="sidecar", age=timedelta(hours=5 - index)).zombie(f"its task is {state}")
    for unfinished in ("running", "up_for_retry", "deferred", None):
        task = world.task(task_id=f"on_{unfinished}", state=unfinished, max_tries=1)
        world.pod(task).live(f"its task is {unfinished or 'without a state'}")
    kept = world.task(task_id="kept", state="failed")
    world.pod(kept, shape="failed", labels={"already_checked": "True"}).kept("its author asked to keep it")
    world.pod(world.task(dag_id="theirs", state=None, recorded=False)).kept("it may be another Airflow's")
    form, point = FAULTS[fault]
    world.fault(form, at=point)
