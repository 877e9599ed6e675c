"""Reapers that wait for something at a pod before they take it, and wait for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, labels, number
from kpo_scenarios.known_bad.registry import known_bad


class WantsMoreOfAPod(PlainReaper):
    """Takes a zombie only if the pod itself looks the part."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask the pod too."""
        return self.looks_dead(pod) and super().is_zombie(pod, instances, pods)

    def looks_dead(self, pod: Pod) -> bool:
        """Whether the pod may be taken for one."""
        raise NotImplementedError


def statuses(pod: Pod) -> dict[str, dict[str, dict[str, object]]]:
    """The states of its main containers by name."""
    return {status["name"]: status["state"] for status in pod["status"].get("containerStatuses", ())}


def waits_for(pod: Pod) -> str:
    """Why its first container waits; empty where it does not."""
    reasons = [str(state["waiting"]["reason"]) for state in statuses(pod).values() if "waiting" in state]
    return reasons[0] if reasons else ""


@known_bad(fails="REAP-SIDECAR", because=r"(lives? on|keep it alive)")
class WaitsForEveryContainer(WantsMoreOfAPod):
    """Waits until no container of the pod runs any more."""

    def looks_dead(self, pod: Pod) -> bool:
        """Let the sidecar finish."""
        return pod["status"]["phase"] != "Running" or not any("running" in each for each in statuses(pod).values())


@known_bad(fails="REAP-SIDECAR", because="its container main has ended")
class LooksForAContainerCalledBase(WantsMoreOfAPod):
    """Waits for the end of the container base, whatever the author called it."""

    def looks_dead(self, pod: Pod) -> bool:
        """Find no other one."""
        return pod["status"]["phase"] != "Running" or "terminated" in statuses(pod).get("base", {})


@known_bad(fails="REAP-SIDECAR", because="three sidecars keep it alive")
class CountsTwoContainers(WantsMoreOfAPod):
    """Knows a pod with a base and a sidecar, and none with more."""

    def looks_dead(self, pod: Pod) -> bool:
        """Count to two."""
        return len(pod["spec"]["containers"]) <= 2


@known_bad(fails="REAP-SIDECAR", because="only its native sidecar lives on")
class LeavesNativeSidecarsToTheKubelet(WantsMoreOfAPod):
    """Trusts that a native sidecar ends with its pod, as it is documented."""

    def looks_dead(self, pod: Pod) -> bool:
        """Read the documentation."""
        return not any(each.get("restartPolicy") == "Always" for each in pod["spec"].get("initContainers", ()))


@known_bad(fails="REAP-SIDECAR", because="its base container failed and only")
class ReapsSidecarsOfSuccessOnly(WantsMoreOfAPod):
    """Looks for a base container that ended with 0."""

    def looks_dead(self, pod: Pod) -> bool:
        """Keep what failed, for whoever wants to look at it."""
        ends = [state["terminated"]["exitCode"] for state in statuses(pod).values() if "terminated" in state]
        return pod["status"]["phase"] != "Running" or not any(ends)


@known_bad(fails="REAP-SIDECAR", because="the proxy that stands before it lives on")
class TakesTheFirstContainerForTheBase(WantsMoreOfAPod):
    """Waits for the end of the first container of the list."""

    def looks_dead(self, pod: Pod) -> bool:
        """Let the webhook choose the base."""
        first = pod["spec"]["containers"][0]["name"]
        return pod["status"]["phase"] != "Running" or "terminated" in statuses(pod).get(first, {})


@known_bad(fails="REAP-FINISHED", because="its task ended as failed")
class WaitsForTheBaseContainer(WantsMoreOfAPod):
    """Deletes a pod only once some container of it has ended, as in the title of apache/airflow#58968."""

    def looks_dead(self, pod: Pod) -> bool:
        """Let it do its work, for whomever."""
        return pod["status"]["phase"] != "Running" or any("terminated" in each for each in statuses(pod).values())


@known_bad(fails="REAP-FINISHED", because="this is what try 1 left")
class ReapsTheLatestTryOnly(PlainReaper):
    """Looks for the pod of the try that the row shows, and not for those of the tries before."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare the try too, where the task is over."""
        return super().fits(pod, instance) and (not self.is_over(instance) or number(pod) == instance.try_number)


@known_bad(fails="REAP-FINISHED", because="failed in the run backfill")
class KnowsTwoKindsOfRuns(WantsMoreOfAPod):
    """Judges the pods of scheduled and of manual runs."""

    def looks_dead(self, pod: Pod) -> bool:
        """Read the run's type off its name."""
        return labels(pod)["run_id"].startswith(("scheduled__", "manual__"))


