"""Kubeconfigs that lead to another cluster than they did."""

from kpo_suite import World, scenario
from kpo_suite.stage import Stage


@scenario(examines="API-SAME-CLUSTER", options=["cluster-uid"])
def kubeconfig_leads_to_another_cluster(world: World) -> None:
    """The reaper was told the uid of a cluster, and the kubeconfig leads to another one, with pods of the same names.

        told       kube-system    uid 5f0e...
        GET        kube-system    uid 0c0ffee0...    <- another cluster: nothing is deleted, and the sweep fails

    A context that was switched, a restored backup, a recreated cluster at the old address. Airflow's database knows
    nothing of the pods there.
    """
    world.pod(world.task(state="failed"), shape="sidecar").zombie("its task failed")
    world.fault("TR7", at="get-namespaces-1")


@scenario(examines="API-SAME-CLUSTER", options=["cluster-uid"], sweeps=2)
def kubeconfig_is_switched_between_two_sweeps(world: World) -> None:
    """The first sweep is in the right cluster; before the second the kubeconfig is led elsewhere.

        sweep 1    GET    kube-system    uid 5f0e...        <- zombies are deleted
        sweep 2    GET    kube-system    uid 0c0ffee0...    <- there is a zombie again, and it is none of ours

    That it was right once is no reason to look no more.
    """
    again = world.task(task_id="again", state="failed")
    later = world.pod(again, shape="sidecar", later=True).zombie("its task failed; it came after the first sweep")

    def act(stage: Stage) -> None:
        stage.create(later)

    world.after_sweep(1, act)
    world.fault("TR7", at="get-namespaces-2")
