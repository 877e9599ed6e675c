"""Every known-bad reaper is failed, by the requirement that it breaks and for the stated reason."""

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
KILLS: dict[str, list[Trial]] = {name: [] for name in KNOWN_BAD}
for _trial in trials("kill"):
    KILLS[_trial.reaper].append(_trial)


@pytest.mark.parametrize("bad", KNOWN_BAD.values(), ids=list(KNOWN_BAD))
def test_each_is_failed_for_its_stated_reason(bad: ShippedReaper, bench: Bench) -> None:
    if bad.name in NOT_RUNNABLE:
        pytest.skip(NOT_RUNNABLE[bad.name])
    found: list[Judged] = []
    for trial in KILLS[bad.name]:  # one failure is enough; kpo-conformance selftest makes all trials
        found += [each for each in judged(bench, trial) if each.requirement == bad.fails]
        if any(each.verdict == "fail" and re.search(bad.because, each.reason) for each in found):
            return
    pytest.fail(f"{bad.name} is not failed by {bad.fails} for its reason: {found}")
