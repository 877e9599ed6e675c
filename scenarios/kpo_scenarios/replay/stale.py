"""LISTs of the past: what they show as a zombie is another pod by now, or the same and no zombie any more."""

from kpo_suite import Shape, World, scenario
from kpo_suite.stage import Stage
from kpo_suite.world import Action, Task, WorldPod

LISTED = "list-pods"


@scenario(examines="API-STALE-LIST", variants={"shape": ["sidecar", "succeeded"]})
def stale_list_shows_a_pod_that_was_created_again(world: World, shape: Shape) -> None:
    """An API server lags behind: it lists a zombie in whose place a live pod has been running since.

        past       etl-load    run A    failed     Running: only the sidecar is left, or Succeeded
        LIST       shows the past
        present    etl-load    run B    running    Running

    19 of the 46 bugs that Sieve found come from such a view. random_name_suffix=False gives the same name.
    """
    old, again, new = _created_again(world, shape)
    world.between(_replace(old, again, new), LISTED, what="the pod is created again")
    world.fault("LS9", at="list-pods-1")


@scenario(examines="API-STALE-LIST", variants={"label": ["already_checked", "kubernetes_executor"]})
def stale_list_shows_a_pod_without_its_new_label(world: World, label: str) -> None:
    """A pod was labelled after the moment that the LIST shows: it is the same pod, and to be kept.

        past       etl-load    failed    Running: only the sidecar is left
        LIST       shows the past
        present    etl-load    the same uid, and already_checked=True or kubernetes_executor=True

    The uid alone proves nothing here; the resourceVersion does.
    """
    pod = world.pod(world.task(state="failed"), name="etl-load", shape="sidecar")
    pod.kept(f"it has the label {label}=True by now; the LIST shows it without")

    def act(stage: Stage) -> None:
        stage.patch(pod, {"metadata": {"labels": {label: "True"}}})

    world.between(act, LISTED, what="the pod is labelled")
    world.fault("LS9", at="list-pods-1")


@scenario(examines="API-STALE-LIST", sweeps=2)
def second_sweep_sees_an_older_world_than_the_first(world: World) -> None:
    """The first sweep sees the live pod; the second is answered by a server that does not know of it yet.

        sweep 1    LIST    etl-load    run B    running    <- live
        sweep 2    LIST    etl-load    run A    failed     <- what it was before sweep 1

    Time travel: a load balancer leads to a replica that lags behind.
    """
    old, again, new = _created_again(world, "sidecar")
    world.between(_replace(old, again, new), LISTED, what="the pod is created again")
    world.fault("LS10", at="list-pods-2")


def _created_again(world: World, shape: Shape) -> tuple[WorldPod, Task, WorldPod]:
    over = world.task(run_id="run-a", state="failed")
    old = world.pod(over, name="etl-load", shape=shape)
    old.zombie("its task failed; it is gone by the time of the sweep")
    again = world.task(run_id="run-b", state="running", later=True)
    new = world.pod(again, name="etl-load", later=True).live("its task runs; the LIST shows the pod before it")
    return old, again, new


def _replace(old: WorldPod, again: Task, new: WorldPod) -> Action:
    def act(stage: Stage) -> None:
        stage.write(again)
        stage.replace(old, new)

    return act
