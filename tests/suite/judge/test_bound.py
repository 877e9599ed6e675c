"""BOUND: budget, breaker, odd settings and dry runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from histories import delete, exchange, fate, history, listing, pod, sweep

from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Breaker, Claims

OLD, YOUNG = "2026-11-20T05:00:00Z", "2026-11-20T06:00:00Z"
ZOMBIES = [fate("older", "zombie", "BOUND-SWEEP"), fate("younger", "zombie", "BOUND-SWEEP")]


def created(name: str, when: str) -> dict[str, Any]:
    found = pod(name)
    found["metadata"]["creationTimestamp"] = when
    return found


BEFORE = [created("older", OLD), created("younger", YOUNG), created("twin", YOUNG), created("control", OLD)]


def judged(requirement: str, found: History, **claims: Any) -> list[Failure]:
    return list(breaches(replace(found, claims=Claims(**claims)), requirement))


def printed(one: Sweep, *objects: dict[str, Any]) -> Sweep:
    return replace(one, stdout="".join(json.dumps(each) + "\n" for each in objects))


def test_a_budget_that_is_not_stated_cannot_be_kept() -> None:
    [found] = judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE))
    assert found.observed == "The reaper claims a budget and does not state it."
    assert found.because == "its file has no claims.deletions."


def test_a_spent_budget_is_no_breach() -> None:
    gone = [delete("older", step=3), delete("younger", step=4)]
    assert judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=gone), deletions=3) == []


def test_one_deletion_too_many_is_a_breach() -> None:
    gone = [delete("older", step=3), delete("younger", step=4)]
    [found] = judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=gone), deletions=2)
    assert found.observed == "Sweep 1 deleted 3 pods; its budget is 2."
    assert found.because == "3 zombies were there."


def test_what_earlier_sweeps_took_is_not_there_any_more() -> None:
    gone = [delete("older", step=3), delete("younger", step=12), delete("control", step=13)]
    sweeps = [sweep(1, steps=(1, 9)), sweep(2, steps=(10, 19))]
    [found] = judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=gone, sweeps=sweeps), deletions=1)[1:]
    assert found.observed == "Sweep 2 deleted 2 pods; its budget is 1."
    assert found.because == "1 zombies were there."


def test_the_oldest_come_first() -> None:
    found = judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=[delete("younger", step=3)]), deletions=2)
    assert [each.observed for each in found] == [
        f"Sweep 1 deleted a zombie that was created at {YOUNG} and left 1 older ones."
    ]
    assert found[0].because == "a budget is spent on the oldest first, or the oldest may wait for ever."


def test_of_two_of_the_same_age_either_may_wait() -> None:
    same = [created(name, YOUNG) for name in ("older", "younger", "twin")]
    assert judged("BOUND-SWEEP", history(*ZOMBIES, before=same, exchanges=[delete("older", step=3)]), deletions=2) == []


def test_a_pod_that_came_later_has_no_age_here() -> None:
    gone = [delete("newcomer", step=3), delete("older", step=4), delete("younger", step=5)]
    assert judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=gone), deletions=9) == []


SPENT = {"deletions": 2, "features": ["accounting"]}


def test_a_budget_that_was_reached_is_told() -> None:
    gone = [delete("older", step=3)]
    silent = history(*ZOMBIES, before=BEFORE, exchanges=gone)
    [found] = judged("BOUND-SWEEP", silent, **SPENT)
    assert found.observed == "Sweep 1 left 1 zombies and does not say that it spent its budget."
    assert found.because == "nobody learns that more is left to do."
    told = printed(sweep(), {"budget_reached": True, "more": 1})
    assert judged("BOUND-SWEEP", replace(silent, sweeps=[told]), **SPENT) == []
    lied = printed(sweep(), {"budget_reached": False})
    assert len(judged("BOUND-SWEEP", replace(silent, sweeps=[lied]), **SPENT)) == 1


def test_a_budget_that_was_not_reached_need_not_be_told() -> None:
    stuck = history(*ZOMBIES, before=BEFORE, exchanges=[delete("older", step=3)])
    assert judged("BOUND-SWEEP", stuck, deletions=3, features=["accounting"]) == []


def test_who_claims_no_accounting_need_not_tell() -> None:
    silent = history(*ZOMBIES, before=BEFORE, exchanges=[delete("older", step=3)])
    assert judged("BOUND-SWEEP", silent, deletions=2) == []


def test_where_nothing_is_left_nothing_is_to_be_told() -> None:
    gone = [delete("older", step=3), delete("younger", step=4)]
    assert (
        judged("BOUND-SWEEP", history(*ZOMBIES, before=BEFORE, exchanges=gone), deletions=3, features=["accounting"])
        == []
    )


def test_under_faults_a_budget_is_a_bound_and_no_order() -> None:
    faulty = replace(sweep(), faulty=True)
    younger = history(*ZOMBIES, before=BEFORE, exchanges=[delete("younger", step=3)], sweeps=[faulty])
    assert judged("BOUND-SWEEP", younger, **SPENT) == []
    assert len(judged("BOUND-SWEEP", replace(younger, sweeps=[sweep()]), **SPENT)) == 2
    both = history(*ZOMBIES, exchanges=[delete("older", step=3), delete("younger", step=4)], sweeps=[faulty])
    [found] = judged("BOUND-SWEEP", replace(both, before=BEFORE), deletions=1)
    assert "its budget is 1" in found.observed


BREAKER = {"breaker": Breaker(share=0.5, floor=5)}
SUSPECT = fate("suspect", "kept", "BOUND-BREAKER")


def test_a_breaker_that_is_not_stated_is_a_breach() -> None:
    [found] = judged("BOUND-BREAKER", history())
    assert found.observed == "The reaper claims a budget and states no breaker."
    assert found.because == "its file has no claims.breaker."


def test_an_alarm_is_another_exit_code() -> None:
    alarmed = replace(sweep(exit_code=1), refused=True)
    assert judged("BOUND-BREAKER", history(SUSPECT, sweeps=[alarmed]), **BREAKER) == []
    unheard = replace(sweep(exit_code=0), refused=True)
    [found] = judged("BOUND-BREAKER", history(SUSPECT, sweeps=[unheard]), **BREAKER)
    assert found.observed == "Sweep 1 met more zombies than can be and ended with exit code 0."
    assert found.because == "what nobody hears is no alarm."


def test_a_plain_sweep_beside_it_may_end_well() -> None:
    assert judged("BOUND-BREAKER", history(SUSPECT, sweeps=[sweep()]), **BREAKER) == []


def test_what_cannot_be_all_zombies_is_not_deleted() -> None:
    [found] = judged("BOUND-BREAKER", history(SUSPECT, exchanges=[delete("suspect", step=3)]), **BREAKER)
    assert found.observed.startswith("DELETE airflow/suspect")


def odd(**changes: Any) -> Sweep:
    refused = {"refused": True, "extra": ("--budget=0", "--now"), "exit_code": 2, "stderr": "no"}
    return replace(sweep(), **{**refused, **changes})


def test_who_states_no_odd_settings_shows_nothing() -> None:
    [found] = judged("BOUND-CONFIG", history(sweeps=[sweep()]))
    assert found.observed == "The reaper states no settings that it refuses."
    assert found.because == "its file has no run.invalid."


@pytest.mark.parametrize("words", [{"stderr": "no"}, {"stderr": "", "stdout": "no"}])
def test_a_refusal_with_words_is_as_it_should_be(words: dict[str, str]) -> None:
    assert judged("BOUND-CONFIG", history(twin_goes=False, sweeps=[odd(**words)])) == []


@pytest.mark.parametrize(
    ("changes", "observed"),
    [
        ({"exit_code": 0}, "A sweep with --budget=0 --now ended with exit code 0."),
        ({"exit_code": None}, "A sweep with --budget=0 --now did not end within 5 s."),
        ({"stderr": " \n", "stdout": "\n"}, "A sweep with --budget=0 --now ended with exit code 2 and said nothing."),
        ({"exit_code": -6, "stderr": ""}, "A sweep with --budget=0 --now ended with exit code -6 and said nothing."),
    ],
)
def test_each_other_answer_is_a_breach(changes: dict[str, Any], observed: str) -> None:
    [found] = judged("BOUND-CONFIG", history(twin_goes=False, sweeps=[odd(**changes)]))
    assert found.observed == observed


@pytest.mark.parametrize("step", [4, 6])
def test_a_refusal_that_goes_on_is_a_breach(step: int) -> None:
    late = odd(first_step=4, last_step=6)
    [found] = judged("BOUND-CONFIG", history(exchanges=[delete("x", step=step)], sweeps=[late]))
    assert found.observed.startswith("A sweep with --budget=0 --now went on: delete pods airflow/x")
    assert found.because == "odd settings end a sweep before it begins."


def test_of_several_writes_of_a_refusal_the_first_is_quoted() -> None:
    late = odd(first_step=4, last_step=6)
    [found] = judged("BOUND-CONFIG", history(exchanges=[delete("x", step=4), delete("y", step=5)], sweeps=[late]))
    assert "airflow/x" in found.observed


@pytest.mark.parametrize("step", [3, 7])
def test_what_other_sweeps_write_is_theirs(step: int) -> None:
    late = odd(first_step=4, last_step=6)
    assert judged("BOUND-CONFIG", history(exchanges=[delete("x", step=step)], sweeps=[late])) == []


def dry(*objects: dict[str, Any], steps: tuple[int, int] = (1, 4)) -> Sweep:
    return printed(replace(sweep(1, steps=steps), options=("dry-run",)), *objects)


def announced(name: str) -> dict[str, Any]:
    return {"outcome": "would-delete", "uid": f"uid-{name}", "namespace": "airflow", "pod": name}


def two(first: Sweep, *gone: str) -> History:
    exchanges = [listing(), *(delete(name, step=5 + place) for place, name in enumerate(gone))]
    return replace(history(*ZOMBIES), exchanges=exchanges, sweeps=[first, sweep(2, steps=(5, 9))])


ACCOUNTS = {"features": ["accounting"]}


def test_a_dry_run_that_keeps_its_word_is_as_it_should_be() -> None:
    assert judged("BOUND-DRY-RUN", two(dry(announced("older")), "older"), **ACCOUNTS) == []


@pytest.mark.parametrize("step", [1, 4])
def test_a_write_in_a_dry_run_is_a_breach(step: int) -> None:
    found = replace(two(dry()), exchanges=[delete("older", step=step)])
    [failure] = judged("BOUND-DRY-RUN", found)
    assert failure.observed == f"delete pods airflow/older at step {step} (HTTP 200) in a dry run."
    assert failure.because == "a dry run writes nothing."


def test_a_lease_is_kept_in_a_dry_run_too() -> None:
    lease = exchange("PUT", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/reaper", step=3)
    assert judged("BOUND-DRY-RUN", replace(two(dry()), exchanges=[lease])) == []


def test_a_write_of_another_sweep_is_none_of_the_dry_runs() -> None:
    assert judged("BOUND-DRY-RUN", two(dry(), "older")) == []
    assert judged("BOUND-DRY-RUN", replace(two(dry(steps=(2, 4))), exchanges=[delete("older", step=1)])) == []


def test_what_was_announced_and_not_done_is_a_breach() -> None:
    [found] = judged("BOUND-DRY-RUN", two(dry(announced("older"))), **ACCOUNTS)
    assert found.observed == (f"The dry run says that {ZOMBIES[0]} would be deleted; the sweep after it kept it.")
    assert found.because == "nothing had changed in between."


def test_what_was_done_and_not_announced_is_a_breach() -> None:
    [found] = judged("BOUND-DRY-RUN", two(dry(), "unknown"), **ACCOUNTS)
    assert found.observed == "The dry run says that uid-unknown would be kept; the sweep after it deleted it."


def test_dry_runs_are_measured_at_real_sweeps_only() -> None:
    alone = replace(history(*ZOMBIES, twin_goes=False), sweeps=[dry(announced("older"))])
    assert judged("BOUND-DRY-RUN", alone, **ACCOUNTS) == []
    twice = replace(alone, sweeps=[dry(announced("older")), replace(dry(steps=(5, 6)), ordinal=2)])
    assert judged("BOUND-DRY-RUN", twice, **ACCOUNTS) == []
    real_first = replace(two(dry(), "older"), sweeps=[sweep(1, steps=(5, 9)), dry(announced("younger"), steps=(1, 4))])
    assert judged("BOUND-DRY-RUN", real_first, **ACCOUNTS) == []


def test_each_dry_run_of_several_is_measured() -> None:
    later = replace(dry(announced("older"), steps=(3, 4)), ordinal=2)
    three = replace(two(dry()), sweeps=[sweep(1, steps=(1, 2)), later, sweep(3, steps=(5, 9))])
    assert len(judged("BOUND-DRY-RUN", three, **ACCOUNTS)) == 1
    after_two = replace(two(dry()), sweeps=[dry(steps=(1, 2)), later, sweep(3, steps=(5, 9))])
    assert len(judged("BOUND-DRY-RUN", after_two, **ACCOUNTS)) == 1


def test_without_accounting_decisions_cannot_be_compared() -> None:
    assert judged("BOUND-DRY-RUN", two(dry(announced("older")))) == []


@pytest.mark.parametrize("place", [0, 1])
def test_of_two_sweeps_one_that_met_faults_may_decide_otherwise_and_writes_nothing_either(place: int) -> None:
    found = two(dry(announced("older")))
    assert len(judged("BOUND-DRY-RUN", found, **ACCOUNTS)) == 1
    met = [replace(each, faulty=number == place) for number, each in enumerate(found.sweeps)]
    assert judged("BOUND-DRY-RUN", replace(found, sweeps=met), **ACCOUNTS) == []
    wrote = replace(found, sweeps=met, exchanges=[delete("older", step=1)])
    assert [each.because for each in judged("BOUND-DRY-RUN", wrote, **ACCOUNTS)] == ["a dry run writes nothing."]
