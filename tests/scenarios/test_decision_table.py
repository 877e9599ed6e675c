"""The decision table is complete, says nothing twice, and says what the ledger does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest

from kpo_scenarios.decision_table import (
    DIMENSIONS,
    NO_ROW,
    TABLE,
    Situation,
    census,
    decide,
    is_marked,
    situations,
    states,
    truths,
)
from kpo_suite.ledger import requirements

Box = Mapping[str, frozenset[str]]
"""A part of the space: the values that each dimension may have in it."""
EVERYTHING: Box = {name: frozenset(values) for name, values in DIMENSIONS.items()}


def within(box: Box, when: Box) -> Box | None:
    """The part of ``box`` in which the conditions hold; None when it is empty."""
    found = {name: values & when.get(name, values) for name, values in box.items()}
    return found if all(found.values()) else None


def without(box: Box, when: Box) -> Iterator[Box]:
    """The rest of ``box``, as boxes that do not overlap: split along one condition after another."""
    rest = dict(box)
    for name, values in when.items():
        outside = rest[name] - values
        if outside:
            yield {**rest, name: outside}
        rest[name] &= values


def test_the_rows_name_dimensions_and_values_that_there_are() -> None:
    assert tuple(DIMENSIONS) == Situation._fields
    for row in TABLE:
        for name, values in row.when.items():
            assert values
            assert values <= set(DIMENSIONS[name]), (row.why, name)


def test_every_combination_has_a_first_row_and_every_row_a_combination() -> None:
    """Exact, over all generations at once: each row takes its part out of the space, and nothing may be left."""
    left = [EVERYTHING]
    for row in TABLE:
        assert any(within(box, row.when) for box in left), f"no combination reaches: {row.why}"
        left = [rest for box in left for rest in (without(box, row.when) if within(box, row.when) else [box])]
    assert left == []


@pytest.mark.parametrize("airflow", DIMENSIONS["airflow"])
def test_every_row_is_reached_in_some_generation_and_none_twice(airflow: str) -> None:
    seen = [decide(each) for scope in DIMENSIONS["scope"] for each in situations(airflow, scope) if not is_marked(each)]
    missing = {row.requirement or row.why for row in TABLE if row not in seen}
    marks = {"KEEP-NOT-KPO", "KEEP-WORKER", "KEEP-CONTROLLED", "DELETE-ONCE"}
    marks |= {"KEEP-OPTED-OUT", "KEEP-RETAINED", "KEEP-MALFORMED"}
    deferred = {"KEEP-DEFERRED-OFF-BY-ONE", "REAP-DEFERRED-KILL"}
    assert missing == (marks if airflow in ("2.7", "2.8", "2.9") else marks | deferred)


def test_the_fate_fits_the_requirement() -> None:
    for row in TABLE:
        if row.fate == "undecided":
            assert not row.requirement
            continue
        area = requirements()[row.requirement].area
        assert (row.fate == "zombie") == (area == "REAP"), row
        assert not row.why.endswith(".")


COUNTS = {
    "2.7": {"kept": 50_620, "live": 1_130, "undecided": 248, "zombie": 802},
    "2.10": {"kept": 42_340, "live": 1_130, "undecided": 176, "zombie": 514},
    "3.0": {"kept": 39_580, "live": 1_010, "undecided": 176, "zombie": 514},
    "3.3": {"kept": 56_140, "live": 1_530, "undecided": 216, "zombie": 674},
}


@pytest.mark.parametrize("airflow", COUNTS)
def test_the_census(airflow: str) -> None:
    """Counted, so that a changed condition shows how far it reaches; all sums are whole products of the dimensions."""
    found = census(airflow)
    pods = 5 * 2 * 3 * 8 * 2
    assert sum(found.values()) == pods * len(list(truths(airflow))) * 2
    assert found == COUNTS[airflow]


def named(**given: str) -> Situation:
    plain = {"phase": "Running", "deletion": "none", "owner": "none", "labels": "own", "age": "old", "state": "running"}
    return Situation(**{**plain, "attempt": "current", "scope": "shared", "airflow": "3.3", **given})


@pytest.mark.parametrize(
    ("given", "fate", "requirement"),
    [
        ({}, "live", "KEEP-UNFINISHED"),
        ({"state": "failed"}, "zombie", "REAP-FINISHED"),
        ({"state": "removed", "phase": "Pending"}, "zombie", "REAP-PENDING"),
        ({"state": "skipped", "phase": "Unknown"}, "zombie", "REAP-NODE-LOST"),
        ({"state": "success", "phase": "Succeeded"}, "zombie", "REAP-TERMINAL-PHASE"),
        ({"state": "success", "phase": "Failed", "age": "young"}, "undecided", ""),
        ({"state": "failed", "age": "young"}, "zombie", "REAP-FINISHED"),
        ({"state": "failed", "attempt": "older"}, "zombie", "REAP-FINISHED"),
        ({"state": "failed", "attempt": "overtaken"}, "zombie", "REAP-FINISHED"),
        ({"state": "failed", "owner": "plain"}, "zombie", "REAP-FINISHED"),
        ({"state": "failed", "owner": "controller"}, "kept", "KEEP-CONTROLLED"),
        ({"state": "failed", "deletion": "asked"}, "kept", "DELETE-ONCE"),
        ({"state": "failed", "labels": "foreign"}, "kept", "KEEP-NOT-KPO"),
        ({"state": "failed", "labels": "worker"}, "kept", "KEEP-WORKER"),
        ({"state": "failed", "labels": "checked"}, "kept", "KEEP-RETAINED"),
        ({"state": "failed", "labels": "opted-out"}, "kept", "KEEP-OPTED-OUT"),
        ({"state": "failed", "labels": "malformed-try"}, "kept", "KEEP-MALFORMED"),
        ({"state": "failed", "labels": "malformed-map-index"}, "kept", "KEEP-MALFORMED"),
        ({"state": "failed", "labels": "malformed-id"}, "kept", "KEEP-MALFORMED"),
        ({"labels": "foreign", "owner": "controller"}, "kept", "KEEP-NOT-KPO"),
        ({"labels": "worker", "owner": "controller"}, "kept", "KEEP-WORKER"),
        ({"owner": "controller", "deletion": "asked"}, "kept", "KEEP-CONTROLLED"),
        ({"deletion": "asked", "labels": "opted-out"}, "kept", "DELETE-ONCE"),
        ({"labels": "malformed-id", "state": NO_ROW}, "kept", "KEEP-MALFORMED"),
        ({"attempt": "overtaken"}, "zombie", "REAP-OVERTAKEN"),
        ({"attempt": "overtaken", "phase": "Succeeded"}, "undecided", ""),
        ({"attempt": "overtaken", "phase": "Failed"}, "undecided", ""),
        ({"attempt": "overtaken", "state": "deferred"}, "undecided", ""),
        ({"attempt": "overtaken", "state": "queued"}, "live", "KEEP-UNFINISHED"),
        ({"attempt": "overtaken", "state": "hibernating"}, "live", "KEEP-UNKNOWN-STATE"),
        ({"attempt": "older"}, "live", "KEEP-REATTACHED"),
        ({"attempt": "remembered", "state": "deferred"}, "live", "KEEP-REATTACHED"),
        ({"attempt": "older", "state": "queued"}, "live", "KEEP-AWAITING-REATTACH"),
        ({"attempt": "older", "state": "scheduled"}, "live", "KEEP-AWAITING-REATTACH"),
        ({"attempt": "remembered", "state": "up_for_retry"}, "live", "KEEP-AWAITING-REATTACH"),
        ({"state": "queued"}, "live", "KEEP-UNFINISHED"),
        ({"state": "NULL"}, "live", "KEEP-UNFINISHED"),
        ({"state": "deferred", "phase": "Succeeded"}, "live", "KEEP-RESUMING"),
        ({"state": "deferred", "phase": "Failed"}, "live", "KEEP-RESUMING"),
        ({"state": "deferred"}, "live", "KEEP-UNFINISHED"),
        ({"state": "deferred", "airflow": "2.9"}, "live", "KEEP-DEFERRED-OFF-BY-ONE"),
        ({"state": "deferred", "phase": "Succeeded", "airflow": "2.9"}, "live", "KEEP-RESUMING"),
        ({"state": "deferred", "attempt": "older", "airflow": "2.9"}, "live", "KEEP-REATTACHED"),
        ({"state": "up_for_reschedule", "airflow": "2.7"}, "live", "KEEP-DEFERRED-OFF-BY-ONE"),
        ({"state": "failed-while-deferred", "airflow": "2.8"}, "zombie", "REAP-DEFERRED-KILL"),
        ({"state": "failed-while-deferred", "phase": "Failed", "airflow": "2.8"}, "zombie", "REAP-TERMINAL-PHASE"),
        ({"state": NO_ROW}, "kept", "KEEP-FOREIGN-DEPLOYMENT"),
        ({"state": NO_ROW, "scope": "exclusive"}, "zombie", "REAP-ROWLESS"),
        ({"state": NO_ROW, "scope": "exclusive", "age": "young"}, "live", "KEEP-YOUNG"),
    ],
)
def test_what_it_says(given: dict[str, str], fate: str, requirement: str) -> None:
    found = decide(named(**given))
    assert (found.fate, found.requirement) == (fate, requirement)


def test_what_can_be_in_a_generation() -> None:
    assert "shutdown" in states("2.11")
    assert "shutdown" not in states("3.0")
    assert "awaiting_input" in states("3.3")
    assert "awaiting_input" not in states("3.2")
    assert "failed-while-deferred" in states("2.9")
    assert "failed-while-deferred" not in states("2.10")
    assert {attempt for _, attempt in truths("3.2")} == {"current", "older", "overtaken"}
    assert [attempt for state, attempt in truths("3.3") if state == NO_ROW] == ["current"]


def test_a_mark_is_what_the_pod_itself_says() -> None:
    marks = (("labels", "worker"), ("owner", "controller"), ("deletion", "asked"))
    assert [is_marked(named(**{name: value})) for name, value in marks] == [True, True, True]
    assert not is_marked(named())
    assert not is_marked(named(owner="plain"))
    combinations = itertools.product(DIMENSIONS["deletion"], DIMENSIONS["owner"], DIMENSIONS["labels"])
    assert sum(is_marked(named(deletion=d, owner=o, labels=x)) for d, o, x in combinations) == 46
