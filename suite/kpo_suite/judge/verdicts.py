"""From breaches to a verdict: safety before liveness, and no verdict without a witness."""

from __future__ import annotations

from dataclasses import dataclass

from kpo_reports import Verdict
from kpo_suite.history import History
from kpo_suite.judge.rules import breaches


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict on one requirement in one run. ``reason`` is one line; the others quote the history of a breach."""

    verdict: Verdict
    reason: str = ""
    observed: str = ""
    because: str = ""


def verdict(history: History, requirement: str) -> Judgement:
    """Judge one requirement.

    A breach is ``fail``. Without one, the run must show that the subject could have breached it: ``vacuous`` when no
    sweep completed, when the twin stayed (it deletes nothing) or when the control went (it deletes everything). A fault
    that a subject with that witness never came to makes the run ``inconclusive``.
    """
    found = list(breaches(history, requirement))
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        sweep = unfinished(history)
        return Judgement(
            verdict=Verdict.FAIL,
            reason=found[0].observed + more + (f" {sweep}" if sweep else ""),
            observed=found[0].observed + more,
            because=" ".join(part for part in (found[0].because, sweep) if part),
        )
    missing = lacking_witness(history)
    if missing:
        return Judgement(verdict=Verdict.VACUOUS, reason=missing)
    if history.unreached:
        more = f" ({len(history.unreached) - 1} more)" if len(history.unreached) > 1 else ""
        return Judgement(
            verdict=Verdict.INCONCLUSIVE, reason=f"The subject never came to {history.unreached[0]}{more}."
        )
    return Judgement(verdict=Verdict.PASS)


def lacking_witness(history: History) -> str:
    """Why this run shows nothing, as a sentence; empty when it does."""
    sweep = unfinished(history)
    if sweep:
        return sweep
    for fate in history.fates:
        asked_for = history.expected is None or fate.pod in history.expected
        if fate.role == "twin" and asked_for and history.stayed(fate):
            return f"The twin zombie {fate} stayed: a reaper that does not delete it shows nothing by what it keeps."
        if fate.role == "control" and history.deleted(fate):
            return (
                f"The control pod {fate} was deleted although {fate.why}: a reaper that takes it proves no judgement."
            )
    return ""


def unfinished(history: History) -> str:
    """Which sweep did not complete and why, as a sentence; empty when all did."""
    for sweep in history.sweeps:
        if not sweep.completed and not sweep.faulty:
            return f"Sweep {sweep.ordinal} {sweep.failure}."
    return "" if history.sweeps else "The subject made no sweep."