@known_bad(fails="REAP-FINISHED", because="its container is started again and again")
class RespectsTheRestartPolicy(WantsMoreOfAPod):
    """Takes a pod that restarts its containers for a service."""

    def looks_dead(self, pod: Pod) -> bool:
        """Leave it to itself."""
        return bool(pod["spec"]["restartPolicy"] == "Never")


@known_bad(fails="REAP-FINISHED", because="of the operator _KubernetesDecoratedOperator, failed")
class ReapsOneOperatorOnly(PlainReaper):
    """Reads the rows of KubernetesPodOperator and none of its kin."""

    def read_instances(self) -> list[Instance]:
        """Select by the column operator."""
        return [each for each in super().read_instances() if each.operator == "KubernetesPodOperator"]


@known_bad(fails="REAP-PENDING", because="failed while no node has room for it")
class WaitsForTheScheduler(WantsMoreOfAPod):
    """Judges a pod once it has a node."""

    def looks_dead(self, pod: Pod) -> bool:
        """Ask nothing of a pod that is nowhere."""
        return "nodeName" in pod["spec"]


@known_bad(fails="REAP-PENDING", because="failed while a Secret that it names is missing")
class ListsTheReasonsToWait(WantsMoreOfAPod):
    """Knows for what a pod waits in vain: an image, and no more."""

    reasons = ("", "ErrImagePull", "ImagePullBackOff", "ContainerCreating")

    def looks_dead(self, pod: Pod) -> bool:
        """Give all others time."""
        return waits_for(pod) in self.reasons


@known_bad(fails="REAP-PENDING", because="failed while its init container is still at work")
class LetsInitContainersFinish(WantsMoreOfAPod):
    """Does not disturb a pod that is being prepared."""

    def looks_dead(self, pod: Pod) -> bool:
        """Wait until it is ready to run."""
        running = any("running" in status["state"] for status in pod["status"].get("initContainerStatuses", ()))
        return not (running and pod["status"]["phase"] == "Pending")


@known_bad(fails="REAP-DEFERRED-KILL", because="while try 2 was deferred on it")
class WantsTheTryOfTheRow(PlainReaper):
    """Takes a pod whose label is another number than the row's for somebody else's."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Compare the numbers."""
        same = [each for each in instances if self.fits(pod, each) and each.try_number == number(pod)]
        return bool(same) and super().is_zombie(pod, instances, pods)


@known_bad(fails="REAP-DEFERRED-KILL", because="the scheduler set its task to skipped")
class TakesAMarkForTheOnlyEnd(PlainReaper):
    """Reaps what somebody marked as failed or success, and leaves the scheduler's own ends to the triggerer."""

    def is_over(self, instance: Instance) -> bool:
        """Know what the buttons of the UI do."""
        return instance.state in ("success", "failed")


@known_bad(fails="REAP-TERMINAL-PHASE", because="it (succeeded|failed) long ago")
class LeavesEndedPodsAlone(WantsMoreOfAPod):
    """Thinks that what has ended does no harm."""

    def looks_dead(self, pod: Pod) -> bool:
        """See only what uses memory."""
        return pod["status"]["phase"] not in ("Succeeded", "Failed")


@known_bad(fails="REAP-TERMINAL-PHASE", because="its node ran out of disk")
class LeavesEvictedPodsToPodgc(WantsMoreOfAPod):
    """Trusts that PodGC takes evicted pods; it does so from 12500 on."""

    def looks_dead(self, pod: Pod) -> bool:
        """Wait for the thirteenth thousand."""
        return bool(pod["status"].get("reason") != "Evicted")


@known_bad(fails="REAP-TERMINAL-PHASE", because="its init container failed")
class AsksWhenTheBaseEnded(WantsMoreOfAPod):
    """Reads the age of an ended pod off its base container, which may never have started."""

    def looks_dead(self, pod: Pod) -> bool:
        """Need a time of its end."""
        over = pod["status"]["phase"] in ("Succeeded", "Failed")
        return not over or "terminated" in statuses(pod).get("base", {})


@known_bad(fails="REAP-NODE-LOST", because="what became of the pod is unknown")
class KeepsWhatIsUnknown(WantsMoreOfAPod):
    """Has a list of phases, and Unknown is not among them."""

    def looks_dead(self, pod: Pod) -> bool:
        """Know four phases."""
        return pod["status"]["phase"] in ("Pending", "Running", "Succeeded", "Failed")


@known_bad(fails="REAP-NODE-LOST", because="its node does not report")
class WaitsForTheNodeToComeBack(WantsMoreOfAPod):
    """Leaves a pod alone whose containers run and which is not ready."""

    def looks_dead(self, pod: Pod) -> bool:
        """Believe that the kubelet will tell."""
        alive = all("running" in each for each in statuses(pod).values())
        ready = any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"]["conditions"])
        return bool(pod["status"]["phase"] != "Running" or ready or not alive)
