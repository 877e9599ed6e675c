"""Shrinks a failing run of a replay scenario: pods and faults are left out as long as the requirement is failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from kpo_fixtures.faults import Placement, Plan
from kpo_reports import Result, Verdict
from kpo_suite.errors import ScenarioError
from kpo_suite.fingerprint import fingerprint
from kpo_suite.history import History
from kpo_suite.ledger import requirements
from kpo_suite.placement.judging import judged_alone
from kpo_suite.runner import build, run_replay
from kpo_suite.scenario import Case
from kpo_suite.shrinking import minimal
from kpo_suite.story import story
from kpo_suite.tokens import Token

if TYPE_CHECKING:
    from kpo_suite.subjects import Subject
    from kpo_suite.testbed import Testbed

MOST_RUNS = 40
"""Runs that one failure may take to be made small."""
_COUNTED = ("BOUND",)
"""Areas in which the number of pods decides what is true of each: their worlds are left as they are."""


@dataclass(frozen=True, kw_only=True)
class Smallest:
    """What a failure needs: ``plan`` without the faults, ``without`` the parts of the world, that it does not."""

    plan: Plan
    without: tuple[str, ...]
    history: History


def made_small(result: Result, case: Case, testbed: Testbed, subject: Subject, *, clean: History) -> Result:
    """The failing result with the story and the token of its smallest run; unchanged where that cannot be repeated.

    ``clean`` is the run of the case without further faults: what it took can be asked of the others.
    """
    token = Token.parse(result.replay or "")
    plan = Plan.parse(token.faults or "", seed=token.seed)
    seeker = _Seeker(
        case, testbed, subject, token.airflow, result.requirement, expected=clean.taken() if plan else None
    )
    found = seeker.smallest(plan)
    if found is None or not seeker.repeats(found):
        return result
    judgement = judged_alone(found.history, result.requirement)
    where = testbed.settings.where(token.airflow, plan=found.plan, without=found.without)
    return msgspec.structs.replace(
        result,
        observed=judgement.observed,
        because=judgement.because,
        story=story(found.history, result.requirement),
        history_sha256=fingerprint(found.history),
        replay=f"{result.requirement}/{case.id}:{where}",
    )


class _Seeker:
    """Runs one case with ever fewer parts."""

    def __init__(
        self,
        case: Case,
        testbed: Testbed,
        subject: Subject,
        airflow: str,
        requirement: str,
        *,
        expected: Sequence[str] | None,
    ) -> None:
        self._case, self._testbed, self._subject, self._airflow = case, testbed, subject, airflow
        self._requirement = requirement
        self._expected = expected

    def smallest(self, plan: Plan) -> Smallest | None:
        """Leave out whatever the failure does not need; None where the run does not fail again."""
        world = build(
            self._case,
            self._subject.file.claims,
            self._airflow,
            self._testbed.namespace,
            source=self._testbed.settings.source,
        )
        counted = requirements()[self._requirement].area in _COUNTED
        names = [] if counted else [f"p{number}" for number in range(len(world.households()))]
        names += [f"f{number}" for number in range(len(world.faults))]
        parts: list[str | Placement] = [*names, *plan.placements]
        last: Smallest | None = None

        def fails(kept: Sequence[str | Placement]) -> bool:
            nonlocal last
            placements = tuple(part for part in kept if isinstance(part, Placement))
            found = self._run(Plan(placements, plan.seed), tuple(name for name in names if name not in kept))
            last = found or last
            return found is not None

        if fails(parts):
            minimal(parts, fails, most=MOST_RUNS)
        return last

    def repeats(self, found: Smallest) -> bool:
        """Whether the same parts make the same history once more."""
        again = self._run(found.plan, found.without)
        return again is not None and fingerprint(again.history) == fingerprint(found.history)

    def _run(self, plan: Plan, without: tuple[str, ...]) -> Smallest | None:
        """The run with these parts, None where it does not fail."""
        try:
            history = run_replay(
                self._case,
                self._testbed,
                self._subject,
                self._airflow,
                plan=plan,
                expected=self._expected,
                without=without,
            )
        except ScenarioError:  # an action of the scenario's needs what was left out
            return None
        failed = judged_alone(history, self._requirement).verdict is Verdict.FAIL
        return Smallest(plan=plan, without=without, history=history) if failed else None
