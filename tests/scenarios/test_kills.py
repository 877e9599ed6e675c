"""Known-bad reapers are failed, by the requirement that they break and for the stated reason."""

from __future__ import annotations

import re

import pytest
from trials import judged

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Judged, Trial, trials
from kpo_suite.subjects import ShippedReaper

NOT_RUNNABLE = catalogue.not_runnable()
KNOWN_BAD = {name: each for name, each in catalogue.shipped_reapers().items() if each.fails}
FIRST = {each.fails: name for name, each in reversed(KNOWN_BAD.items())}
SOME = [each for name, each in KNOWN_BAD.items() if name in FIRST.values()] + list(KNOWN_BAD.values())[::5]
"""One for each requirement, and some more. The self-test, which the gate runs too, makes all trials of all of them."""
KILLS: dict[str, list[Trial]] = {name: [] for name in KNOWN_BAD}
for _trial in trials("kill"):
    KILLS[_trial.reaper].append(_trial)


@pytest.mark.parametrize("bad", {each.name: each for each in SOME}.values(), ids=lambda bad: bad.name)
def test_each_is_failed_for_its_stated_reason(bad: ShippedReaper, bench: Bench) -> None:
    if bad.name in NOT_RUNNABLE:
        pytest.skip(NOT_RUNNABLE[bad.name])
    found: list[Judged] = []
    for trial in KILLS[bad.name]:  # one failure is enough
        found += [each for each in judged(bench, trial) if each.requirement == bad.fails]
        if any(each.verdict == "fail" and re.search(bad.because, each.reason) for each in found):
            return
    pytest.fail(f"{bad.name} is not failed by {bad.fails} for its reason: {found}")
