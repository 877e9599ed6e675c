"""DELETE: force, finalizers, preconditions, and what the other rules leave open in ``test_judge``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from histories import delete, exchange, fate, history, listing, pod, sweep

from kpo_suite.history import Sweep
from kpo_suite.judge.rules import Failure, breaches

LATER = fate("later", "zombie", "REAP-FINISHED")
ZOMBIE = fate("zombie", "zombie", "REAP-FINISHED")
PATH = "/api/v1/namespaces/airflow/pods/zombie"
BEGAN = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def judged(requirement: str, *exchanges: Any, **others: Any) -> list[Failure]:
    found = replace(history(ZOMBIE, before=others.pop("before", None)), exchanges=list(exchanges))
    return list(breaches(replace(found, **others), requirement))


def test_a_collection_is_told_by_its_place() -> None:
    [one] = judged("DELETE-ONE-POD", exchange("DELETE", "/api/v1/namespaces/airflow/pods", step=4))
    assert one.observed == (
        "DELETE /api/v1/namespaces/airflow/pods at step 4 deletes the collection of namespace airflow."
    )
    assert one.because == "the request names no pod."
    [everywhere] = judged("DELETE-ONE-POD", exchange("DELETE", "/api/v1/pods", step=4))
    assert everywhere.observed == "DELETE /api/v1/pods at step 4 deletes the collection of every namespace."


def test_another_resources_collection_is_another_rules() -> None:
    assert judged("DELETE-ONE-POD", exchange("DELETE", "/api/v1/namespaces/airflow/events", step=4)) == []


def test_a_foreign_write_is_named_with_its_subresource_and_the_next_is_looked_at() -> None:
    found = judged(
        "DELETE-NOTHING-ELSE",
        exchange("GET", PATH, step=1),
        exchange("PUT", f"{PATH}/status", step=2),
        exchange("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", step=3),
        exchange("PATCH", PATH, step=4),
    )
    assert [each.observed for each in found] == [
        f"PUT {PATH}/status at step 2 writes pods/status.",
        f"PATCH {PATH} at step 4 writes pods.",
    ]
    assert {each.because for each in found} == {
        "a reaper deletes or evicts pods, writes events and its own lease, and nothing else."
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/x"),
        ("DELETE", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/x"),
        ("DELETE", f"{PATH}/eviction"),
        ("PATCH", "/api/v1/namespaces/airflow/events/x"),
    ],
)
def test_other_verbs_on_own_things_are_foreign_writes(method: str, path: str) -> None:
    assert len(judged("DELETE-NOTHING-ELSE", exchange(method, path))) == 1


def test_a_watch_and_a_collection_are_no_foreign_writes() -> None:
    watch = exchange("GET", "/api/v1/namespaces/airflow/pods", query="watch=1")
    collection = exchange("DELETE", "/api/v1/namespaces/airflow/pods")
    assert judged("DELETE-NOTHING-ELSE", watch, collection) == []


def test_grace_is_told_in_seconds_and_thirty_by_default() -> None:
    own = pod("zombie")
    del own["spec"]["terminationGracePeriodSeconds"]
    [found] = judged("DELETE-GRACEFULLY", delete("zombie", step=3, body={"gracePeriodSeconds": 29}), before=[own])
    assert found.observed == "airflow/zombie was deleted with 29 s of grace at step 3; the pod asks for 30 s."
    assert found.because == "its first DELETE set gracePeriodSeconds."
    assert judged("DELETE-GRACEFULLY", delete("zombie", body={"gracePeriodSeconds": 30}), before=[own]) == []


def test_each_pod_owes_its_own_grace() -> None:
    attempts = [
        delete("stranger", step=2, body={"gracePeriodSeconds": 0}),
        delete("zombie", step=3),
        delete("zombie", step=4, query="gracePeriodSeconds=0"),
        delete("second", step=5, query="gracePeriodSeconds="),
    ]
    found = judged("DELETE-GRACEFULLY", *attempts, before=[pod("zombie"), pod("second")])
    assert [each.observed for each in found] == [
        "airflow/second was deleted with 0 s of grace at step 5; the pod asks for 30 s."
    ]


def test_the_bodys_grace_comes_before_the_querys() -> None:
    attempt = delete("zombie", body={"gracePeriodSeconds": 0}, query="gracePeriodSeconds=30")
    assert len(judged("DELETE-GRACEFULLY", attempt, before=[pod("zombie")])) == 1


def test_a_pod_without_a_status_is_owed_nothing() -> None:
    bare = pod("zombie")
    del bare["status"]
    assert judged("DELETE-GRACEFULLY", delete("zombie", body={"gracePeriodSeconds": 0}), before=[bare]) == []


def test_deletions_are_counted_for_each_pod_and_told_once() -> None:
    attempts = [delete(name, step=step) for step, name in enumerate(("a", "b", "a", "a"), 1)]
    [found] = judged("DELETE-ONCE", *attempts)
    assert found.observed == "airflow/a was sent 3 DELETEs in 1 sweeps."
    assert found.because == "the first one had set it terminating."


def test_each_delete_of_a_terminating_pod_is_told() -> None:
    attempts = [delete("zombie", step=3), delete("zombie", step=4)]
    found = judged("DELETE-ONCE", *attempts, before=[pod("zombie", deleting=True)])
    assert [each.observed for each in found] == [
        f"DELETE airflow/zombie at step {step}; it was terminating already." for step in (3, 4)
    ]
    assert found[0].because == "the listed pod carried a deletionTimestamp."


FORCED = {"body": {"gracePeriodSeconds": 0}}


def forcing(*, steps: tuple[int, int] = (1, 9)) -> Sweep:
    return replace(sweep(steps=steps), options=("force",))


def due(moment: datetime) -> list[dict[str, Any]]:
    held = pod("zombie")
    held["metadata"]["deletionTimestamp"] = moment.isoformat().replace("+00:00", "Z")
    return [held]


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=1)])
def test_what_is_overdue_may_be_forced_where_it_was_asked_for(late: timedelta) -> None:
    overdue = due(BEGAN - late)
    attempt = delete("zombie", step=9, **FORCED)
    assert judged("DELETE-FORCE-LAST", attempt, before=overdue, sweeps=[forcing()], began=BEGAN) == []


def test_grace_is_no_force() -> None:
    assert judged("DELETE-FORCE-LAST", delete("zombie"), delete("zombie", body={"gracePeriodSeconds": 1})) == []


@pytest.mark.parametrize("sweeps", [[sweep()], [forcing(steps=(4, 9))], [forcing(steps=(1, 2))], []])
def test_force_that_nobody_asked_for_is_a_breach(sweeps: list[Sweep]) -> None:
    found = judged(
        "DELETE-FORCE-LAST", delete("zombie", step=3, **FORCED), before=due(BEGAN), sweeps=sweeps, began=BEGAN
    )
    assert [each.observed for each in found] == ["airflow/zombie was deleted with a grace of 0 at step 3."]
    assert found[0].because == "nobody had asked the sweep to force anything."


@pytest.mark.parametrize("steps", [(3, 9), (1, 3)])
def test_a_sweep_reaches_from_its_first_to_its_last_step(steps: tuple[int, int]) -> None:
    attempt = delete("zombie", step=3, **FORCED)
    assert judged("DELETE-FORCE-LAST", attempt, before=due(BEGAN), sweeps=[forcing(steps=steps)], began=BEGAN) == []


def test_force_before_the_time_is_a_breach() -> None:
    later = due(BEGAN + timedelta(seconds=1))
    [found] = judged("DELETE-FORCE-LAST", delete("zombie", **FORCED), before=later, sweeps=[forcing()], began=BEGAN)
    assert found.because == "it had until 2026-11-20T06:00:01Z to end."
    [unknown] = judged("DELETE-FORCE-LAST", delete("zombie", **FORCED), before=due(BEGAN), sweeps=[forcing()])
    assert unknown.because.startswith("it had until")


@pytest.mark.parametrize("before", [[], [pod("zombie")]])
def test_force_at_first_is_a_breach(before: list[dict[str, Any]]) -> None:
    found = judged("DELETE-FORCE-LAST", delete("zombie", **FORCED), before=before, sweeps=[forcing()], began=BEGAN)
    assert [each.because for each in found] == ["nobody had asked it to end before."]


def test_each_forced_pod_is_looked_at() -> None:
    attempts = [delete("gentle", step=2), delete("first", step=3, **FORCED), delete("zombie", step=4, **FORCED)]
    assert len(judged("DELETE-FORCE-LAST", *attempts)) == 2


def held(*finalizers: str, name: str = "zombie") -> dict[str, Any]:
    found = pod(name)
    found["metadata"]["finalizers"] = list(finalizers)
    return found


def written(method: str, *finalizers: str, name: str = "zombie", status: int = 200, answer: Any = None) -> Any:
    told = held(*finalizers, name=name) if answer is None else answer
    return exchange(method, f"/api/v1/namespaces/airflow/pods/{name}", step=5, status=status, answer=told)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_finalizer_that_is_gone_is_a_breach(method: str) -> None:
    [found] = judged("DELETE-KEEPS-FINALIZERS", written(method, "b"), before=[held("c", "a", "b")])
    assert found.observed == f"{method} airflow/zombie at step 5 removed the finalizer a, c."
    assert found.because == "it is another controller's promise, and only that controller may end it."


def test_finalizers_that_stay_are_none() -> None:
    before = [held("a"), pod("other")]
    fine = [written("PATCH", "a", "b"), written("PATCH", name="other"), delete("zombie"), written("PATCH", status=403)]
    assert judged("DELETE-KEEPS-FINALIZERS", *fine, before=before) == []
    elsewhere = exchange("PATCH", "/api/v1/namespaces/airflow/configmaps/zombie", answer=held())
    assert judged("DELETE-KEEPS-FINALIZERS", elsewhere, before=before) == []
    assert judged("DELETE-KEEPS-FINALIZERS", written("PATCH", name="unknown"), before=before) == []


def test_every_write_is_looked_at_and_an_answer_without_a_pod_counts() -> None:
    found = judged(
        "DELETE-KEEPS-FINALIZERS",
        delete("zombie"),
        written("PATCH", "a"),
        written("PATCH", answer=[]),
        written("PUT", answer={"kind": "Status"}),
        before=[held("a")],
    )
    assert len(found) == 2


def precise(body: Any, *earlier: Any, step: int = 4) -> list[Failure]:
    return judged("DELETE-RESOURCE-VERSION", *earlier, delete("zombie", step=step, body=body))


def test_a_delete_of_the_judged_version_is_precise() -> None:
    assert precise({"preconditions": {"resourceVersion": "7"}}) == []


def test_a_get_right_before_is_as_good() -> None:
    assert precise(None, exchange("GET", PATH, step=3)) == []


@pytest.mark.parametrize(
    "earlier",
    [
        [],
        [exchange("GET", PATH, step=2), exchange("GET", "/version", step=3)],
        [exchange("GET", f"{PATH}-two", step=3)],
        [exchange("GET", "/api/v1/namespaces/airflow/pods", step=3)],
        [exchange("PATCH", PATH, step=3)],
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"preconditions": None},
        {"preconditions": {"uid": "uid-zombie"}},
        {"preconditions": {"resourceVersion": ""}},
    ],
)
def test_anything_less_is_a_breach(earlier: list[Any], body: Any) -> None:
    [found] = precise(body, *earlier)
    assert found.observed == (
        "DELETE airflow/zombie at step 4 carries no resourceVersion, and the pod was not read right before."
    )
    assert found.because == "whatever changed since the LIST goes unnoticed."


NAMED = ("DELETE-INCARNATION", "DELETE-LOST-REPLY")


@pytest.mark.parametrize("requirement", NAMED)
def test_what_took_the_name_is_not_to_be_deleted(requirement: str) -> None:
    new = fate("new", "live", requirement)
    gone = fate("gone", "zombie", requirement)
    found = history(gone, new, LATER, before=[pod("gone"), pod("twin")], exchanges=[delete("gone", step=3)])
    assert list(breaches(found, requirement)) == []
    both = [*found.exchanges, listing(pod("new"), step=4), delete("new", step=5)]
    [failure] = breaches(replace(found, exchanges=both), requirement)
    assert failure.observed == "DELETE airflow/new (uid uid-..) committed at step 5; new is live."
    assert failure.because == (
        "the reaper listed it at step 4; its task instance etl.load was: running, try 1; "
        "the DELETE carried no precondition."
    )


@pytest.mark.parametrize("requirement", NAMED)
def test_what_came_during_the_run_is_to_be_seen_before_it_is_deleted(requirement: str) -> None:
    there = history(LATER, before=[pod("later"), pod("twin")], exchanges=[delete("later", step=3)])
    assert list(breaches(there, requirement)) == []
    unseen = replace(there, before=[pod("twin")], exchanges=[delete("later", step=3), listing(pod("later"), step=4)])
    [failure] = breaches(unseen, requirement)
    assert failure.observed == "DELETE airflow/later (uid uid-..) committed at step 3; it came during the sweep."
    assert failure.because == "no answer had shown the reaper a pod of this uid."
    seen = replace(unseen, exchanges=[listing(pod("later"), step=2), *unseen.exchanges])
    assert list(breaches(seen, requirement)) == []
    itself = replace(unseen, exchanges=[delete("later", step=2), delete("later", step=3)])
    assert len(list(breaches(itself, requirement))) == 1
    assert (
        len(list(breaches(replace(unseen, exchanges=[*itself.exchanges, delete("other", step=4)]), requirement))) == 2
    )


def test_another_requirements_pod_is_not_looked_at() -> None:
    other = fate("other", "live", NAMED[1])
    seen = history(other, before=[pod("other"), pod("twin")], exchanges=[delete("other", step=3)])
    assert list(breaches(seen, NAMED[0])) == []
    assert len(list(breaches(seen, NAMED[1]))) == 1
