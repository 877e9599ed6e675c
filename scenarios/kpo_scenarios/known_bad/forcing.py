"""A reaper that forces what is overdue, and those that force too much."""

from __future__ import annotations

import msgspec

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, age, path
from kpo_scenarios.known_bad.registry import SWEEPING, Family, known_bad, known_good
from kpo_scenarios.known_bad.roster import PLAIN_FAMILY

FORCING = Family(
    run=msgspec.structs.replace(SWEEPING, options={**SWEEPING.options, "force": ["--force"]}),
    claims=msgspec.structs.replace(PLAIN_FAMILY.claims, features=[*PLAIN_FAMILY.claims.features, "force"]),
)
"""Plain reapers that can be asked to force, and claim to do it well."""


@known_good
class ForcesWhatIsOverdue(PlainReaper):
    """Asked to force, ends with grace 0 the zombies whose own grace has passed, and gets everything else right too."""

    family = FORCING

    def is_terminating(self, pod: Pod) -> bool:
        """See an overdue pod as one that is still to be deleted, where it may."""
        return super().is_terminating(pod) and not self.may_force(pod)

    def may_force(self, pod: Pod) -> bool:
        """Whether the sweep is asked to force, and the pod should be gone by now."""
        return self.force and "deletionTimestamp" in pod["metadata"] and self.is_overdue(pod)

    def is_overdue(self, pod: Pod) -> bool:
        """Whether a terminating pod has had all its time."""
        return age(pod["metadata"]["deletionTimestamp"]) > 0

    def delete(self, pod: Pod) -> bool:
        """Leave no time to what has had its own."""
        if not self.may_force(pod):
            return super().delete(pod)
        metadata = pod["metadata"]
        preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        self.api.call("DELETE", path(pod), {"gracePeriodSeconds": 0, "preconditions": preconditions})
        return True


@known_bad(fails="DELETE-FORCE-LAST", because="nobody had asked it to end before|with a grace of 0")
class ForcesAtOnce(ForcesWhatIsOverdue):
    """Asked to force, leaves no time to any zombie."""

    def may_force(self, pod: Pod) -> bool:
        """Take the option at its word."""
        return self.force


@known_bad(fails="DELETE-FORCE-LAST", because="with a grace of 0")
class ForcesWithinTheGrace(ForcesWhatIsOverdue):
    """Asked to force, ends every terminating pod at once."""

    def is_overdue(self, pod: Pod) -> bool:
        """Have no patience."""
        return True


@known_bad(fails="DELETE-FORCE-LAST", because="with a grace of 0")
class ForcesUnasked(ForcesWhatIsOverdue):
    """Ends what is overdue with grace 0, though nobody has asked it to."""

    def may_force(self, pod: Pod) -> bool:
        """Know better."""
        return "deletionTimestamp" in pod["metadata"] and self.is_overdue(pod)
