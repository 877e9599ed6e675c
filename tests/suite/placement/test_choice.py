"""Which faults are put where: every step is given its share, and nothing but case, step and seed decides which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_fixtures.faults import Channel, Effect, Form, Placement, Plan, Point, Step, forms
from kpo_suite import Case, catalogue
from kpo_suite.history import History, Sweep
from kpo_suite.placement import choice, placeable
from kpo_suite.subjects import reference

KINDS: dict[str, Channel] = {
    "list-pods": "kubernetes",
    "get-pods": "kubernetes",
    "delete-pods": "kubernetes",
    "rest": "airflow",
    "connect": "database",
    "control": "database",
    "query": "database",
}


def counted(kinds: list[str]) -> list[Step]:
    return [
        Step(ordinal=number, channel=KINDS[kind], point=Point(kind, kinds[:number].count(kind)))
        for number, kind in enumerate(kinds, 1)
    ]


STEPS = st.lists(st.sampled_from(list(KINDS)), max_size=40).map(counted)
CASES = st.text("abcdef_[]-", min_size=1, max_size=20)
SEEDS = st.integers(0, 5)
PLACED = ("list-pods", "delete-pods", "query")
"""Kinds of steps at which several effects are to be had."""


def place(form: Form) -> Effect:
    """The effect in whose place this form comes."""
    return choice.TAKE_TURNS.get(form.effect, form.effect)


def chosen(found: list[choice.Choice]) -> list[Placement]:
    return [each.plans[0].placements[0] for each in found]


@given(CASES, STEPS, SEEDS)
def test_every_distinct_step_is_given_one_form_of_each_effect(case: str, steps: list[Step], seed: int) -> None:
    found = chosen(list(choice.single(case, steps, seed=seed)))
    for step in choice.distinct(steps):
        fitting = [form for form in forms().values() if form.fits(step.channel, step.point.kind) and not form.alone]
        effects = [place(each.form) for each in found if each.point == step.point]
        due = len({place(form) for form in fitting})
        assert len(effects) == len(set(effects)) == min(due, choice.EFFECTS.get(step.point.kind, due))
    assert {each.point for each in found} <= {step.point for step in choice.distinct(steps)}


@given(CASES, STEPS, SEEDS)
def test_what_is_chosen_fits_and_is_for_no_scenario_alone(case: str, steps: list[Step], seed: int) -> None:
    channels = {step.point: step.channel for step in steps}
    for each in choice.single(case, steps, seed=seed):
        for plan in each.plans:
            (placement,) = plan.placements
            assert plan.seed == seed
            assert placement.form.fits(channels[placement.point], placement.point.kind)
            assert not placement.form.alone
        assert len(set(map(str, each.plans))) == len(each.plans)


@given(CASES, STEPS, SEEDS)
def test_a_step_is_given_the_same_whatever_else_is_there(case: str, steps: list[Step], seed: int) -> None:
    whole = [each.plans for each in choice.single(case, steps, seed=seed)]
    for step in choice.distinct(steps):
        assert all(each.plans in whole for each in choice.single(case, [step], seed=seed))


@pytest.mark.parametrize("kind", PLACED)
def test_over_many_worlds_every_form_meets_every_kind_of_step(kind: str) -> None:
    steps = counted([kind])
    met = {form.form.id for number in range(1500) for form in chosen(list(choice.single(f"world_{number}", steps)))}
    assert met == {form.id for form in forms().values() if form.fits(KINDS[kind], kind) and not form.alone}


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_step_whose_effects_are_few_falls_back_on_the_others(kind: str) -> None:
    (step,) = counted([kind])
    first, *others = choice.single("world", [step])
    fitting = {form.id for form in forms().values() if form.fits(step.channel, kind) and not form.alone}
    tried = {plan.placements[0].form.id for each in (first, *others) for plan in each.plans}
    assert tried == fitting
    for each in others:
        assert len({place(plan.placements[0].form) for plan in each.plans}) == 1


def test_another_seed_chooses_otherwise() -> None:
    steps = counted(["list-pods", "delete-pods", "delete-pods"])
    assert len({tuple(map(str, chosen(list(choice.single("world", steps, seed=seed))))) for seed in range(4)}) > 1


def test_the_middle_of_a_long_row_is_left_out_and_nothing_else() -> None:
    steps = counted(["list-pods", *["delete-pods"] * 20, "list-pods"])
    told = [str(step.point) for step in choice.distinct(steps)]
    assert told == [
        "list-pods-1",
        *(f"delete-pods-{nth}" for nth in (1, 2, 3, 4, 17, 18, 19, 20)),
        "list-pods-2",
    ]
    short = counted(["delete-pods"] * 8)
    assert choice.distinct(short) == short


@given(STEPS)
def test_every_is_the_whole_product(steps: list[Step]) -> None:
    assert chosen(list(choice.every(steps))) == [
        Placement(form, step.point)
        for step in steps
        for form in forms().values()
        if form.fits(step.channel, step.point.kind) and not form.alone
    ]


@given(CASES, STEPS, SEEDS)
def test_forms_that_wait_are_left_out_for_who_cannot_be_impatient(case: str, steps: list[Step], seed: int) -> None:
    found = [*choice.single(case, steps, seed=seed, waiting=False), *choice.every(steps, waiting=False)]
    assert not any(each.waits for each in found)
    assert not any(placement.form.waits for each in found for plan in each.plans for placement in plan.placements)


def test_some_forms_wait() -> None:
    waiting = {form.id for form in forms().values() if form.waits}
    assert "DL15" in waiting
    assert "LS5/429" in waiting
    assert not waiting & {"DL2/reset", "DL3", "LS9"}


@given(CASES, STEPS, SEEDS)
def test_pairs_begin_with_every_placement_in_an_order_of_their_own(case: str, steps: list[Step], seed: int) -> None:
    found = choice.firsts(case, steps, seed=seed)
    assert sorted(map(str, chosen(found))) == sorted(map(str, chosen(list(choice.every(choice.distinct(steps))))))
    assert found == choice.firsts(case, steps, seed=seed)


def swept(steps: list[Step], *, first: int, last: int, faulty: bool) -> Sweep:
    del steps
    return Sweep(
        ordinal=first,
        exit_code=0,
        stdout="",
        stderr="",
        seconds=0.1,
        first_step=first,
        last_step=last,
        timeout=60,
        faulty=faulty,
    )


def history(kinds: list[str], *, met: int, placement: Placement, faulty: int) -> History:
    """A run whose first ``faulty`` steps were in a sweep with faults, of which the ``met``-th met one."""
    steps = [
        Step(
            ordinal=step.ordinal,
            channel=step.channel,
            point=step.point,
            faults=(placement,) if step.ordinal == met else (),
        )
        for step in counted(kinds)
    ]
    sweeps = [
        swept(steps, first=1, last=faulty, faulty=True),
        swept(steps, first=faulty + 1, last=len(steps), faulty=False),
    ]
    return History(fates=(), sweeps=sweeps, exchanges=(), steps=steps)


def test_the_second_fault_comes_after_the_first_and_before_faults_end() -> None:
    first = Plan.parse("DL3@delete-pods-1")
    kinds = ["list-pods", "delete-pods", "delete-pods", "list-pods", "list-pods", "delete-pods"]
    seen = history(kinds, met=2, placement=first.placements[0], faulty=4)
    found = choice.seconds("world", first, seen, 1000)
    assert {str(each.plans[0].placements[1].point) for each in found} == {"delete-pods-2", "list-pods-2"}
    assert all(each.plans[0].placements[0] == first.placements[0] for each in found)
    few = choice.seconds("world", first, seen, 3)
    assert len(few) == 3
    assert few == choice.seconds("world", first, seen, 3)


def test_nothing_comes_after_a_fault_that_was_not_met() -> None:
    first = Plan.parse("DL3@delete-pods-9")
    seen = history(["list-pods", "delete-pods"], met=0, placement=first.placements[0], faulty=2)
    assert choice.seconds("world", first, seen, 10) == []


def test_the_steps_of_a_clean_run_are_all_learnt_and_of_a_faulty_one_those_with_faults() -> None:
    placement = Placement.parse("DL3@delete-pods-1")
    seen = history(["list-pods", "delete-pods", "list-pods"], met=2, placement=placement, faulty=2)
    assert [step.ordinal for step in choice.learnt(seen)] == [1, 2]
    clean = History(fates=(), sweeps=seen.sweeps[1:], exchanges=(), steps=seen.steps)
    assert [step.ordinal for step in choice.learnt(clean)] == [1, 2, 3]


def cases() -> list[Case]:
    return [case for each in catalogue.scenarios() for case in each.cases()]


def test_faults_are_placed_in_plain_replay_worlds() -> None:
    file = reference()
    placed = {case.scenario.name for case in cases() if placeable(case.scenario, file)}
    assert "retry_runs_on_the_pod_of_the_older_try" in placed
    assert "nearly_every_task_ends_at_once" in placed
    left_out = {case.scenario.name for case in cases()} - placed
    assert {"every_pod_in_a_shared_namespace", "odd_settings_end_a_sweep_before_it_begins"} <= left_out
    for case in cases():
        if case.scenario.kind == "live" or case.scenario.is_disturbed or case.scenario.survey:
            assert case.scenario.name in left_out
