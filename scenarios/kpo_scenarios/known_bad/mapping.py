"""Reapers that are wrong about map indexes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.matching import AsksOnlyForAnEnd
from kpo_scenarios.known_bad.plain import IDENTITY, Instance, PlainReaper, Pod, labels
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-MAPPED-SIBLING", because=r"map index \d+ runs")
class ForgetsMapIndex(AsksOnlyForAnEnd):
    """Holds a pod for a zombie as soon as any map index of its task is over."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and run."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])


@known_bad(fails="REAP-MAPPED", because="map index (has failed|is over|\\d+ is over)")
class WaitsForEveryMapIndex(PlainReaper):
    """Deletes the pods of a mapped task when all of its map indexes are over."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare DAG, task and run."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])


@known_bad(fails="KEEP-MAPPED-SIBLING", because="now without map indexes, runs")
class TakesAbsentForZero(AsksOnlyForAnEnd):
    """Reads a missing map_index as 0 and compares it with a row that shows -1 for the same."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Know no number below zero."""
        same = all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])
        return same and max(self.map_index(pod), 0) == max(instance.map_index, 0)


@known_bad(fails="KEEP-MAPPED-SIBLING", because="map index 0 runs")
class TakesZeroForAbsent(PlainReaper):
    """Asks ``if map_index`` where 0 is one."""

    def map_index(self, pod: Pod) -> int:
        """Hold zero for nothing."""
        return super().map_index(pod) or -1


@known_bad(fails="KEEP-MAPPED-SIBLING", because=r"map index \d+ runs")
class ComparesMapIndexesAsText(AsksOnlyForAnEnd):
    """Looks for the label's text at the beginning of the row's map index."""

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare digits."""
        same = all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])
        return same and str(instance.map_index).startswith(str(self.map_index(pod)))


@known_bad(fails="KEEP-MAPPED-SIBLING", because="before it was expanded")
class LetsTheSiblingsSpeakForTheMissing(PlainReaper):
    """Judges a pod whose row is missing by the other rows of its task."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Ask the siblings."""
        siblings = [
            instance
            for instance in instances
            if all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])
        ]
        return bool(siblings) and all(self.is_over(instance) for instance in siblings)


@known_bad(fails="KEEP-MAPPED-SIBLING", because="waits for its retry")
class GoesByTheStateOfMostIndexes(PlainReaper):
    """Deletes what is left of a mapped task when nine in ten of its map indexes are over."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Take most for all."""
        rows = [
            self.is_over(instance)
            for instance in instances
            if all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3])
        ]
        return sum(rows) * 10 > len(rows) * 9 or super().is_zombie(pod, instances, pods)
