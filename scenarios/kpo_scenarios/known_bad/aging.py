"""Reapers that are wrong about how old a pod is, or by whose clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod, age
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-YOUNG", because="row is about to be written")
class GivesARowNoTime(PlainReaper):
    """Deletes what has no row however young it is."""

    minimum_age = float("-inf")


@known_bad(fails="KEEP-YOUNG", because="it is young and its row is about to be written")
class TakesAnEndedPodForAnOldOne(PlainReaper):
    """Thinks that a pod which has ended must have had a row by now."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Give time to those that are still at it."""
        ended = pod["status"]["phase"] in ("Succeeded", "Failed")
        return (self.exclusive and ended) or super().is_rowless(pod, instances)


class ByAnotherAge(PlainReaper):
    """A reaper with its own idea of an age. No known-bad one by itself: its variations say what is wrong."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Trust the age, and no other sign."""
        return self.exclusive and self.age(pod) >= self.minimum_age

    def age(self, pod: Pod) -> float:
        """Seconds since the pod was made."""
        return age(pod["metadata"]["creationTimestamp"])


@known_bad(fails="RESIST-CLOCK", because="by a clock that is ahead")
class ReadsTheSecondsOfATimedelta(ByAnotherAge):
    """Writes (now - created).seconds, which is below zero never and near a day for a moment in the future."""

    def age(self, pod: Pod) -> float:
        """Mean total_seconds()."""
        return (datetime.now(UTC) - datetime.fromisoformat(pod["metadata"]["creationTimestamp"])).seconds


@known_bad(fails="RESIST-CLOCK", because="by a clock that is ahead")
class DropsTheSignOfAnAge(ByAnotherAge):
    """Takes the distance of two times for an age."""

    def age(self, pod: Pod) -> float:
        """Hold the future for the past."""
        return abs(super().age(pod))


@known_bad(fails="RESIST-CLOCK", because="on a node whose clock is a day behind")
class TakesTheKubeletsTimeForTheAge(ByAnotherAge):
    """Counts from status.startTime, which is the node's own clock."""

    def age(self, pod: Pod) -> float:
        """Ask the node."""
        return age(pod["status"].get("startTime", pod["metadata"]["creationTimestamp"]))
