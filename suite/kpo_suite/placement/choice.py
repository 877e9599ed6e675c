"""Which faults are put at which of the steps that a world has taught. Pure functions; no run, no clock."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kpo_fixtures.faults import Effect, Form, Placement, Plan, Step, forms
from kpo_suite.history import History
from kpo_suite.scenario import Scenario
from kpo_suite.subjects import ReaperFile

ALIKE = 4
"""Steps of one kind after whose first and before whose last so many the others are like them: they stand for those."""
EFFECTS = {"control": 1, "connect": 1, "query": 1, "rest": 2, "list-pods": 2, "delete-pods": 2}
"""By kind of step, how many effects each is given where that is not all: a subject asks the same in every world, so
that over all worlds each of its questions meets every effect."""
TAKE_TURNS = {Effect.HARMLESS: Effect.REFUSED}
"""Effects that share a place in the order of effects: a subject knows where it is after either."""


@dataclass(frozen=True)
class Choice:
    """One faulty run that is wanted: the first of ``plans`` that can be injected at its point.

    The plans differ in their last placement alone. Some forms change nothing at some points, as an answer without a
    second page cannot lose it; then the next one takes its place.
    """

    plans: tuple[Plan, ...]

    @property
    def waits(self) -> bool:
        """Whether it is to be expected that its faults cost time rather than work."""
        return any(each.form.waits for each in self.plans[0].placements)


def placeable(scenario: Scenario, file: ReaperFile) -> bool:
    """Whether faults are put between the steps of this scenario's worlds.

    Not in a survey, which holds a thousand situations of which each has a world of its own; not where faults or changes
    are the scenario's own subject; and not where settings are refused: such a sweep reaches neither store.
    """
    if scenario.kind == "live" or scenario.survey or scenario.is_disturbed:
        return False
    return not any(each.refused and each.extra for each in scenario.passes(file))


def learnt(history: History) -> list[Step]:
    """The steps of the planned sweeps, at each of which a fault can be put."""
    ends = [sweep.last_step for sweep in history.faulty_sweeps or history.sweeps]
    return [step for step in history.steps if step.ordinal <= max(ends, default=0)]


def distinct(steps: Sequence[Step]) -> list[Step]:
    """The steps without those in the middle of a long row of one kind, as the fiftieth of a hundred deletions."""
    counts = Counter(step.point.kind for step in steps)
    return [step for step in steps if not ALIKE < step.point.nth <= counts[step.point.kind] - ALIKE]


def single(case: str, steps: Sequence[Step], *, seed: int = 0, waiting: bool = True) -> Iterator[Choice]:
    """One form of each effect at each step, but of those that take turns one of either.

    Which one it is turns with case, step and seed: over many worlds all have theirs.

    ``waiting`` says whether forms that wait are among them: not for a subject that cannot be told to be impatient.
    """
    for step in distinct(steps):
        alike = _by_effect(_fitting(step, waiting))
        turned = sorted(alike, key=lambda effect: _number(case, step, seed, effect))
        most = EFFECTS.get(step.point.kind, len(turned))
        members = [_turned(alike[effect], _number(case, step, seed, f"form of {effect}")) for effect in turned]
        # Where nothing of the first effect changes anything here, those that are left out see to it that it is met.
        spare = [form for others in members[most:] for form in others]
        for place, chosen in enumerate(members[:most]):
            yield _choice(step, chosen if place else [*chosen, *spare], seed)


def every(steps: Sequence[Step], *, seed: int = 0, waiting: bool = True) -> Iterator[Choice]:
    """Every form that fits at every step."""
    for step in steps:
        for form in _fitting(step, waiting):
            yield _choice(step, [form], seed)


def firsts(case: str, steps: Sequence[Step], *, seed: int = 0, waiting: bool = True) -> list[Choice]:
    """What pairs begin with: every form at every step, in an order that case and seed decide."""
    found = list(every(distinct(steps), seed=seed, waiting=waiting))
    random.Random(f"{seed}/{case}").shuffle(found)  # noqa: S311 - a sample, no secret
    return found


def seconds(
    case: str, first: Plan, history: History, count: int, *, seed: int = 0, waiting: bool = True
) -> list[Choice]:
    """Up to ``count`` plans that go on after ``first``: forms at steps that its own run came to after the fault."""
    met = next((step.ordinal for step, _ in history.injected()), None)
    later = [step for step in learnt(history) if met is not None and step.ordinal > met]
    found = list(every(later, waiting=waiting))
    chosen = random.Random(f"{seed}/{case}/{first}").sample(found, min(count, len(found)))  # noqa: S311
    return [Choice((Plan((*first.placements, *each.plans[0].placements), seed),)) for each in chosen]


def _choice(step: Step, chosen: Sequence[Form], seed: int) -> Choice:
    return Choice(tuple(Plan((Placement(form, step.point),), seed) for form in chosen))


def _fitting(step: Step, waiting: bool) -> list[Form]:
    return [
        form
        for form in forms().values()
        if not form.alone and form.fits(step.channel, step.point.kind) and (waiting or not form.waits)
    ]


def _by_effect(found: Sequence[Form]) -> dict[Effect, list[Form]]:
    """Forms by what they leave behind, in the order of the tables; those that take turns are together."""
    alike: dict[Effect, list[Form]] = {}
    for form in found:
        alike.setdefault(TAKE_TURNS.get(form.effect, form.effect), []).append(form)
    return alike


def _turned(members: Sequence[Form], by: int) -> list[Form]:
    first = by % len(members)
    return [*members[first:], *members[:first]]


def _number(case: str, step: Step, seed: int, what: str) -> int:
    word = f"{case}/{step.channel}/{step.point}/{seed}/{what}"
    return int.from_bytes(hashlib.blake2s(word.encode(), digest_size=8).digest())
