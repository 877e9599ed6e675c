"""What is asked of a subject once faults have ended, and what whatever is injected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, fate, history, pod, sweep

from kpo_fixtures.faults import Placement, Point, Step
from kpo_reports import Verdict
from kpo_suite.fates import Fate
from kpo_suite.history import History, Sweep
from kpo_suite.judge import verdict
from kpo_suite.judge.rules import Failure, breaches

SINGLE, CONVERGES = "RESIST-ANY-SINGLE-FAULT", "REAP-CONVERGES"
ZOMBIE = fate("zombie", "zombie", CONVERGES)
LIVE = fate("live", "live")
KEPT = fate("kept", "kept")
FAULT = Placement.parse("DL3@delete-pods-1")


def faulty(exit_code: int | None = 0) -> Sweep:
    return replace(sweep(exit_code=exit_code), faulty=True)


def faced(found: History, *clean: Sweep) -> History:
    """The same, with a fault in a sweep that went wrong, and then these without any."""
    steps = [Step(ordinal=2, channel="kubernetes", point=Point("delete-pods", 1), faults=(FAULT,))]
    return replace(found, sweeps=[faulty(exit_code=1), *(clean or [sweep(2)])], steps=steps)


@pytest.mark.parametrize("requirement", [SINGLE, CONVERGES])
def test_a_zombie_is_due_after_the_sweeps_without_faults(requirement: str) -> None:
    found = faced(history(ZOMBIE, after=[pod("zombie")]))
    [failure] = breaches(found, requirement)
    assert failure == Failure(
        observed="airflow/zombie (uid uid-..) was still there after 1 sweep without faults; zombie is zombie.",
        because="delete-pods-1 is reset before it is carried out at step 2; no LIST showed it to the reaper; "
        "its task instance etl.load was: running, try 1.",
    )
    [again] = breaches(replace(found, sweeps=[*found.sweeps, sweep(3)]), requirement)
    assert "after 2 sweeps without faults" in again.observed


@pytest.mark.parametrize("requirement", [SINGLE, CONVERGES])
def test_gone_or_terminating_or_not_to_be_asked_for_is_no_breach(requirement: str) -> None:
    left = faced(history(ZOMBIE, after=[pod("zombie")]))
    assert list(breaches(faced(history(ZOMBIE)), requirement)) == []
    assert list(breaches(faced(history(ZOMBIE, after=[pod("zombie", deleting=True)])), requirement)) == []
    assert list(breaches(replace(left, expected=["airflow/twin", "batch/zombie"]), requirement)) == []
    assert len(list(breaches(replace(left, expected=["airflow/zombie"]), requirement))) == 1
    assert list(breaches(replace(left, sweeps=[faulty()]), requirement)) == []


def test_live_and_kept_pods_stay_and_each_pod_is_looked_at() -> None:
    after = [pod("live"), pod("kept"), pod("zombie")]
    assert list(breaches(faced(history(LIVE, KEPT, after=after[:2])), SINGLE)) == []
    assert len(list(breaches(faced(history(LIVE, ZOMBIE, KEPT, after=after)), SINGLE))) == 1
    assert len(list(breaches(faced(history(LIVE, ZOMBIE, KEPT, after=after)), CONVERGES))) == 1


def test_convergence_is_asked_of_the_pods_that_the_scenario_put_under_it_and_resistance_of_all() -> None:
    found = faced(history(fate("other", "zombie"), ZOMBIE, after=[pod("other"), pod("zombie")]))
    assert len(list(breaches(found, CONVERGES))) == 1
    assert len(list(breaches(found, SINGLE))) == 2
    assert len(list(breaches(faced(history(twin_goes=False)), SINGLE))) == 1


@pytest.mark.parametrize("lost", [LIVE, KEPT])
def test_a_live_or_kept_pod_is_never_deleted(lost: Fate) -> None:
    found = faced(history(LIVE, KEPT, ZOMBIE, exchanges=[delete(lost.name, step=3), delete("zombie", step=4)]))
    [failure] = breaches(found, SINGLE)
    assert failure.observed.startswith(f"DELETE airflow/{lost.name} (uid uid-..) committed at step 3; ")
    assert failure.because == (
        "delete-pods-1 is reset before it is carried out at step 2; no LIST showed it to the reaper; its task instance "
        "etl.load was: running, try 1; the DELETE carried no precondition."
    )


def test_the_control_is_live_and_several_losses_are_told() -> None:
    found = faced(history(LIVE, exchanges=[delete("live", step=3), delete("control", step=4)]))
    assert len(list(breaches(found, SINGLE))) == 2


@pytest.mark.parametrize(("exit_code", "said"), [(1, "ended with exit code 1"), (None, "hung"), (-9, "died of signal")])
def test_only_a_sweep_with_faults_may_fail(exit_code: int | None, said: str) -> None:
    failing = replace(sweep(2), exit_code=exit_code)
    [failure] = breaches(faced(history(), failing, sweep(3)), SINGLE)
    assert failure.observed.startswith(f"Sweep 2, after the faults had ended, {said}")
    assert failure.because == "delete-pods-1 is reset before it is carried out at step 2."
    assert list(breaches(faced(history()), SINGLE)) == []


def test_a_failing_sweep_without_faults_is_no_matter_of_convergence() -> None:
    found = faced(history(ZOMBIE), sweep(2, exit_code=1))
    assert list(breaches(found, CONVERGES)) == []
    assert verdict(found, CONVERGES).verdict is Verdict.VACUOUS


def test_a_run_without_faults_is_told_as_one() -> None:
    [failure] = breaches(history(ZOMBIE, after=[pod("zombie")]), SINGLE)
    assert failure.because.startswith("no fault was injected; ")


def test_faults_are_told_in_the_order_in_which_they_were_met() -> None:
    found = faced(history(ZOMBIE, after=[pod("zombie")]))
    second = Placement.parse("DL5/500@delete-pods-2")
    more = Step(ordinal=5, channel="kubernetes", point=Point("delete-pods", 2), faults=(second,))
    [failure] = breaches(replace(found, steps=[*found.steps, more]), SINGLE)
    assert failure.because.startswith(
        "delete-pods-1 is reset before it is carried out at step 2, delete-pods-2 is answered 500 at step 5; "
    )
