"""The catalogue of faults beside the suite: each asks for requirements that exist, and something exercises it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kpo_fixtures.faults import Effect, Plan, forms
from kpo_fixtures.faults.catalogue import Fault, faults
from kpo_fixtures.faults.page import rewritten
from kpo_suite import catalogue
from kpo_suite.ledger import requirements

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"


def exercised(fault: Fault) -> bool:
    return bool(fault.forms if fault.how == "form" else fault.by)


def test_every_fault_is_exercised_by_a_form_a_scenario_or_a_test() -> None:
    assert [each.id for each in faults().values() if not exercised(each)] == []


@pytest.mark.parametrize("fault", faults().values(), ids=str)
def test_what_a_fault_names_exists(fault: Fault) -> None:
    assert [each for each in fault.requirements if each not in requirements()] == []
    scenarios = {each.name for each in catalogue.scenarios()}
    assert [each for each in fault.by if each not in scenarios and not is_there(each, fault.id)] == []


def test_a_fault_on_anybodys_cluster_is_brought_about_by_a_live_scenario() -> None:
    live = {each.name for each in catalogue.scenarios() if each.kind == "live"}
    for fault in faults().values():
        assert ("kubeconfig" in fault.clusters) == bool(live & set(fault.by)), fault.id


def test_every_requirement_that_only_a_fault_shows_is_put_to_the_test_by_one() -> None:
    asked = {identifier for fault in faults().values() for identifier in fault.requirements}
    assert {each.id for each in requirements().values() if each.fault} <= asked


def test_the_page_shows_the_catalogue_as_it_is() -> None:
    text = PAGE.read_text()
    assert rewritten(text) == text, "python -m kpo_fixtures.faults.page docs/faults.md renews it"


def test_what_the_page_gives_as_examples_is_there() -> None:
    text = PAGE.read_text()
    tokens = re.findall(r"`([A-Z]{2}\d+(?:/[\w-]+)?@[^`]+)`", text)
    assert len(tokens) >= 2
    for token in tokens:
        assert str(Plan.parse(token)) == token
    for word in re.findall(r"`([A-Z]{2}\d+(?:/[\w-]+)?)`", text):
        assert word in faults() or word in forms(), word
    assert [effect for effect in Effect if f"`{effect}`" not in text] == []
    assert not set(re.findall(r"experiments/\w+\.json", text)) - {
        f"experiments/{path.name}" for path in (ROOT / "scenarios" / "kpo_scenarios" / "experiments").glob("*.json")
    }


def is_there(word: str, fault: str) -> bool:
    """Whether a test is there, or a benchmark that says which fault it exercises."""
    path, _, name = word.partition("::")
    if not (ROOT / path).is_file():
        return False
    module = ast.parse((ROOT / path).read_text())
    if path.startswith("benchmarks/"):
        return bool(re.search(rf"\b{fault}\b", ast.get_docstring(module) or ""))
    return name in {node.name for node in ast.walk(module) if hasattr(node, "name")}
