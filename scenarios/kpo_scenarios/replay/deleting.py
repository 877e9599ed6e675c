"""How a pod is deleted: one pod, once, with its own grace, and nothing besides."""

from datetime import timedelta

from kpo_suite import Shape, World, scenario

HOLD = "example.com/hold"


@scenario(examines=["DELETE-ONE-POD", "DELETE-NOTHING-ELSE", "DELETE-GRACEFULLY", "DELETE-RESOURCE-VERSION"])
def two_zombies_beside_a_live_pod(world: World) -> None:
    """Two zombies of one run, and a live pod of the same run with the same labels but for its task.

        etl.load     failed     pod  Running: only the sidecar is left
        etl.store    failed     pod  Running
        etl.check    running    pod  Running

    A selector that catches both zombies catches the live pod soon enough: deletions name a pod each.
    """
    world.pod(world.task(task_id="load", state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="store", state="failed")).zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")


@scenario(examines="DELETE-ONE-POD")
def namespace_full_of_zombies(world: World) -> None:
    """Every pod of one namespace is a zombie.

        scope              airflow, batch
        batch/etl-load-    five pods, each of a failed task    Running: only the sidecar is left

    Between the LIST and a DELETE of the whole collection somebody starts a pod there.
    """
    world.scope = ("airflow", "batch")
    for index in range(5):
        over = world.task(state="failed", map_index=index)
        world.pod(over, namespace="batch", shape="sidecar").zombie("its task failed, as that of every pod around it")


