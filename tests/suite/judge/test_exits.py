"""Exit codes against what requests were answered: 0 where something failed, another where nothing did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from histories import delete, exchange, history, listing, pod, sweep

from kpo_fixtures.faults import Placement, Step
from kpo_fixtures.gateways import Exchange
from kpo_fixtures.gateways.exchange import Answer
from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Claims

PODS = "/api/v1/namespaces/airflow/pods"
TALKED_OF = "a part of the sweep failed, and nobody hears of it."


def swept(*exchanges: Exchange, code: int | None = 0, **changes: Any) -> History:
    first = listing(step=1)
    return replace(history(), exchanges=[first, *exchanges], sweeps=[sweep(exit_code=code, steps=(1, 9))], **changes)


def told(*exchanges: Exchange, code: int | None = 0, **changes: Any) -> list[Failure]:
    return list(breaches(swept(*exchanges, code=code, **changes), "TELL-EXIT-CODE"))


def get(name: str, *, step: int, status: int = 200) -> Exchange:
    return exchange("GET", f"{PODS}/{name}", step=step, status=status, answer=pod(name))


def lost(name: str, *, step: int, carried_out: bool) -> Exchange:
    actual = Answer(status=200) if carried_out else None
    return replace(delete(name, step=step, status=0), response_body=b"", altered=True, actual=actual)


def injected(word: str, step: int) -> dict[str, Any]:
    placement = Placement.parse(word)
    return {"steps": [Step(ordinal=step, channel="kubernetes", point=placement.point, faults=(placement,))]}


def test_a_sweep_in_which_nothing_fails_ends_with_zero() -> None:
    assert told(delete("a", step=2), get("a", step=3, status=404)) == []
    [failure] = told(delete("a", step=2), code=3)
    assert failure.observed == "Sweep 1 ended with exit code 3 although nothing failed."
    assert failure.because == "every request was answered, and what was gone already was somebody else's work."
    assert len(told(delete("a", step=2), code=-9)) == 1
    assert told(delete("a", step=2), code=None) == []


@pytest.mark.parametrize("status", [400, 401, 403, 422, 429, 500, 503, 307])
def test_a_deletion_that_fails_is_heard_of(status: int) -> None:
    [failure] = told(delete("a", step=2, status=status))
    assert failure == Failure(
        observed=f"Sweep 1 ended with exit code 0; DELETE {PODS}/a at step 2 was answered HTTP {status}.",
        because=TALKED_OF,
    )
    assert told(delete("a", step=2, status=status), code=1) == []


@pytest.mark.parametrize("status", [403, 404, 410, 500, 0])
def test_a_list_is_whole_or_has_failed(status: int) -> None:
    failing = exchange("GET", "/api/v1/namespaces/batch/pods", step=2, status=status)
    assert len(told(failing)) == 1
    assert told(failing, code=1) == []
    again = exchange("GET", "/api/v1/namespaces/batch/pods", step=3, query="limit=500")
    assert told(failing, again) == []
    assert len(told(failing, listing(step=3))) == 1


def test_several_failures_are_counted() -> None:
    [failure] = told(*(delete(name, step=step, status=500) for step, name in enumerate("abc", 2)))
    assert failure.observed.endswith("/a at step 2 was answered HTTP 500 (2 more).")


def test_what_was_tried_again_with_success_is_overcome() -> None:
    for status in (200, 404, 409):
        again = [delete("a", step=2, status=500), delete("a", step=3, status=status)]
        assert told(*again) == []
        assert told(*again, **injected("DL5/500@delete-pods-1", 2), code=1) == []
    assert len(told(delete("a", step=2), delete("a", step=3, status=500))) == 1
    assert len(told(delete("a", step=2, status=500), delete("b", step=3))) == 1
    assert len(told(delete("a", step=2, status=500), delete("a", step=3, status=503))) == 1


def test_a_lost_reply_is_a_failure_until_somebody_looks() -> None:
    gone = lost("a", step=2, carried_out=True)
    [failure] = told(gone)
    assert failure.observed == f"Sweep 1 ended with exit code 0; DELETE {PODS}/a at step 2 was left without an answer."
    assert told(gone, get("a", step=3)) == []
    assert told(gone, get("a", step=3, status=404)) == []
    assert told(gone, listing(step=3)) == []
    assert told(gone, get("a", step=3), code=1) == []
    assert len(told(gone, get("b", step=3))) == 1
    assert len(told(gone, get("a", step=3, status=500))) == 1
    assert len(told(gone, exchange("GET", "/api/v1/namespaces/batch/pods", step=3))) == 1
    assert told(gone, exchange("GET", "/api/v1/pods", step=3)) == []


def test_what_was_not_carried_out_is_a_failure_whoever_looks() -> None:
    kept = lost("a", step=2, carried_out=False)
    assert len(told(kept, get("a", step=3))) == 1
    assert len(told(kept, listing(step=3))) == 1
    assert told(kept, get("a", step=3, status=404)) == []


def test_a_failed_look_is_one() -> None:
    assert len(told(get("a", step=2, status=500))) == 1
    assert told(get("a", step=2, status=500), get("a", step=3)) == []
    assert told(get("a", step=2, status=404)) == []


def test_only_requests_about_pods_count_for_zero_and_all_against_another_code() -> None:
    event = exchange("POST", "/api/v1/namespaces/airflow/events", step=2, status=403)
    assert told(event) == []
    assert told(event, code=1) == []


def test_only_the_sweeps_own_requests_count() -> None:
    sweeps = [sweep(1, steps=(1, 2)), sweep(2, exit_code=1, steps=(3, 4))]
    found = replace(swept(delete("a", step=3, status=500)), sweeps=sweeps)
    assert list(breaches(found, "TELL-EXIT-CODE")) == []
    turned = [sweep(1, exit_code=1, steps=(1, 2)), sweep(2, steps=(3, 4))]
    both = list(breaches(replace(found, sweeps=turned), "TELL-EXIT-CODE"))
    assert [each.observed.split(";")[0] for each in both] == [
        "Sweep 1 ended with exit code 1 although nothing failed.",
        "Sweep 2 ended with exit code 0",
    ]


def conflict(message: str) -> Exchange:
    return exchange("DELETE", f"{PODS}/a", step=2, status=409, answer={"kind": "Status", "message": message})


@pytest.mark.parametrize(
    "message",
    [
        "the UID in the precondition (1) does not match the UID in record (2).",
        "Precondition failed: UID in precondition: 1, UID in object meta: 2",
    ],
)
def test_a_pod_that_is_another_one_is_no_failure(message: str) -> None:
    assert told(conflict(message)) == []
    assert len(told(conflict(message), code=1)) == 1


def test_a_pod_that_changed_may_be_called_one() -> None:
    changed = conflict("the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (2).")
    assert told(changed) == []
    assert told(changed, code=1) == []


@pytest.mark.parametrize(("word", "count"), [("DL7/gone@delete-pods-1", 1), ("LS9@list-pods-1", 0)])
def test_a_change_of_the_world_is_no_failure_and_an_untrue_answer_may_be(word: str, count: int) -> None:
    assert len(told(delete("a", step=2, status=404), code=1, **injected(word, 2))) == count
    assert len(told(delete("a", step=2, status=404), code=1, **injected(word, 10))) == 1


def test_what_an_earlier_sweep_met_may_last_until_faults_end() -> None:
    met = injected("DL5/500@delete-pods-1", 2)
    for faulty, count in ((True, 0), (False, 1)):
        second = replace(sweep(2, exit_code=1, steps=(10, 19)), faulty=faulty)
        found = replace(swept(), sweeps=[replace(sweep(), faulty=True), second], **met)
        assert len(list(breaches(found, "TELL-EXIT-CODE"))) == count


@pytest.mark.parametrize(
    ("seconds", "options", "claims", "count"),
    [
        (4.1, ("impatient",), Claims(deadline=4), 0),
        (3.9, ("impatient",), Claims(deadline=4), 1),
        (4.1, (), Claims(deadline=4), 1),
        (4.1, ("impatient",), Claims(), 1),
    ],
)
def test_who_was_told_to_end_in_time_may_have_left_a_part(
    seconds: float, options: tuple[str, ...], claims: Claims, count: int
) -> None:
    slow = replace(sweep(exit_code=1, steps=(1, 9)), seconds=seconds, options=options)
    found = replace(swept(delete("a", step=2)), sweeps=[slow], claims=claims)
    assert len(list(breaches(found, "TELL-EXIT-CODE"))) == count


def test_a_refusal_that_was_due_is_no_failure() -> None:
    refusing: Sweep = replace(sweep(exit_code=2), refused=True)
    assert list(breaches(replace(swept(), sweeps=[refusing]), "TELL-EXIT-CODE")) == []
