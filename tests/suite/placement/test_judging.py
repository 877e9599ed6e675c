"""What a run with placed faults is judged by."""

from __future__ import annotations

import json

import pytest
from histories import exchange, fate, pod

from kpo_fixtures.faults import Placement, Plan, Step
from kpo_reports import Level, Result, Verdict
from kpo_suite import Case, catalogue
from kpo_suite.history import History, Sweep
from kpo_suite.judge import judged
from kpo_suite.ledger import requirements
from kpo_suite.placement import judging
from kpo_suite.subjects import reference

REFUSED = Plan.parse("DL3@delete-pods-1")
LOST = Plan.parse("DL2/eof@delete-pods-1")


def case_of(requirement: str) -> Case:
    return next(
        case
        for scenario in catalogue.scenarios()
        if scenario.kind == "replay" and requirement in scenario.examines and not scenario.is_disturbed
        for case in scenario.cases()
    )


def asked(requirement: str, plan: Plan) -> list[str]:
    return judging.asked(case_of(requirement), plan, reference())


def test_every_run_is_asked_about_its_faults_first() -> None:
    assert asked("KEEP-REATTACHED", REFUSED)[0] == "RESIST-ANY-SINGLE-FAULT"
    two = Plan.parse("DL3@delete-pods-1+DL3@delete-pods-2")
    found = asked("KEEP-REATTACHED", two)
    assert found[0] == "REAP-CONVERGES"
    assert "RESIST-ANY-SINGLE-FAULT" not in found[:1]


def test_what_the_scenario_examines_and_no_fault_excuses_is_asked() -> None:
    assert "KEEP-REATTACHED" in asked("KEEP-REATTACHED", LOST)
    assert "BOUND-DRY-RUN" in asked("BOUND-DRY-RUN", LOST)
    assert "KEEP-REATTACHED" not in asked("BOUND-DRY-RUN", LOST)
    for always in judging.ALWAYS:
        assert always in asked("KEEP-REATTACHED", LOST)


@pytest.mark.parametrize("requirement", ["REAP-SIDECAR", "DELETE-ONCE", "API-PAGED", "RESIST-REPEAT", "BOUND-BREAKER"])
def test_what_a_fault_excuses_is_not_asked(requirement: str) -> None:
    assert requirement not in asked(requirement, REFUSED)


def test_accounts_are_asked_for_where_a_subject_can_know_what_was_committed() -> None:
    assert "TELL-DELETIONS" in asked("TELL-DELETIONS", REFUSED)
    assert "TELL-DELETIONS" not in asked("TELL-DELETIONS", LOST)


def test_what_the_catalogue_says_of_a_fault_is_asked() -> None:
    expired = Plan.parse("LS1/expired@list-pods-1")
    assert "API-EXPIRED" in judged()
    assert "API-EXPIRED" in asked("KEEP-REATTACHED", expired)
    assert "API-EXPIRED" not in asked("KEEP-REATTACHED", REFUSED)


def test_no_feature_that_is_not_claimed_is_asked_for() -> None:
    claimed = {"core", *reference().claims.features}
    for requirement in ("KEEP-REATTACHED", "TELL-DELETIONS", "BOUND-SWEEP"):
        assert {requirements()[each].feature for each in asked(requirement, REFUSED)} <= claimed


def test_what_is_not_judged_is_of_the_ledger_and_says_why() -> None:
    areas = {each.area for each in requirements().values()}
    for word, why in judging.NOT_JUDGED.items():
        assert word in areas or word in requirements()
        assert why
        assert word not in judging.ALWAYS
    assert set(judging.ALWAYS) | judging.ONLY_REFUSED <= set(requirements())


def swept(ordinal: int, first: int, last: int, *, faulty: bool, stdout: str = "") -> Sweep:
    return Sweep(
        ordinal=ordinal,
        exit_code=1 if faulty else 0,
        stdout=stdout,
        stderr="",
        seconds=0.1,
        first_step=first,
        last_step=last,
        timeout=60,
        faulty=faulty,
    )


