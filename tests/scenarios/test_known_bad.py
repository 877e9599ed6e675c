"""What the ledger, the scenarios and the known-bad reapers owe each other."""

from __future__ import annotations

import pytest

from kpo_scenarios.known_bad.examples import examples
from kpo_suite import catalogue
from kpo_suite.ledger import requirements

REAPERS = catalogue.shipped_reapers()
KNOWN_BAD = {name: each for name, each in REAPERS.items() if each.fails}
PROVABLE = [each.id for each in requirements().values() if not each.fault]


@pytest.mark.parametrize("requirement", PROVABLE)
def test_every_requirement_without_faults_is_proven(requirement: str) -> None:
    scenarios = [each.name for each in catalogue.scenarios() if requirement in each.examines]
    assert len(scenarios) >= 2, scenarios
    assert [name for name, each in KNOWN_BAD.items() if each.fails == requirement]


def test_no_scenario_examines_what_nobody_can_fail() -> None:
    examined = {requirement for scenario in catalogue.scenarios() for requirement in scenario.examines}
    assert examined == {bad.fails for bad in KNOWN_BAD.values()}


def test_there_are_as_many_as_a_ledger_needs() -> None:
    assert len(KNOWN_BAD) >= 100
    assert len([each for each in catalogue.scenarios() if each.kind == "replay"]) >= 150


def test_every_reaper_says_in_one_sentence_what_it_is() -> None:
    for reaper in REAPERS.values():
        assert reaper.sentence.endswith("."), reaper.name


def test_every_provable_requirement_has_an_example_of_its_failure() -> None:
    """``python -m kpo_scenarios.known_bad.examples`` records them anew."""
    shown = {REAPERS[name].fails for name in examples()}
    assert shown == set(PROVABLE)
