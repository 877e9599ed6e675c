"""Reapers that read more out of a garbled label than it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kpo_scenarios.known_bad.plain import IDENTITY, Instance, PlainReaper, Pod, labels
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="KEEP-MALFORMED", because="its label .* is ")
class TakesNoMatchForAnOrphan(PlainReaper):
    """Deletes a pod that fits no task instance, whatever became of its labels."""

    def is_malformed(self, pod: Pod) -> bool:
        """Take every label as it is."""
        return False

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Delete what fits nothing, and what is over."""
        return all(self.is_over(instance) for instance in instances if self.fits(pod, instance))

    def map_index(self, pod: Pod) -> int:
        """Read what can be read."""
        text = labels(pod).get("map_index", "-1")
        return int(text) if text.lstrip("-").isdigit() else -2


@known_bad(fails="KEEP-MALFORMED", because=r"its label (try_number|map_index) is '\d")
class ReadsWhatPythonReads(PlainReaper):
    """Takes everything for a number that int() does, as 01 and 1_0."""

    def is_malformed(self, pod: Pod) -> bool:
        """Let int() decide."""
        found = labels(pod)
        try:
            int(found["try_number"]), int(found.get("map_index", "-1"))
        except (KeyError, ValueError):
            return True
        return not all(found.get(name) for name in IDENTITY)


@known_bad(fails="KEEP-MALFORMED", because="its label map_index is ''")
class TakesAnEmptyMapIndexForNone(PlainReaper):
    """Reads an empty map_index as that of a task which is not mapped."""

    def is_malformed(self, pod: Pod) -> bool:
        """Leave the empty label out."""
        return super().is_malformed(self.without_empty(pod))

    def map_index(self, pod: Pod) -> int:
        """Leave the empty label out."""
        return super().map_index(self.without_empty(pod))

    def without_empty(self, pod: Pod) -> Pod:
        """The pod without labels that say nothing."""
        said = {name: value for name, value in labels(pod).items() if value}
        return {**pod, "metadata": {**pod["metadata"], "labels": said}}


@known_bad(fails="KEEP-MALFORMED", because="its label run_id is missing")
class ComparesOnlyTheLabelsThatAreThere(PlainReaper):
    """Passes a missing label over, as older providers' pods had no run_id."""

    def is_malformed(self, pod: Pod) -> bool:
        """Ask for DAG and task."""
        return not (labels(pod).get("dag_id") and labels(pod).get("task_id"))

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Compare what can be compared."""
        found = labels(pod)
        return all(found[name] == self.label(getattr(instance, name)) for name in IDENTITY[:3] if name in found)


@known_bad(fails="KEEP-MALFORMED", because="its label try_number is (missing|empty|'abc')")
class NeedsNoTryNumber(PlainReaper):
    """Never looks at try_number, since it goes by the state alone."""

    def is_malformed(self, pod: Pod) -> bool:
        """Ask for the other labels."""
        whole = {**labels(pod), "try_number": "1"}
        return super().is_malformed({**pod, "metadata": {**pod["metadata"], "labels": whole}})

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """See no difference between tries."""
        return False

    def is_behind(self, instance: Instance, pod: Pod) -> bool:
        """See none here either."""
        return False