def run(*, stayed: bool = False, took: str = "zombie", reached: bool = True, stdout: str = "") -> History:
    """A sweep that met a fault at its DELETE, and one without that deleted ``took``."""
    pods = {name: pod(name) for name in ("zombie", "live")}
    answer = exchange("DELETE", f"/api/v1/namespaces/airflow/pods/{took}", step=2, answer=pods[took])
    placement = Placement.parse("DL3@delete-pods-1")
    told = json.dumps({"outcome": "deleted", "namespace": "airflow", "pod": took, "uid": f"uid-{took}"})
    return History(
        fates=(fate("zombie", "zombie"), fate("live", "live", "KEEP-REATTACHED")),
        sweeps=(
            swept(1, 1, 1, faulty=True, stdout=stdout),
            swept(2, 2, 2, faulty=False, stdout="" if stayed else told),
        ),
        exchanges=() if stayed else (answer,),
        before=list(pods.values()),
        after=[each for name, each in pods.items() if stayed or name != took],
        steps=[
            Step(ordinal=1, channel="kubernetes", point=placement.point, faults=(placement,)),
            Step(ordinal=2, channel="kubernetes", point=Placement.parse("DL3@delete-pods-2").point),
        ],
        plan=Plan((placement,)),
        unreached=() if reached else (str(placement),),
        expected=("airflow/zombie",),
        secrets=("a-secret-of-some-length",),
    )


def verdicts(history: History) -> dict[str, Verdict]:
    found = judging.judge(case_of("KEEP-REATTACHED"), history, history.plan, reference())
    return {requirement: judgement.verdict for requirement, judgement in found.items()}


def test_a_run_that_keeps_and_converges_is_one_pass() -> None:
    assert verdicts(run()) == {"RESIST-ANY-SINGLE-FAULT": Verdict.PASS}


def test_a_zombie_that_stays_fails() -> None:
    assert verdicts(run(stayed=True)) == {"RESIST-ANY-SINGLE-FAULT": Verdict.FAIL}


def test_a_live_pod_that_goes_fails_every_requirement_that_it_breaks() -> None:
    assert verdicts(run(took="live")) == {
        "RESIST-ANY-SINGLE-FAULT": Verdict.FAIL,
        "KEEP-REATTACHED": Verdict.FAIL,
    }


def test_a_failure_beside_the_fault_is_told_alone() -> None:
    assert verdicts(run(stdout="it is a-secret-of-some-length")) == {"TELL-NO-SECRETS": Verdict.FAIL}


def test_a_fault_that_was_not_reached_is_inconclusive() -> None:
    assert verdicts(run(reached=False)) == {"RESIST-ANY-SINGLE-FAULT": Verdict.INCONCLUSIVE}


def test_two_faults_are_judged_by_convergence_of_every_zombie() -> None:
    history = run(stayed=True)
    two = Plan(history.plan.placements * 2)
    found = judging.judge(case_of("KEEP-REATTACHED"), history, two, reference())
    assert found["REAP-CONVERGES"].verdict is Verdict.FAIL
    assert "airflow/zombie" in found["REAP-CONVERGES"].reason


def result(requirement: str, verdict: Verdict) -> Result:
    return Result(
        scenario="a_world",
        requirement=requirement,
        level=Level.MUST,
        verdict=verdict,
        reason="because",
        required="It MUST.",
        seconds=0.1,
    )


@pytest.mark.parametrize(
    ("requirement", "verdict", "sound"),
    [
        ("KEEP-REATTACHED", Verdict.PASS, True),
        ("KEEP-REATTACHED", Verdict.UNSUPPORTED, True),
        ("KEEP-REATTACHED", Verdict.FAIL, False),
        ("KEEP-REATTACHED", Verdict.VACUOUS, False),
        ("KEEP-REATTACHED", Verdict.SUITE_ERROR, False),
        ("REAP-SIDECAR", Verdict.FAIL, True),
        ("API-PAGED", Verdict.FAIL, True),
        ("REAP-SIDECAR", Verdict.VACUOUS, False),
    ],
)
def test_worlds_that_fail_without_faults_are_not_run_with_them(requirement: str, verdict: Verdict, sound: bool) -> None:
    passed = result("KEEP-WORKER", Verdict.PASS)
    assert judging.is_sound([passed, result(requirement, verdict)]) is sound
