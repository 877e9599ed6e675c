"""The faulty runs of one world: which ones, one after the other or side by side, and what came of them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kpo_fixtures.errors import FixtureError
from kpo_fixtures.faults import Plan, Point
from kpo_reports import PlacedFaults, Result, Verdict
from kpo_suite.errors import ScenarioError
from kpo_suite.history import History
from kpo_suite.judge import Judgement
from kpo_suite.placement import choice, judging
from kpo_suite.placement.choice import Choice
from kpo_suite.placement.lanes import Lane, Lanes
from kpo_suite.runner import Stopwatch, result, run_replay
from kpo_suite.scenario import Case
from kpo_suite.settings import RunSettings

FIRSTS_AT_ONCE = 4
"""First faults of pairs that are tried before their second ones."""
SECONDS_EACH = 3
"""Second faults for each first one: its own run taught where they can be."""
MOST_EVIDENCE = 10
"""Failing runs of one world of which the whole history is kept."""


@dataclass(frozen=True, kw_only=True)
class Campaigned:
    """What the faulty runs of one world came to.

    ``placed`` is None where a plan was repeated, which says nothing of how much of the world was covered.
    """

    results: Sequence[Result] = ()
    placed: PlacedFaults | None = None
    trace: str = ""
    """The traceback of the last defect of the suite itself."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One faulty run. ``reached`` is None where the point was met and the fault had nothing to change there."""

    plan: Plan
    reached: bool | None
    results: Sequence[Result] = ()
    history: History | None = field(default=None, repr=False)
    trace: str = ""


class Campaign:
    """The faulty runs of one case on one Airflow, after ``clean``, its run without faults.

    ``keep`` writes a history down as evidence and returns where; ``until`` is the moment of the monotonic clock after
    which no more is begun.
    """

    def __init__(
        self,
        settings: RunSettings,
        lanes: Lanes,
        case: Case,
        airflow: str,
        clean: History,
        *,
        keep: Callable[[History, Plan], str | None],
        until: float | None = None,
    ) -> None:
        self._settings = settings
        self._lanes = lanes
        self._case = case
        self._airflow = airflow
        self._keep = keep
        self._until = until
        self._kept = 0
        self._watch = Stopwatch()
        self._steps = choice.learnt(clean)
        self._expected = clean.taken()
        self._file = settings.reaper
        self._waiting = "impatient" in self._file.run.options

    def left_out(self) -> Campaigned:
        """What there is to count of a world that the subject does not pass even without faults."""
        return self._summed(())

    def run(self) -> Campaigned:
        """Make the runs that the settings ask for. Raises FixtureError where the machine cannot."""
        mode, case, seed, waiting = self._settings.faults, self._case.id, self._settings.seed, self._waiting
        if self._settings.plan:
            return self._summed(self._all([Choice((self._settings.plan,))], keep_all=True))
        if mode == "pairs":
            return self._summed(self._pairs(choice.firsts(case, self._steps, seed=seed, waiting=waiting)))
        if mode == "single":
            return self._summed(self._all(list(choice.single(case, self._steps, seed=seed, waiting=waiting))))
        return self._summed(self._all(list(choice.every(self._steps, seed=seed, waiting=waiting))))

    def _pairs(self, firsts: Sequence[Choice]) -> list[_Run]:
        found: list[_Run] = []
        for begin in range(0, len(firsts), FIRSTS_AT_ONCE):
            if not self._goes_on():
                break
            learning = self._all(firsts[begin : begin + FIRSTS_AT_ONCE], rounds=2)
            found += self._all(
                [
                    each
                    for run in learning
                    if run.history is not None
                    for each in choice.seconds(
                        self._case.id,
                        run.plan,
                        run.history,
                        SECONDS_EACH,
                        seed=self._settings.seed,
                        waiting=self._waiting,
                    )
                ]
            )
        return found

    def _all(self, wanted: Sequence[Choice], *, rounds: int | None = None, keep_all: bool = False) -> list[_Run]:
        def do(each: Choice, lane: Lane) -> _Run:
            return self._first_that_fits(each, lane, rounds, keep_all=keep_all)

        return self._lanes.run(wanted, do, airflow=self._airflow, waits=lambda each: each.waits, goes_on=self._goes_on)

    def _first_that_fits(self, wanted: Choice, lane: Lane, rounds: int | None, *, keep_all: bool) -> _Run:
        run = _Run(plan=wanted.plans[0], reached=None)
        for plan in wanted.plans:
            run = self._one(plan, lane, rounds, keep_all=keep_all)
            if run.reached is not None or run.trace:
                break
        return run

    def _one(self, plan: Plan, lane: Lane, rounds: int | None, *, keep_all: bool) -> _Run:
        watch = Stopwatch()
        try:
            history = run_replay(
                self._case,
                lane.testbed,
                lane.subject,
                self._airflow,
                plan=plan,
                rounds=rounds,
                expected=self._expected,
                without=self._settings.without,
            )
        except FixtureError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours is a verdict too, and its traceback is kept
            name = "" if isinstance(error, ScenarioError) else f"{type(error).__name__}: "
            found = {judging.about(plan): Judgement(verdict=Verdict.SUITE_ERROR, reason=f"{name}{error}")}
            trace = "".join(traceback.format_exception(error))
            return _Run(plan=plan, reached=False, results=self._results(found, plan, None, watch, None), trace=trace)
        if rounds is not None:
            return _Run(plan=plan, reached=not history.unreached, history=history)
        if history.unreached and not keep_all and _met(history, plan.placements[-1].point):
            return _Run(plan=plan, reached=None)
        found = judging.judge(self._case, history, plan, self._file)
        passed = all(each.verdict is Verdict.PASS for each in found.values())
        evidence = None
        if keep_all or not (passed or history.unreached or self._kept >= MOST_EVIDENCE):
            self._kept += 1
            evidence = self._keep(history, plan)
        results = self._results(found, plan, None if passed and not keep_all else history, watch, evidence)
        return _Run(plan=plan, reached=not history.unreached, results=results)

    def _results(
        self,
        found: dict[str, Judgement],
        plan: Plan,
        history: History | None,
        watch: Stopwatch,
        evidence: str | None,
    ) -> list[Result]:
        """Results without the history's pods where nobody will ask for them: a run that passed is one of thousands."""
        where = self._settings.where(self._airflow, plan=plan)
        return [
            result(self._case, each, judgement, history, watch.seconds, where, evidence, fault=plan.sentence)
            for each, judgement in found.items()
        ]

    def _summed(self, runs: Iterable[_Run]) -> Campaigned:
        made = [run for run in runs if run.reached is not None]
        covered = {run.plan.placements[0].point for run in made if run.reached}
        placed = PlacedFaults(
            mode=self._settings.faults,
            worlds=1,
            points=len(self._steps if self._settings.faults == "every" else choice.distinct(self._steps)),
            covered=len(covered),
            cases=len(made),
            unreached=sum(not run.reached and not run.trace for run in made),
            seconds=self._watch.seconds,
        )
        return Campaigned(
            results=[each for run in made for each in run.results],
            placed=None if self._settings.plan else placed,
            trace=next((run.trace for run in made if run.trace), ""),
        )

    def _goes_on(self) -> bool:
        return self._until is None or time.monotonic() < self._until


def _met(history: History, point: Point) -> bool:
    """Whether the subject came to this point while faults were to be injected."""
    return any(point in (step.point, step.named) for step in choice.learnt(history))
