"""Known-bad reapers are failed, by the requirement that they break and for the stated reason."""

from __future__ import annotations

import re

import pytest
from trials import judged

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Judged, Trial, trials

NOT_RUNNABLE = catalogue.not_runnable()
KNOWN_BAD = {name: each for name, each in catalogue.shipped_reapers().items() if each.fails}
FIRST = {each.fails: name for name, each in reversed(KNOWN_BAD.items())}
SOME = {*FIRST.values(), *list(KNOWN_BAD)[::5]}
"""One for each requirement, and some more. The self-test, which the gate runs too, makes all trials of all of them."""
KILLS: dict[str, list[Trial]] = {name: [] for name in KNOWN_BAD}
for _trial in trials("kill"):
    KILLS[_trial.reaper].append(_trial)


@pytest.mark.parametrize("name", [name for name in KNOWN_BAD if name in SOME])
def test_each_is_failed_for_its_stated_reason(name: str, bench: Bench) -> None:
    bad = KNOWN_BAD[name]
    if name in NOT_RUNNABLE:
        pytest.skip(NOT_RUNNABLE[name])
    found: list[Judged] = []
    for trial in KILLS[name]:  # one failure is enough
        found += [each for each in judged(bench, trial) if each.requirement == bad.fails]
        if any(each.verdict == "fail" and re.search(bad.because, each.reason) for each in found):
            return
    pytest.fail(f"{name} is not failed by {bad.fails} for its reason: {found}")
