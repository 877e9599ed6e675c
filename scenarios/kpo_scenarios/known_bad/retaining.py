"""Reapers that do not keep what somebody asked to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, age, labels, number
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-RETAINED", because="its author asked to keep it")
class IgnoresAlreadyChecked(PlainReaper):
    """Does not know what the label already_checked says."""

    def is_retained(self, pod: Pod) -> bool:
        """Keep nothing for anybody."""
        return False


@known_bad(fails="KEEP-RETAINED", because="its author asked to keep (it for debugging|what has ended)")
class KeepsOnlyWhatFailed(PlainReaper):
    """Thinks that nobody wants to look at a pod that did not fail."""

    def is_retained(self, pod: Pod) -> bool:
        """Keep Failed pods."""
        return pod["status"]["phase"] == "Failed" and super().is_retained(pod)


@known_bad(fails="KEEP-RETAINED", because="its author asked to keep it")
class KeepsForAWeek(PlainReaper):
    """Thinks that whoever wanted to look at a pod has done so within a week."""

    def is_retained(self, pod: Pod) -> bool:
        """Keep for a while."""
        return age(pod["metadata"]["creationTimestamp"]) < 7 * 86400 and super().is_retained(pod)


@known_bad(fails="KEEP-RETAINED", because=r"its author asked to keep the pod of try \d")
class SweepsUpKeptPodsOfOlderTries(PlainReaper):
    """Keeps the pod of the last try only."""

    def is_retained(self, pod: Pod) -> bool:
        """Decide when the rows are known."""
        return False

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask which try is the last."""
        last = max((row.try_number for row in instances if self.fits(pod, row)), default=0)
        retained = super().is_retained(pod)
        return (retained and number(pod) < last) or (not retained and super().is_zombie(pod, instances, pods))


@known_bad(fails="KEEP-RETAINED", because="its author asked to keep it")
class ForgetsAWishWithItsRow(PlainReaper):
    """Takes a kept pod for an orphan once its row is gone."""

    def is_retained(self, pod: Pod) -> bool:
        """Decide when the rows are known."""
        return False

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Ask for a row before the wish."""
        known = any(self.fits(pod, instance) for instance in instances)
        return not (known and super().is_retained(pod)) and super().is_zombie(pod, instances, pods)


@known_bad(fails="KEEP-OPTED-OUT", because="its annotation asks to keep it")
class IgnoresItsOwnAnnotation(PlainReaper):
    """Documents an annotation and does not read it."""

    def is_opted_out(self, pod: Pod) -> bool:
        """Read nothing."""
        return False


@known_bad(fails="KEEP-OPTED-OUT", because="its annotation asks to keep it")
class LooksForTheAnnotationAmongLabels(PlainReaper):
    """Reads labels where it documents an annotation."""

    def is_opted_out(self, pod: Pod) -> bool:
        """Look in the wrong place."""
        return labels(pod).get(self.opt_out) == "true"


@known_bad(fails="KEEP-OPTED-OUT", because="its annotation asks to keep it")
class ReadsTheAnnotationOfFinishedTasksOnly(PlainReaper):
    """Asks for the annotation where a task is over, and in no other case."""

    def is_opted_out(self, pod: Pod) -> bool:
        """Decide when the rows are known."""
        return False

    def is_settled(self, pod: Pod) -> bool:
        """Read the annotation here."""
        return not super().is_opted_out(pod) and super().is_settled(pod)
