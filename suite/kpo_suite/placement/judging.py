"""What a run with placed faults is judged by, and why not by more. Verdicts are the judge's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kpo_fixtures.faults import Effect, Plan
from kpo_fixtures.faults.catalogue import faults
from kpo_reports import Result, Verdict
from kpo_suite.history import History
from kpo_suite.judge import Judgement, judged, verdict
from kpo_suite.ledger import requirements
from kpo_suite.scenario import Case
from kpo_suite.subjects import ReaperFile

SINGLE = "RESIST-ANY-SINGLE-FAULT"
SEVERAL = "REAP-CONVERGES"
ALWAYS = (
    "TELL-NO-SECRETS",
    "DELETE-ONE-POD",
    "DELETE-NOTHING-ELSE",
    "DELETE-KEEPS-FINALIZERS",
    "SOURCE-READ-ONLY",
)
"""What is read from the wire and from the output alone, and holds in any world."""
ONLY_REFUSED: frozenset[str] = frozenset(("TELL-DELETIONS", "TELL-REASON"))
"""What asks a subject to know which of its deletions were committed: it can where every fault is an honest refusal."""
NOT_JUDGED: Mapping[str, str] = {
    "REAP": "a zombie may stay while faults last; that it goes afterwards is asked of every run",
    "API-PAGED": "after a LIST that broke another kind of LIST may be the way out",
    "API-LEAST-PRIVILEGE": "it is about what is documented, which no fault changes",
    "SOURCE-BOUNDED": "a question that failed may be asked again",
    "SOURCE-EVERY-AIRFLOW": "it asks for zombies to go in every sweep",
    "BOUND-BREAKER": "a list that shows fewer zombies than there are trips no breaker",
    "BOUND-CONFIG": "a sweep that is refused reaches no store",
    "DELETE-ONCE": "whoever was not told that a pod terminates, or is shown it as it was, asks again",
    "RESIST-REPEAT": "the sweep after a fault has something left to do",
}
"""Requirements, or whole areas, that are not judged where faults are placed, and why."""


def asked(case: Case, plan: Plan, file: ReaperFile) -> list[str]:
    """The requirements that a run of this case with these faults is judged by, the one about faults first.

    They are what any fault leaves standing, what the scenario examines, and what the catalogue says of these faults.
    """
    named = [each for placement in plan.placements for each in _threatened(placement.form.fault)]
    wanted = dict.fromkeys((about(plan), *ALWAYS, *case.supported(file), *named))
    claimed = {"core", *file.claims.features}
    refused = all(each.form.effect is Effect.REFUSED for each in plan.placements)
    return [
        each
        for each in wanted
        if each == about(plan)
        or (
            each in judged()
            and requirements()[each].feature in claimed
            and _stands(each)
            and (refused or each not in ONLY_REFUSED)
        )
    ]


def is_sound(results: Iterable[Result]) -> bool:
    """Whether a world's run without faults passed so far that a run with them can show more than it did."""
    return all(
        each.verdict in (Verdict.PASS, Verdict.UNSUPPORTED)
        or (each.verdict is Verdict.FAIL and not _stands(each.requirement))
        for each in results
    )


def about(plan: Plan) -> str:
    """The requirement that is about the faults themselves."""
    return SINGLE if len(plan.placements) == 1 else SEVERAL


def judge(case: Case, history: History, plan: Plan, file: ReaperFile) -> dict[str, Judgement]:
    """Verdicts by requirement: that about the faults, and every other one that did not pass."""
    found = {each: judged_alone(history, each) for each in asked(case, plan, file)}
    failed = [each for each, judgement in found.items() if judgement.verdict is Verdict.FAIL]
    if failed:
        return {each: found[each] for each in failed}
    # Whatever makes a run inconclusive or vacuous does so for each requirement: it is told once.
    return {about(plan): found[about(plan)]}


def judged_alone(history: History, requirement: str) -> Judgement:
    """The verdict on one requirement; what is about the faults themselves is about every pod of the world."""
    return (
        verdict(_with_everybody(history, requirement), requirement)
        if requirement in (SINGLE, SEVERAL)
        else verdict(history, requirement)
    )


def _with_everybody(history: History, requirement: str) -> History:
    return replace(
        history, fates=tuple(replace(fate, examines=fate.examines | {requirement}) for fate in history.fates)
    )


def _stands(requirement: str) -> bool:
    return requirement not in NOT_JUDGED and requirements()[requirement].area not in NOT_JUDGED


def _threatened(fault: str) -> Iterator[str]:
    if fault in faults():
        yield from faults()[fault].requirements
