"""Who judges nothing passes nothing: neither by leaving everything alone nor by deleting it all."""

from __future__ import annotations

import pytest
from trials import judged

from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Trial, settings, trials

NULL = ("does-nothing", "deletes-everything")
SETTINGS = settings()
FLOORS = [trial for trial in trials("floor") if trial.reaper in NULL and not SETTINGS[trial.case].case.scenario.survey]
SOME = FLOORS[::10]
"""The self-test, which the gate runs too, makes all of them."""


@pytest.mark.parametrize("trial", SOME, ids=lambda trial: trial.id)
def test_who_does_not_judge_passes_nothing(trial: Trial, bench: Bench) -> None:
    for found in judged(bench, trial):
        assert found.verdict in ("fail", "vacuous"), f"{found.requirement} is passed by {trial.reaper}"
