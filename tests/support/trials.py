"""Trials of shipped reapers, as the tests of scenarios make them."""

from __future__ import annotations

from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Judged, Trial


def judged(bench: Bench, trial: Trial) -> tuple[Judged, ...]:
    """The verdicts of a trial that was made without a defect of ours."""
    outcome = bench.outcome(trial)
    assert not outcome.error, outcome.error
    return outcome.judged
