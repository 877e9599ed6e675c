"""What the worlds of the KEEP scenarios rest on: labels that really collide, numbers, ages and times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from kpo_fixtures.airflow.labels import make_safe_label_value
from kpo_fixtures.airflow.states import STATES
from kpo_scenarios.replay import ages, ambiguous, off_by_one, runs, unfinished
from kpo_suite import World, catalogue
from kpo_suite.fates import FINISHED
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Trial, settings
from kpo_suite.subjects.reaper_file import Claims

HIDDEN = [name for name, each in settings().items() if "KEEP-HIDDEN" in each.case.scenario.examines]


@pytest.fixture(scope="module")
def rest_bench() -> Iterator[Bench]:
    with Bench(catalogue.shipped_reapers()) as bench:
        yield bench


@pytest.mark.parametrize("pair", [ambiguous.DAGS, ambiguous.RUNS, ambiguous.ALIAS, ambiguous.RUN_ALIAS])
def test_pairs_of_ids_share_one_label(pair: tuple[str, str]) -> None:
    assert pair[0] != pair[1]
    assert len({make_safe_label_value(each) for each in pair}) == 1


def test_an_alias_is_the_label_of_its_other_self() -> None:
    for written, label in (ambiguous.ALIAS, ambiguous.RUN_ALIAS):
        assert make_safe_label_value(written) == label


def test_only_the_hash_tells_the_longest_ids_apart() -> None:
    world = World()
    runs.longest_ids_that_differ_in_their_last_character.build(world)
    labels = {make_safe_label_value(task.task_id) for task in world.tasks}
    assert len(labels) == len(world.tasks)
    assert len({label.rpartition("-")[0] for label in labels}) == 1


@pytest.mark.parametrize("airflow", off_by_one.OLD)
def test_rows_show_a_try_less_while_their_task_is_away(airflow: str) -> None:
    world = World(airflow=airflow)
    off_by_one.retry_defers_on_the_pod_of_an_older_try.build(world)
    assert [(task.try_number, row.try_number) for task, row in zip(world.tasks, world.rows(), strict=True)] == [
        *((2, 1), (2, 1)),
        *((3, 2), (3, 2)),
    ]


@pytest.mark.parametrize("airflow", sorted(STATES))
def test_each_unfinished_state_of_a_generation_has_its_pod(airflow: str) -> None:
    world = World(airflow=airflow, examines=("KEEP-UNFINISHED",))
    unfinished.pods_of_unfinished_tasks.build(world)
    assert {task.state for task in world.tasks} == STATES[airflow].unfinished
    assert len(world.pods) == len(world.tasks)


def test_no_state_that_is_to_be_unknown_is_known() -> None:
    for scenario in catalogue.scenarios():
        if scenario.module == unfinished.__name__ and scenario.examines == ("KEEP-UNKNOWN-STATE",):
            airflow = scenario.airflow[-1] if scenario.airflow else "3.3"
            world = World(airflow=airflow, examines=scenario.examines)
            scenario.build(world)
            assert not {task.state for task in world.tasks} & (set(STATES[airflow].all) | FINISHED), scenario.name


@pytest.mark.parametrize(("minimum", "age"), [(300.0, 240), (60.0, 0), (0.0, -60)])
def test_a_young_pod_is_a_minute_younger_than_the_minimum(minimum: float, age: int) -> None:
    assert ages.still_young(World(claims=Claims(minimum_age=minimum))) == timedelta(seconds=age)


def test_earlier_moves_every_time_and_nothing_else() -> None:
    status = {
        "phase": "Running",
        "startTime": "2026-11-20T06:00:00Z",
        "parts": [{"at": "2026-11-20T06:00:01Z", "n": 1}],
    }
    assert ages.earlier(status, timedelta(days=1)) == {
        "phase": "Running",
        "startTime": "2026-11-19T06:00:00Z",
        "parts": [{"at": "2026-11-19T06:00:01Z", "n": 1}],
    }


@pytest.mark.parametrize("case", HIDDEN)
def test_a_small_reaper_can_read_through_the_rest_api(case: str, rest_bench: Bench) -> None:
    outcome = rest_bench.outcome(Trial("floor", "rest-plain-reaper", case))
    assert not outcome.error, outcome.error
    for found in outcome.judged:
        assert found.verdict == "pass", f"{found.requirement}: {found.reason}"
