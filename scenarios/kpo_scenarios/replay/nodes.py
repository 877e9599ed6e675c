"""Pods on nodes that do not answer: they may run or not, and are asked to terminate once."""

from datetime import timedelta

from kpo_suite import World, scenario
from kpo_suite.pods import node_manifest


@scenario(examines="REAP-NODE-LOST")
def zombie_of_unknown_phase(world: World) -> None:
    """Nobody knows whether the pod still runs; its task is over.

        task instance   try 1    failed
        pod             try 1    Unknown: NodeLost

    Virtual kubelets still report this phase for a pod that their provider lost.
    """
    task = world.task(state="failed")
    world.pod(task, shape="unknown").zombie("its task failed; what became of the pod is unknown")


@scenario(examines=["REAP-NODE-LOST", "DELETE-ONCE"], sweeps=3)
def zombie_on_a_node_that_is_not_ready(world: World) -> None:
    """The node stopped reporting; its pods are shown as they were last.

        node            Ready Unknown: NodeStatusUnknown
        task instance   try 1    failed
        pod             try 1    Running, then Terminating until the node is back

    The kubelet cannot answer, so the pod stays. It has been told once, and that is enough.
    """
    world.bystanders.append(node_manifest("lost-node", ready=False))
    task = world.task(state="failed")
    pod = world.pod(task, shape="unreachable", node="lost-node")
    pod.zombie("its task failed; its node does not report")


@scenario(examines="REAP-NODE-LOST")
def zombie_whose_node_is_gone(world: World) -> None:
    """An autoscaler removed the node, and the pod's object was left.

        node            there is none
        task instance   try 1    success
        pod             try 1    Running on node-of-yesterday

    PodGC takes such pods where it runs and when it gets to them.
    """
    task = world.task(state="success")
    pod = world.pod(task, node="node-of-yesterday", age=timedelta(days=1))
    pod.zombie("its task is over and its node does not exist any more")


@scenario(examines=["REAP-NODE-LOST", "KEEP-UNFINISHED"])
def lost_node_holds_a_live_pod_too(world: World) -> None:
    """Two pods on one lost node; the task of one of them still counts on it.

        node         Ready Unknown
        etl.load     failed     pod  Running
        etl.store    running    pod  Running    <- the node may come back with it

    What to do with the pods of a lost node is the node lifecycle controller's decision, after its own time.
    """
    world.bystanders.append(node_manifest("lost-node", ready=False))
    over = world.task(task_id="load", state="failed")
    pod = world.pod(over, shape="unreachable", node="lost-node")
    pod.zombie("its task failed; its node does not report", examines="REAP-NODE-LOST")
    running = world.task(task_id="store", state="running")
    alive = world.pod(running, shape="unreachable", node="lost-node")
    alive.live("its task runs and may hear of it again", examines="KEEP-UNFINISHED")