@scenario(examines="DELETE-NOTHING-ELSE")
def pods_that_are_kept_for_many_reasons(world: World) -> None:
    """A zombie among pods that stay: running, kept by their author, without a task instance, malformed.

        etl.load     failed     pod  Running: only the sidecar is left
        others       four pods, none of them the reaper's

    It is tempting to mark a pod as seen. A label or an annotation on a pod changes what Airflow finds.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.pod(world.task(task_id="check", state="running")).live("its task runs")
    kept = world.task(task_id="store", state="failed")
    world.pod(kept, shape="failed", labels={"already_checked": "True"}).kept("its author asked to keep it")
    foreign = world.task(dag_id="somebody_elses", state=None, recorded=False)
    world.pod(foreign).kept("it may be another Airflow's")
    garbled = world.task(task_id="garbled", state="failed")
    world.pod(garbled, labels={"try_number": "abc"}).kept("its labels name no try")


@scenario(examines="DELETE-GRACEFULLY", variants={"grace": [0, 5, 600]})
def pod_with_a_grace_period_of_its_own(world: World, grace: int) -> None:
    """The pod asks for none, for a little or for much time to end.

        task instance   try 1    failed
        pod             try 1    Running, terminationGracePeriodSeconds 0, 5 or 600

    The author of the pod knows how long it takes to hand its work back; a reaper does not.
    """
    task = world.task(state="failed")
    world.pod(task, grace_seconds=grace).zombie(f"its task failed; it asks for {grace} s to end")


@scenario(examines="DELETE-GRACEFULLY")
def every_kind_of_running_zombie_keeps_its_grace(world: World) -> None:
    """Zombies that look dead already: a lost node, a container in back-off, a sidecar alone.

        task instance   try 1    failed
        pod             try 1    Running, terminationGracePeriodSeconds 120

    Grace 0 removes the object while a container may still run (kubernetes/kubernetes#113717), most of all on a node
    that does not report.
    """
    shapes: tuple[Shape, ...] = ("sidecar", "native-sidecar", "crash-looping", "unreachable")
    for shape in shapes:
        task = world.task(task_id=shape, state="failed")
        world.pod(task, shape=shape, grace_seconds=120).zombie("its task failed; it asks for 120 s to end")


@scenario(examines=["DELETE-ONCE", "RESIST-REPEAT"], sweeps=3)
def zombie_that_takes_its_time_to_terminate(world: World) -> None:
    """A container ignores SIGTERM, so the pod is terminating for its whole grace period, over several sweeps.

        task instance   try 1    failed
        pod             Running, then Terminating for 30 s

    One request is enough: a controller that repeated its DELETE sent 365 000 in an hour (kubernetes/kubernetes#141190).
    """
    task = world.task(state="failed")
    world.pod(task, shape="sidecar").zombie("its task failed")


@scenario(examines="DELETE-ONCE")
def pods_that_somebody_else_has_deleted(world: World) -> None:
    """Three zombies are terminating when the first sweep begins: within their grace, beyond it, held by a finalizer.

        task instance   failed
        pods            deletionTimestamp in 9 minutes, an hour ago, a day ago with a finalizer

    on_kill, another reaper or a drain asked them to go. A second request changes nothing.
    """
    within = world.pod(
        world.task(task_id="within", state="failed"), grace_seconds=600, terminating=timedelta(minutes=1)
    )
    within.zombie("its task failed; it is terminating within its grace")
    beyond = world.pod(world.task(task_id="beyond", state="failed"), terminating=timedelta(hours=1))
    beyond.zombie("its task failed; it has been terminating for an hour")
    held = world.task(task_id="held", state="failed")
    world.pod(held, finalizers=(HOLD,), age=timedelta(days=2), terminating=timedelta(days=1)).zombie(
        "its task failed; a finalizer holds it"
    )


@scenario(examines="RESIST-REPEAT", sweeps=3)
def nothing_new_in_three_sweeps(world: World) -> None:
    """Pods that are kept, each for another reason, and none that is new.

        sweep 1       deletes what is to be deleted
        sweep 2, 3    etl.load runs, etl.store is kept, a pod without a task instance: nothing to write

    What was decided once is decided again, and said to nobody anew.
    """
    world.pod(world.task(state="running")).live("its task runs")
    kept = world.task(task_id="store", state="success")
    world.pod(kept, shape="succeeded", labels={"already_checked": "True"}).kept("its author asked to keep it")
    unknown = world.task(dag_id="somebody_elses", state=None, recorded=False)
    world.pod(unknown).kept("it may be another Airflow's")


@scenario(examines="DELETE-KEEPS-FINALIZERS", sweeps=2)
def zombie_with_finalizers(world: World) -> None:
    """Two controllers want to hear of the pod's end before it goes.

        task instance   try 1    failed
        pod             try 1    Running, finalizers example.com/hold and batch.kubernetes.io/job-tracking

    Without its finalizer the object goes at once, and what its controller keeps count of is lost.
    """
    task = world.task(state="failed")
    pod = world.pod(task, shape="sidecar", finalizers=(HOLD, "batch.kubernetes.io/job-tracking"))
    pod.zombie("its task failed; two controllers wait for its end")


@scenario(examines="DELETE-KEEPS-FINALIZERS")
def pod_that_only_a_finalizer_holds(world: World) -> None:
    """The pod has been terminating for a day, for a controller that does not answer.

        task instance   try 1    failed
        pod             Terminating for a day, finalizer example.com/hold

    It looks as if nobody would ever come. Who may say so is the cluster's administrator.
    """
    task = world.task(state="failed")
    pod = world.pod(task, finalizers=(HOLD,), age=timedelta(days=2), terminating=timedelta(days=1))
    pod.zombie("its task failed; a finalizer holds it")


@scenario(examines="DELETE-RESOURCE-VERSION")
def several_zombies_in_one_sweep(world: World) -> None:
    """Five zombies; the last is deleted a good while after they were listed.

        etl.load[0] ... [4]    failed    pods  Running: only the sidecar is left

    Each of them may be adopted, relabelled or annotated while the others are deleted.
    """
    for index in range(5):
        over = world.task(state="failed", map_index=index)
        world.pod(over, shape="sidecar").zombie(f"map index {index} failed")
