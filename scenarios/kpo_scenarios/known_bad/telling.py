"""Reapers that do right and say something else, or too much."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="TELL-DELETIONS", because="and does not report it")
class ReportsOnePodOfEachSweep(PlainReaper):
    """Prints the first deletion and leaves the others to the imagination."""

    told = False

    def tell(self, outcome: str, pod: Pod, fitting: Sequence[Instance]) -> None:
        """Be brief."""
        if not self.told:
            super().tell(outcome, pod, fitting)
        self.told = True


@known_bad(fails="TELL-DELETIONS", because="reports that .*etl-before.* was deleted")
class ReportsWhatIsTerminating(PlainReaper):
    """Reports a terminating pod as deleted in every sweep."""

    def is_terminating(self, pod: Pod) -> bool:
        """Count it once more."""
        terminating = super().is_terminating(pod)
        if terminating:
            self.tell("deleted", pod, ())
        return terminating


@known_bad(fails="TELL-DELETIONS", because="reports that .*etl-kept.* was deleted")
class ReportsWhatItKept(PlainReaper):
    """Reports pods that it keeps with the same word as those that it deletes."""

    def is_retained(self, pod: Pod) -> bool:
        """Confuse the outcomes."""
        retained = super().is_retained(pod)
        if retained:
            self.tell("deleted", pod, ())
        return retained


class LeavesSomethingOut(PlainReaper):
    """Reports its deletions without one of the things that a reader needs."""

    left_out: tuple[str, ...] = ()

    def print(self, line: dict[str, Any]) -> None:
        """Drop it from the line."""
        super().print({name: value for name, value in line.items() if name not in self.left_out})


@known_bad(fails="TELL-REASON", because="without a reason")
class GivesNoReason(LeavesSomethingOut):
    """Says which pod is gone and not why."""

    left_out = ("reason",)


@known_bad(fails="TELL-REASON", because="without a task instance")
class NamesNoTask(LeavesSomethingOut):
    """Says which pod is gone and not whose it was."""

    left_out = ("task_instance",)


@known_bad(fails="TELL-REASON", because="reports nothing of it by its uid")
class NamesNoUid(LeavesSomethingOut):
    """Names pods by names, which come again."""

    left_out = ("uid",)


@known_bad(fails="TELL-NO-SECRETS", because="printed a password or a token on its standard output")
class PrintsItsSettings(PlainReaper):
    """Begins each sweep with what it was given."""

    def sweep(self) -> int:
        """Print the URL of the database."""
        self.print({"database": self.dsn, "namespaces": list(self.namespaces)})
        return super().sweep()


@known_bad(fails="TELL-NO-SECRETS", because="Sweep 2 printed a password or a token on its standard error")
class PrintsItsSettingsWhenItFails(PlainReaper):
    """Says with an error which database it was."""

    def sweep(self) -> int:
        """Help whoever reads the log."""
        try:
            return super().sweep()
        except Exception:
            sys.stderr.write(f"cannot read {self.dsn}\n")
            raise


@known_bad(fails="TELL-NO-SECRETS", because="printed a password or a token on its standard error")
class PrintsItsSettingsWhenItRefuses(PlainReaper):
    """Answers an odd setting with the whole configuration."""

    def configure(self, settings: Sequence[str]) -> str:
        """Show what was given."""
        complaint = super().configure(settings)
        return f"{complaint} with {self.dsn}" if complaint else ""
