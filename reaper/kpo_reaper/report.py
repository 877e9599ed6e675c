"""What a sweep says: a line for each pod that was to be deleted, as soon as its outcome is known, and a summary."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TextIO

import msgspec

from kpo_reaper.errors import SettingsError, UnheardError
from kpo_reaper.policy import Decision, Verdict


class Outcome(StrEnum):
    """What became of a decision to reap."""

    DELETED = "deleted"
    """The API server committed the deletion."""
    WOULD_DELETE = "would-delete"
    """A dry run would have deleted it."""
    GONE = "gone"
    """Someone else deleted or replaced the pod first."""
    SPARED = "spared"
    """It changed after the decision, and the new decision is to keep it."""
    FAILED = "failed"
    """It was refused, or what became of it is unknown."""


_WIDTH = max(len(outcome) for outcome in Outcome)


class Report:
    """Writes to ``out`` (lines for people, or one JSON object per line) and keeps the counts.

    Errors go to ``err`` as well, one line each. Methods raise UnheardError where ``out`` cannot be written to,
    SettingsError where there is none at all.
    """

    def __init__(self, *, output: str, dry_run: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._json = output == "json"
        self._dry_run = dry_run
        self._out = _there(out or sys.stdout, "output: nobody would hear what is deleted")
        self._err = _there(err or sys.stderr, "error: nobody would hear what fails")
        self._kept: Counter[str] = Counter()
        self._outcomes: Counter[Outcome] = Counter()
        self._errors: list[str] = []
        self._candidates = 0
        self._budget_reached = False
        self._breaker_tripped = False

    @property
    def failed(self) -> bool:
        """Whether any part of the sweep failed."""
        return bool(self._errors)

    def judged(self, decisions: Iterable[Decision], kept: Counter[str]) -> None:
        """Count the verdicts of the sweep; ``kept`` are those on pods that were kept for what they are, by rule."""
        self._kept += kept
        for decision in decisions:
            if decision.verdict is Verdict.KEEP:
                self._kept[decision.rule] += 1
            else:
                self._candidates += 1

    def pod(self, decision: Decision, outcome: Outcome, detail: str = "") -> None:
        """Say what became of a pod that was to be deleted; ``detail`` says why where it was not."""
        self._outcomes[outcome] += 1
        if outcome is Outcome.FAILED:
            self.error(detail)
        if self._json:
            line = {"event": "pod", "outcome": outcome} | _told(decision)
            self._write(line | ({"detail": detail} if detail else {}))
        else:
            why = f"{decision.reason} ({decision.rule})" + (f"; {detail}" if detail else "")
            self._say(f"{outcome:{_WIDTH}}  {decision.pod}  uid {decision.pod.uid}: {why}")

    def explained(self, decision: Decision) -> None:
        """Say what would be done with one pod and why."""
        if self._json:
            self._write({"event": "decision", "verdict": decision.verdict} | _told(decision))
        else:
            pod = decision.pod
            self._say(f"{decision.verdict}  {pod}  uid {pod.uid}: {decision.reason} ({decision.rule})")

    def checked(self, what: str, problem: str = "") -> None:
        """Say that something is as it must be, or what is wrong with it."""
        if self._json:
            self._write({"event": "check", "what": what, "ok": not problem} | ({"detail": problem} if problem else {}))
        else:
            self._say(f"{'failed' if problem else 'ok':6}  {what}" + (f": {problem}" if problem else ""))
        if problem:
            self._errors.append(problem)

    def error(self, sentence: str) -> None:
        """Say that a part of the sweep failed."""
        self._errors.append(sentence)
        with contextlib.suppress(OSError):  # the summary holds it as well
            self._err.write(f"kpo-reaper: {sentence}\n")
            self._err.flush()

    def budget_reached(self) -> None:
        """Note that more would have been deleted."""
        self._budget_reached = True

    def breaker_tripped(self, sentence: str) -> None:
        """Raise the alarm that too many pods look like zombies, so that none is deleted."""
        self._breaker_tripped = True
        self.error(sentence)
        if self._json:
            self._write({"event": "alarm", "alarm": "breaker", "reason": sentence})

    def summary(self) -> None:
        """Say the counts. Those that were neither deleted nor spared nor failed are ``left`` to the next sweep."""
        left = self._candidates - self._outcomes.total()
        if self._json:
            counts = {outcome.replace("-", "_"): self._outcomes[outcome] for outcome in Outcome}
            self._write(
                {"event": "summary", "dry_run": self._dry_run, "candidates": self._candidates}
                | counts
                | {"left": left, "budget_reached": self._budget_reached, "breaker_tripped": self._breaker_tripped}
                | {"kept": dict(sorted(self._kept.items())), "errors": self._errors}
            )
            return
        outcomes = [f"{count} {outcome}" for outcome in Outcome if (count := self._outcomes[outcome])]
        kept = ", ".join(f"{rule} {count}" for rule, count in sorted(self._kept.items()))
        words = [f"{self._candidates} to delete", *outcomes]
        if left:
            why = " because the budget was reached" if self._budget_reached else ""
            words.append(f"{left} left" + (" because they are implausibly many" if self._breaker_tripped else why))
        words.append(f"{self._kept.total()} kept" + (f" ({kept})" if kept else ""))
        words.append(f"{len(self._errors)} errors")
        self._say("kpo-reaper: " + ", ".join(words) + (", dry run" if self._dry_run else ""))

    def _write(self, event: object) -> None:
        self._say(msgspec.json.encode(event).decode())

    def _say(self, line: str) -> None:
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except OSError as error:
            raise UnheardError(f"the report cannot be written: {error.strerror}") from error


def _there(stream: TextIO | None, what: str) -> TextIO:
    """Python has no such stream where the process was started with it closed."""
    if stream is None:
        raise SettingsError(f"there is no standard {what}")
    return stream


def _told(decision: Decision) -> dict[str, object]:
    """A decision as the JSON lines hold it."""
    pod, instance = decision.pod, decision.instance
    return {
        "namespace": pod.namespace,
        "pod": pod.name,
        "uid": pod.uid,
        "task_instance": instance
        and {
            "dag_id": instance.dag_id,
            "run_id": instance.run_id,
            "task_id": instance.task_id,
            "map_index": instance.map_index,
            "try_number": instance.try_number,
            "state": instance.state,
        },
        "labels": pod.labels,
        "rule": decision.rule,
        "reason": decision.reason,
    }
