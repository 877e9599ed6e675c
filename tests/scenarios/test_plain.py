"""The known-bad reapers are variations of ``plain``; what it gets right, each of them gets wrong on its own."""

from __future__ import annotations

import pytest
from trials import judged

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Trial, settings

PLAIN = catalogue.shipped_reapers()["plain"].file
CASES = [
    name
    for name, each in settings().items()
    if each.source == "sql" and not each.case.scenario.survey and each.case.supported(PLAIN)
][::3]
"""Every third is enough here, since the gate runs plain in all of them."""


@pytest.mark.parametrize("case", CASES)
def test_a_small_reaper_can_get_it_right(case: str, bench: Bench) -> None:
    for found in judged(bench, Trial("floor", "plain", case)):
        assert found.verdict == "pass", f"{found.requirement}: {found.reason}"
