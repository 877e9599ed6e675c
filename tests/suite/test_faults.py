"""The catalogue of faults beside the suite: each asks for requirements that exist, and something exercises it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kpo_fixtures.faults.catalogue import Fault, faults
from kpo_suite import catalogue
from kpo_suite.ledger import requirements

ROOT = Path(__file__).resolve().parents[2]

PENDING = """
LS1 LS2 LS3 LS4 LS5 LS6 LS7 LS8 LS9 LS10 LS11 LS12 LS13 LS14 LS15
RC1 RC2 RC3 RC4 RC5 RC6 RC7 DL1 DL4 DL6 DL7 DL8 DL9 DL13 DL14 DL16
TR1 TR2 TR3 TR4 TR5 TR6 TR7 TR8 TR9 TR10 DB12 DB15 XS1 XS2 XS4 XS10 XS11 PR5 PR10 SH6 SH8 SH9 SH10 SH11 SC1
SC4 SC6 SC7
"""
"""Faults that nothing exercises yet. It only ever shrinks."""


def exercised(fault: Fault) -> bool:
    return bool(fault.forms if fault.how == "form" else fault.by)


def test_every_fault_is_exercised_by_a_form_a_scenario_or_a_test() -> None:
    assert {each.id for each in faults().values() if not exercised(each)} <= set(PENDING.split())


@pytest.mark.parametrize("fault", faults().values(), ids=str)
def test_what_a_fault_names_exists(fault: Fault) -> None:
    assert [each for each in fault.requirements if each not in requirements()] == []
    scenarios = {each.name for each in catalogue.scenarios()}
    assert [each for each in fault.by if each not in scenarios and not is_test(each)] == []


def test_a_fault_on_anybodys_cluster_is_brought_about_by_a_live_scenario() -> None:
    live = {each.name for each in catalogue.scenarios() if each.kind == "live"}
    for fault in faults().values():
        assert ("kubeconfig" in fault.clusters) == bool(live & set(fault.by)), fault.id


def test_every_requirement_that_only_a_fault_shows_is_put_to_the_test_by_one() -> None:
    asked = {identifier for fault in faults().values() for identifier in fault.requirements}
    assert {each.id for each in requirements().values() if each.fault} <= asked


def is_test(word: str) -> bool:
    path, _, name = word.partition("::")
    if not name or not (ROOT / path).is_file():
        return False
    return name in {node.name for node in ast.walk(ast.parse((ROOT / path).read_text())) if hasattr(node, "name")}
