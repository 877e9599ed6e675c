"""Reapers that know no measure, or take settings that cannot be meant."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad

FEW = 3
"""A budget that makes small worlds."""


class HasASmallBudget(PlainReaper):
    """Deletes at most three pods in a sweep."""

    budget = FEW


@known_bad(fails="BOUND-SWEEP", because="its budget is 3", deletions=FEW)
class SpendsWhatItHasNot(PlainReaper):
    """States a budget of three pods and deletes all that it finds."""


@known_bad(fails="BOUND-SWEEP", because="older ones", deletions=FEW)
class TakesTheYoungestFirst(HasASmallBudget):
    """Spends its budget on the youngest zombies."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Sort the other way round."""
        return sorted(zombies, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)[: self.budget]


@known_bad(fails="BOUND-SWEEP", because="older ones", deletions=FEW)
class TakesThemAsListed(HasASmallBudget):
    """Spends its budget on the first namespaces of the list."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Take what comes."""
        return list(zombies[: self.budget])


@known_bad(fails="BOUND-SWEEP", because="its budget is 3", deletions=FEW)
class HasABudgetForEachNamespace(HasASmallBudget):
    """Spends its budget in each namespace anew."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Begin again with each."""
        return [
            pod
            for name in self.namespaces
            for pod in super(HasABudgetForEachNamespace, self).choose(
                [each for each in zombies if each["metadata"]["namespace"] == name]
            )
        ]


@known_bad(fails="BOUND-SWEEP", because="left [0-9]+ zombies and does not say", deletions=FEW)
class HidesThatMoreIsLeft(HasASmallBudget):
    """Stops at its budget and tells nobody."""

    def print(self, line: dict[str, Any]) -> None:
        """Leave one line out."""
        if "budget_reached" not in line:
            super().print(line)


@known_bad(fails="BOUND-BREAKER", because="every task of the deployment ended at once")
class BelievesAnyNumber(PlainReaper):
    """Deletes a budget's worth, however many look like zombies."""

    def is_implausible(self, zombies: int, pods: int) -> bool:
        """Be surprised by nothing."""
        return False


@known_bad(fails="BOUND-BREAKER", because="ended with exit code 0")
class StopsWithoutAnAlarm(PlainReaper):
    """Deletes nothing where too much looks like a zombie, and ends as if all were well."""

    def refuse(self, why: str) -> int:
        """Disturb nobody."""
        return 0


@known_bad(fails="BOUND-BREAKER", because="the rows of the whole deployment went at once")
class CountsOnlyThoseWithRows(PlainReaper):
    """Counts the zombies whose rows it has read, and forgets those without."""

    def is_implausible(self, zombies: int, pods: int) -> bool:
        """Compare with the rows."""
        return super().is_implausible(min(zombies, len(self.read_instances())), pods)


@known_bad(fails="BOUND-BREAKER", because="states no breaker", breaker=None)
class StatesNoBreaker(PlainReaper):
    """Has a budget and nothing that stops it for good."""

    def is_implausible(self, zombies: int, pods: int) -> bool:
        """Have nothing to go by."""
        return False


@known_bad(fails="BOUND-CONFIG", because="--budget=0 ended with exit code 0")
class TakesZeroForUnlimited(PlainReaper):
    """Takes a budget of 0 for none at all, as pod-reaper does."""

    def is_sane(self, value: str) -> bool:
        """Let zero pass."""
        return value.isdigit()


@known_bad(fails="BOUND-CONFIG", because="--no-such-setting ended with exit code 0")
class IgnoresUnknownSettings(PlainReaper):
    """Passes over a setting that it does not know."""

    def configure(self, settings: Sequence[str]) -> str:
        """Take what it knows."""
        known = [each for each in settings if "no-such" not in each]
        return super().configure(known)


@known_bad(fails="BOUND-CONFIG", because="went on")
class ComplainsAfterwards(PlainReaper):
    """Sweeps with what is left of its settings and complains at the end."""

    def configure(self, settings: Sequence[str]) -> str:
        """Keep the complaint for later."""
        self.complaint = super().configure(settings)
        return ""

    def sweep(self) -> int:
        """Sweep first."""
        code = super().sweep()
        sys.stderr.write(self.complaint)
        return 2 if self.complaint else code


@known_bad(fails="BOUND-CONFIG", because="said nothing")
class RefusesInSilence(PlainReaper):
    """Ends at an odd setting without a word."""

    def configure(self, settings: Sequence[str]) -> str:
        """Leave it at the exit code."""
        if super().configure(settings):
            raise SystemExit(2)
        return ""


@known_bad(fails="BOUND-DRY-RUN", because="in a dry run")
class DeletesInADryRun(PlainReaper):
    """Says that it would delete, and does."""

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Not ask whether it is meant."""
        chosen = super().choose(zombies)
        for pod in chosen if self.dry_run else ():
            self.delete(pod)
        return chosen


@known_bad(fails="BOUND-DRY-RUN", because="would be kept; the sweep after it deleted it")
class TriesOutHalfOfIt(PlainReaper):
    """Tells in a dry run of the pods that run, and of no others."""

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Simplify."""
        simple = self.dry_run and pod["status"]["phase"] != "Running"
        return not simple and super().is_zombie(pod, instances, pods)
