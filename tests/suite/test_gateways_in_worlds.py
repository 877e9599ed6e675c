"""The HTTP gateways in a run: one timeline, a record of its own for Airflow's REST API, and another cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gateway_clients import ask

from kpo_fixtures.faults import NO_FAULTS, Plan
from kpo_fixtures.gateways import Stray
from kpo_suite import World, scenario
from kpo_suite.history import History
from kpo_suite.runner import run_replay
from kpo_suite.settings import DEFAULT_AIRFLOW, settle
from kpo_suite.subjects import Subject, open_subject, reference
from kpo_suite.testbed import Testbed


def one_zombie(world: World) -> None:
    """A task has failed, and its pod runs on."""
    world.pod(world.task(state="failed"), shape="sidecar", name="etl-load").zombie("its task failed")


(CASE,) = scenario(examines="REAP-FINISHED")(one_zombie).cases()


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None, source="rest")) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    with open_subject(reference()) as subject:
        yield subject


def run(testbed: Testbed, subject: Subject, plan: str = "") -> History:
    return run_replay(CASE, testbed, subject, DEFAULT_AIRFLOW, plan=Plan.parse(plan) if plan else NO_FAULTS)


def test_requests_to_airflow_have_a_record_of_their_own(testbed: Testbed, subject: Subject) -> None:
    history = run(testbed, subject)
    assert len(history.rest) == sum(sweep.rest for sweep in history.sweeps) > 0
    assert {each.channel for each in history.rest} == {"airflow"}
    assert {each.channel for each in history.exchanges} == {"kubernetes"}
    steps = sorted(each.step for each in (*history.rest, *history.exchanges))
    assert steps == [step.ordinal for step in history.steps]


def test_a_fault_at_airflow_stops_the_sweep_and_not_the_next_one(testbed: Testbed, subject: Subject) -> None:
    history = run(testbed, subject, "DB6/rest-500@rest-1")
    assert [sweep.completed for sweep in history.sweeps] == [False, True]
    assert history.rest[0].faults == ("DB6/rest-500@rest-1",)
    assert all(each.exchange.step > history.sweeps[0].last_step for each in history.deletions())
    assert history.sweeps[0].rest >= 1


def test_another_cluster_has_pods_of_the_same_names_that_are_not_the_world_s(
    testbed: Testbed, subject: Subject
) -> None:
    history = run(testbed, subject, "TR7/whole@list-pods-1")
    first, *_ = history.requests(verb="list", resource="pods")
    told = {item["metadata"]["name"]: item["metadata"]["uid"] for item in first.response_json()["items"]}
    fates = {fate.name: fate.uid for fate in history.fates}
    assert set(told) == set(fates)
    assert not set(told.values()) & set(fates.values())
    assert all(
        each.exchange.step > history.sweeps[0].last_step for each in history.deletions() if each.uid in fates.values()
    )
    assert history.unreached == []


def test_who_follows_a_redirect_is_known_until_the_next_world(testbed: Testbed, subject: Subject) -> None:
    testbed.reset(DEFAULT_AIRFLOW)
    testbed.timeline.arm(Plan.parse("DL16/redirect@list-pods-1"))
    here = testbed.gateway.endpoint
    location = ask(here, "GET", "/api/v1/pods").headers["Location"]
    assert ask(replace(here, url=location.removesuffix("/api/v1/pods")), "GET", "/api/v1/pods").status == 401
    assert testbed.strays() == (Stray(method="GET", path="/api/v1/pods", credentials=True),)
    assert run(testbed, subject).strays == ()
