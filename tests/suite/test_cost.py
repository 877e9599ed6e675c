"""What a run cost: queries, and the time in which zombies waited for the next deletion."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, fate, history, listing, pod, sweep

from kpo_fixtures.gateways import Exchange
from kpo_fixtures.gateways.statement import Statement
from kpo_suite.cost import queries, seconds_without_progress
from kpo_suite.history import History, Sweep

ZOMBIE = fate("late", "zombie")
THERE = [pod("late"), pod("twin"), pod("control")]


def timed(exchange: Exchange, ended: float) -> Exchange:
    return replace(exchange, began=ended - 0.1, ended=ended)


def lasting(seconds: float, *, began: float = 100.0, ordinal: int = 1, steps: tuple[int, int] = (1, 9)) -> Sweep:
    return replace(sweep(ordinal, steps=steps), began=began, seconds=seconds)


def story(*deletions: Exchange, sweeps: list[Sweep], left: bool = False) -> History:
    after = [pod("late")] if left else []
    made = history(ZOMBIE, before=THERE, after=after, sweeps=sweeps, twin_goes=False)
    gone = {each.target.name for each in deletions}
    exchanges = [timed(listing(*THERE), 100.2), *deletions]
    return replace(
        made, exchanges=exchanges, after=[each for each in made.after if each["metadata"]["name"] not in gone]
    )


@pytest.mark.parametrize(
    ("first", "second", "longest"), [(100.5, 103.0, 2.5), (102.0, 102.5, 2.0), (100.5, 100.75, 0.5)]
)
def test_a_wait_ends_with_the_next_deletion_of_a_zombie(first: float, second: float, longest: float) -> None:
    told = story(timed(delete("twin"), first), timed(delete("late", step=3), second), sweeps=[lasting(9)])
    assert seconds_without_progress(told) == longest


def test_while_zombies_are_left_the_wait_goes_on_to_the_end_of_the_sweep() -> None:
    assert seconds_without_progress(story(timed(delete("twin"), 101), sweeps=[lasting(9)], left=True)) == 8
    assert seconds_without_progress(story(sweeps=[lasting(9)], left=True)) == 9


def test_what_happens_between_two_sweeps_is_no_wait() -> None:
    sweeps = [lasting(1, steps=(1, 2)), lasting(1, began=500, ordinal=2, steps=(3, 4))]
    told = story(timed(delete("twin"), 100.5), timed(delete("late", step=3), 500.75), sweeps=sweeps)
    assert seconds_without_progress(told) == 0.75


def test_a_refused_deletion_and_one_of_a_live_pod_are_no_progress() -> None:
    refused = timed(delete("late", step=3, status=500), 101)
    harmful = timed(delete("control", step=4), 102)
    told = story(timed(delete("twin"), 100.5), refused, harmful, sweeps=[lasting(4)])
    assert seconds_without_progress(replace(told, after=[pod("late")])) == 3.5


def test_without_zombies_there_is_nothing_to_wait_for() -> None:
    over = replace(story(sweeps=[lasting(9)]), before=[pod("control")])
    assert seconds_without_progress(over) is None
    dry = story(sweeps=[replace(lasting(9), options=("dry-run",))], left=True)
    assert seconds_without_progress(dry) is None
    assert seconds_without_progress(story(sweeps=[replace(lasting(9), refused=True)], left=True)) is None


def test_queries_of_every_sweep_are_counted_and_control_is_not() -> None:
    asked = [Statement(role="r", database="d", sql=sql) for sql in ("BEGIN", "SELECT 1", "select 2", "COMMIT")]
    told = story(sweeps=[replace(lasting(1), statements=asked), replace(lasting(1), rest=3)])
    assert queries(told) == 5
