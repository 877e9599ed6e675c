"""What is asked of two reapers on the same pods."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from histories import delete, fate, history, pod, sweep

from kpo_fixtures.faults import Placement, Point, Step
from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.judge.tell import of_sweep
from kpo_suite.subjects.reaper_file import Claims

COMPANY = "RESIST-COMPANY"
REPORTING = Claims(features=["accounting"])


def reported(*names: str) -> str:
    """What a reaper prints that says so of these pods."""
    told = [
        {"outcome": "deleted", "namespace": "airflow", "pod": name.partition(":")[0], "uid": f"uid-{name}"}
        for name in names
    ]
    return "\n".join(map(json.dumps, told))


def met(
    found: History, *, first: str = "", second: str = "", codes: tuple[int | None, int | None] = (0, 0), later: int = 0
) -> History:
    """The same as a sweep with another inside it, from step 4 to step 6, and a third one after both."""
    own = replace(sweep(1, exit_code=codes[0], steps=(1, 9)), faulty=True, stdout=first)
    other = replace(sweep(1, exit_code=codes[1], steps=(4, 6)), faulty=True, stdout=second, by="companion")
    clean = sweep(2, exit_code=later, steps=(10, 12))
    return replace(found, sweeps=[own, clean], company=[other], claims=REPORTING)


def by_the_companion(name: str, step: int) -> History:
    """A history in which the second reaper deleted a pod."""
    exchange = replace(delete(name, step=step), by="companion")
    return history(fate(name, "zombie"), exchanges=[exchange], twin_goes=True)


def test_each_may_tell_of_what_it_deleted_itself() -> None:
    found = met(by_the_companion("zombie", 5), first=reported("twin"), second=reported("zombie"))
    assert list(breaches(found, COMPANY)) == []


def test_nobody_may_tell_of_what_the_other_deleted() -> None:
    [failure] = breaches(met(by_the_companion("zombie", 5), first=reported("twin", "zombie")), COMPANY)
    assert failure == Failure(
        observed="Sweep 1 reports that airflow/zombie was deleted, which another had done.",
        because="the API server carried out no DELETE of its own for that uid.",
    )
    [failure] = breaches(met(by_the_companion("zombie", 5), second=reported("twin", "zombie")), COMPANY)
    assert failure.observed == "Sweep 1 of the companion reports that airflow/twin was deleted, which another had done."


def test_one_deletion_is_told_once() -> None:
    found = met(by_the_companion("zombie", 5), second=reported("zombie", "zombie"))
    assert len(list(breaches(found, COMPANY))) == 1


def test_who_does_not_claim_to_report_is_not_asked() -> None:
    found = replace(met(by_the_companion("zombie", 5), first=reported("zombie")), claims=Claims())
    assert list(breaches(found, COMPANY)) == []


@pytest.mark.parametrize(("codes", "who"), [((1, 0), "Sweep 1"), ((0, 1), "Sweep 1 of the companion")])
def test_neither_fails_for_what_the_other_did(codes: tuple[int, int], who: str) -> None:
    [failure] = breaches(met(history(), codes=codes), COMPANY)
    assert failure.observed.startswith(f"{who} ended with exit code 1")


def test_with_a_fault_between_its_steps_a_sweep_may_fail() -> None:
    fault = Placement.parse("DL3@delete-pods-1")
    step = Step(ordinal=2, channel="kubernetes", point=Point("delete-pods", 1), faults=(fault,))
    assert list(breaches(replace(met(history(), codes=(1, None)), steps=[step]), COMPANY)) == []


def test_the_sweeps_after_both_have_to_complete_and_to_leave_no_zombie() -> None:
    zombie = fate("zombie", "zombie")
    assert len(list(breaches(met(history(), later=1), COMPANY))) == 1
    assert len(list(breaches(met(history(zombie, after=[pod("zombie")])), COMPANY))) == 1
    assert list(breaches(met(history(zombie, after=[pod("zombie", deleting=True)])), COMPANY)) == []


@pytest.mark.parametrize("kind", ["live", "kept"])
def test_neither_deletes_a_pod_that_is_to_stay(kind: str) -> None:
    stays = fate("stays", kind)  # type: ignore[arg-type]
    for by in ("", "companion"):
        exchange = replace(delete("stays", step=5), by=by)
        [failure] = breaches(met(history(stays, exchanges=[exchange], after=[pod("stays")])), COMPANY)
        assert failure.observed.startswith("DELETE airflow/stays (uid uid-..) committed at step 5; ")


def test_a_deletion_belongs_to_the_sweep_of_whoever_made_it() -> None:
    found = met(by_the_companion("zombie", 5))
    own: Sweep = found.sweeps[0]
    assert [each.name for each in of_sweep(found, own)] == ["twin"]
    assert [each.name for each in of_sweep(found, found.company[0])] == ["zombie"]
    assert [each.name for each in of_sweep(found, found.sweeps[1])] == []
