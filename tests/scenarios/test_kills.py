"""Known-bad reapers are failed, by the requirement that they break and for the stated reason."""

from __future__ import annotations

import pytest

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import kill, rows

NOT_RUNNABLE = catalogue.not_runnable()
KNOWN_BAD = {name: each for name, each in catalogue.shipped_reapers().items() if each.fails}
FIRST = {each.fails: name for name, each in reversed(KNOWN_BAD.items())}
"""One for each requirement. The self-test, which the gate runs too, tries all of them."""
ROWS = rows("kill")


@pytest.mark.parametrize("name", sorted(FIRST.values()))
def test_each_is_failed_for_its_stated_reason(name: str, bench: Bench) -> None:
    bad = KNOWN_BAD[name]
    if name in NOT_RUNNABLE:
        pytest.skip(NOT_RUNNABLE[name])
    made = bench.outcomes(ROWS[f"kill/{name}"])
    assert not [each.error for each in made if each.error]
    found = [each for outcome in made for each in outcome.judged if each.requirement == bad.fails]
    assert kill(bad, made[-1]), f"{name} is not failed by {bad.fails} for its reason: {found}"
