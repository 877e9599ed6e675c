"""Lanes: who does which job, what is raised, and what is left undone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from kpo_suite.placement import lanes as module
from kpo_suite.placement.lanes import Lane, Lanes
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import reference


class Bed:
    """A testbed of which only a name is asked."""

    def __init__(self, *_: Any) -> None:
        self.server = None
        self.prepared: list[str] = []
        self.open = False

    def prepare(self, airflow: str) -> None:
        self.prepared.append(airflow)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (f"secret of {id(self)}",)

    def __enter__(self) -> Bed:
        self.open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Bed]:
    beds: list[Bed] = []

    def bed(*arguments: Any) -> Bed:
        beds.append(Bed(*arguments))
        return beds[-1]

    monkeypatch.setattr(module, "Testbed", bed)
    monkeypatch.setattr(module, "open_subject", lambda _: Bed())
    return beds


def lanes(cluster: str = "embedded") -> Lanes:
    own: Any = Lane(Bed(), None)  # type: ignore[arg-type]
    return Lanes(RunSettings(reaper=reference(), cluster=cluster), own)


def run(
    lanes: Lanes, jobs: Sequence[str], do: Callable[[str, Lane], str], goes_on: Callable[[], bool] = lambda: True
) -> list[str]:
    return lanes.run(jobs, do, airflow="3.3", waits=lambda job: job.startswith("wait"), goes_on=goes_on)


def test_jobs_that_wait_go_on_beside_the_others_and_results_keep_their_order(made: list[Bed]) -> None:
    worked = threading.Event()
    names: dict[str, str] = {}

    def do(job: str, _: Lane) -> str:
        names[job] = threading.current_thread().name
        if job.startswith("wait"):
            assert worked.wait(10), "the other jobs were not done within 10 s"
        if job == "work-3":
            worked.set()
        return job.upper()

    jobs = ["wait-1", "work-1", "wait-2", "work-2", "work-3"]
    assert run(lanes(), jobs, do) == [job.upper() for job in jobs]
    assert len(made) == 2
    assert all(bed.prepared == ["3.3"] for bed in made)
    assert {names[job] for job in jobs if job.startswith("work")} == {threading.current_thread().name}


def test_lanes_stay_for_the_next_jobs_and_end_with_all(made: list[Bed]) -> None:
    held = lanes()
    for _ in range(3):
        run(held, ["wait-1", "wait-2"], lambda job, _: job)
    assert len(made) == 2
    assert len(held.secrets) == 3
    assert all(bed.open for bed in made)
    held.close()
    assert not any(bed.open for bed in made)


def test_no_more_lanes_are_made_than_jobs_wait_nor_than_there_may_be(made: list[Bed]) -> None:
    run(lanes(), ["work"], lambda job, _: job)
    assert made == []
    run(lanes(), ["wait"] * 50, lambda job, _: job)
    assert len(made) == module.WAITING_LANES


def test_a_real_cluster_has_one_lane(made: list[Bed]) -> None:
    jobs = ["wait-1", "work-1", "wait-2"]
    assert run(lanes("envtest"), jobs, lambda job, _: job) == jobs
    assert made == []


@pytest.mark.parametrize("job", ["wait-2", "work-2"])
def test_what_a_job_raises_ends_the_others_and_is_raised(made: list[Bed], job: str) -> None:
    begun: list[str] = []

    def do(each: str, _: Lane) -> str:
        begun.append(each)
        if each == job:
            raise KeyboardInterrupt
        return each

    with pytest.raises(KeyboardInterrupt):
        run(lanes(), ["wait-1", "work-1", "wait-2", "work-2", *["work"] * 10_000], do)
    assert job in begun
    assert len(begun) < 10_000
    assert not any(thread.name.startswith("kpo-lane") for thread in threading.enumerate())
    assert made


def test_no_job_is_begun_after_the_end(made: list[Bed]) -> None:
    left = iter([True, True, False, False, False, False, False])
    assert run(lanes("envtest"), ["a", "b", "c", "d"], lambda job, _: job, goes_on=lambda: next(left)) == ["a", "b"]
    assert made == []
