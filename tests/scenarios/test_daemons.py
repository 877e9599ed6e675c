"""The good daemon, of which the known-bad ones are variations, in worlds for single sweeps and in those of daemons."""

from __future__ import annotations

import pytest
from trials import judged

from kpo_suite.ledger import requirements
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Trial, settings

CASES = [
    "a_namespace_of_the_scope_holds_nothing[airflow-batch]",
    "dry_run_and_then_the_real_sweep",
    "odd_settings_end_a_sweep_before_it_begins",
    "zombie_that_takes_its_time_to_terminate",
]
"""Several namespaces, several sweeps, and options and odd settings that need another process."""


OF_DAEMONS = [
    name
    for name, each in settings().items()
    if {requirements()[one].feature for one in each.case.scenario.examines} & {"daemon", "leader-election", "metrics"}
]


@pytest.mark.parametrize("case", [*CASES, *OF_DAEMONS])
def test_a_good_daemon_gets_it_right(case: str, bench: Bench) -> None:
    found = judged(bench, Trial("floor", "plain-daemon", case))
    assert found
    for each in found:
        assert each.verdict == "pass", f"{each.requirement}: {each.reason}"
