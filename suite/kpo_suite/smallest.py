"""Shrinks a failing run of a replay scenario: pods and faults are left out as long as the requirement is failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kpo_fixtures.faults import NO_FAULTS, Placement, Plan
from kpo_reports import Verdict
from kpo_suite.errors import ScenarioError
from kpo_suite.history import History
from kpo_suite.judge import verdict
from kpo_suite.ledger import requirements
from kpo_suite.runner import build, run_replay
from kpo_suite.scenario import Case
from kpo_suite.shrinking import minimal

if TYPE_CHECKING:
    from kpo_suite.subjects import Subject
    from kpo_suite.testbed import Testbed

MOST_RUNS = 60
"""Runs that one failure may take to be made small."""
_COUNTED = ("BOUND",)
"""Areas in which the number of pods decides what is true of each: their worlds are left as they are."""


@dataclass(frozen=True, kw_only=True)
class Smallest:
    """What a failure needs: ``plan`` without the faults, ``without`` the parts of the world, that it does not."""

    plan: Plan
    without: tuple[str, ...]
    history: History


def smallest(
    case: Case,
    testbed: Testbed,
    subject: Subject,
    airflow: str,
    requirement: str,
    *,
    plan: Plan = NO_FAULTS,
    expected: Sequence[str] | None = None,
) -> Smallest | None:
    """Leave out whatever the failure of ``requirement`` does not need; None where the run does not fail again.

    Each attempt is a run of its own. The result's history is that of the smallest run.
    """
    source = testbed.settings.source
    world = build(case, subject.file.claims, airflow, testbed.namespace, source=source)
    counted = requirements()[requirement].area in _COUNTED
    households = [] if counted else [f"p{number}" for number in range(len(world.households()))]
    parts: list[str | Placement] = [*households, *(f"f{number}" for number in range(len(world.faults)))]
    parts += plan.placements
    names = {part for part in parts if isinstance(part, str)}
    last: Smallest | None = None

    def fails(kept: Sequence[str | Placement]) -> bool:
        nonlocal last
        placements = tuple(part for part in kept if isinstance(part, Placement))
        left_out = tuple(sorted(names - {part for part in kept if isinstance(part, str)}))
        fewer = Plan(placements, plan.seed)
        try:
            history = run_replay(case, testbed, subject, airflow, plan=fewer, expected=expected, without=left_out)
        except ScenarioError:  # an action of the scenario's needs what was left out
            return False
        failed = verdict(history, requirement).verdict is Verdict.FAIL
        if failed:
            last = Smallest(plan=fewer, without=left_out, history=history)
        return failed

    if fails(parts):
        minimal(parts, fails, most=MOST_RUNS)
    return last
