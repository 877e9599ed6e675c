"""RESIST-STOP, RESIST-PAUSE, RESIST-LOOP and LEAD-ONE: what is a breach of each, and what is none."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

import pytest
from histories import delete, exchange, fate, history, listing, sweep

from kpo_fixtures.faults import Placement, Step
from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import breaches
from kpo_suite.subjects.reaper_file import Claims
from kpo_suite.subjects.watch import Begin, Ended, Signalled, Watch

CLAIMS = Claims(interval=0.5, stop_within=2.0, lease_seconds=1.0, takeover_within=3.0)
LEASE = "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/reaper"


def at(moment: float, found: Exchange, *, by: str = "") -> Exchange:
    return replace(found, began=moment, ended=moment + 0.1, by=by)


def sent(number: int, *, step: int = 2, at: float = 10.0, caller: str = "") -> Signalled:
    return Signalled(number=number, caller=caller, step=step, at=at)


def ended(code: int | None = 0, *, at: float = 11.0, caller: str = "") -> Ended:
    return Ended(caller=caller, exit_code=code, at=at)


def watched(ordinal: int = 1, **watch: Any) -> Sweep:
    return replace(sweep(ordinal), watch=Watch(**watch), faulty=True)


def judged(requirement: str, *exchanges: Exchange, sweeps: list[Sweep], **more: Any) -> list[str]:
    found = History(fates=more.pop("fates", []), sweeps=sweeps, exchanges=exchanges, claims=CLAIMS, **more)
    return [failure.observed for failure in breaches(found, requirement)]


def test_a_stop_in_good_order_is_none() -> None:
    before, of_the_next = at(9, delete("a", step=2)), at(12, delete("b", step=7))
    stopped = watched(signals=(sent(signal.SIGTERM),), ends=(ended(),))
    assert judged("RESIST-STOP", before, of_the_next, sweeps=[stopped]) == []


@pytest.mark.parametrize("status", [200, 409])
def test_a_deletion_that_begins_after_sigterm_is_a_breach_however_it_ends(status: int) -> None:
    evicted = exchange("POST", "/api/v1/namespaces/airflow/pods/b/eviction", step=4, status=status)
    stopped = watched(signals=(sent(signal.SIGTERM),), ends=(ended(),))
    found = judged("RESIST-STOP", at(10.2, delete("a", step=3, status=status)), at(10.4, evicted), sweeps=[stopped])
    assert found == [
        f"delete pods airflow/a at step 3 (HTTP {status}) began after SIGTERM.",
        f"create pods/eviction airflow/b at step 4 (HTTP {status}) began after SIGTERM.",
    ]


def test_what_another_replica_deletes_is_not_that_of_who_is_to_stop() -> None:
    stopped = watched(signals=(sent(signal.SIGTERM),), ends=(ended(),))
    assert judged("RESIST-STOP", at(10.2, delete("a", step=3), by="2"), sweeps=[stopped]) == []


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((), "The daemon had not ended 2 s after SIGTERM, as it states that it does."),
        ((ended(None),), "The daemon had not ended 2 s after SIGTERM, as it states that it does."),
        ((ended(at=12.5),), "The daemon had not ended 2 s after SIGTERM, as it states that it does."),
        ((ended(143),), "After SIGTERM the daemon ended with exit code 143."),
        ((ended(-15),), "After SIGTERM the daemon died of signal 15."),
    ],
)
def test_an_end_that_is_late_or_no_success_is_a_breach(ends: tuple[Ended, ...], said: str) -> None:
    assert judged("RESIST-STOP", sweeps=[watched(signals=(sent(signal.SIGTERM),), ends=ends)]) == [said]


def test_another_signal_asks_for_no_stop() -> None:
    assert judged("RESIST-STOP", sweeps=[watched(signals=(sent(signal.SIGKILL),), ends=(ended(-9),))]) == []


def stop(seconds: float) -> Sweep:
    return watched(signals=(sent(signal.SIGSTOP), sent(signal.SIGCONT, step=3, at=10 + seconds)))


def test_a_deletion_after_a_long_stop_needs_another_list() -> None:
    page = replace(listing(step=4), query="limit=5&continue=abc")
    found = judged(
        "RESIST-PAUSE",
        listing(step=1),
        page,
        delete("a", step=5),
        listing(step=6),
        delete("b", step=7),
        sweeps=[stop(1.5)],
    )
    assert found == ["delete pods airflow/a at step 5 (HTTP 200) was decided before the daemon was stopped for 1.5 s."]


def test_without_any_list_since_every_deletion_is_a_breach() -> None:
    assert len(judged("RESIST-PAUSE", delete("a", step=5), delete("b", step=6), sweeps=[stop(1.5)])) == 2


def test_what_was_on_its_way_before_and_what_others_did_is_none() -> None:
    other = replace(delete("b", step=5), by="2")
    assert judged("RESIST-PAUSE", delete("a", step=2), other, sweeps=[stop(1.5)]) == []


def test_a_short_stop_changes_nothing() -> None:
    assert judged("RESIST-PAUSE", delete("a", step=5), sweeps=[stop(1.0)]) == []


def test_the_list_of_another_replica_is_not_its_own() -> None:
    assert len(judged("RESIST-PAUSE", replace(listing(step=4), by="2"), delete("a", step=5), sweeps=[stop(1.5)])) == 1


def test_a_pod_that_became_live_meanwhile_must_stay() -> None:
    live, zombie, other = fate("a", "live", "RESIST-PAUSE"), fate("b", "zombie", "RESIST-PAUSE"), fate("c", "live")
    exchanges = [delete(name, step=number) for number, name in enumerate("abc", 5)]
    found = history(live, zombie, other, exchanges=[listing(step=4), *exchanges], sweeps=[stop(1.5)])
    assert [each.observed for each in breaches(replace(found, claims=CLAIMS), "RESIST-PAUSE")] == [
        "DELETE airflow/a (uid uid-..) committed at step 5; a is live."
    ]


def failing(*pauses: float, hurt: int) -> tuple[list[Sweep], list[Step]]:
    """Sweeps that begin so many seconds after each other, the first of them ``hurt`` by a fault."""
    moment, sweeps, steps = 0.0, [], []
    for number, pause in enumerate((0.0, *pauses), 1):
        moment += pause
        begin = Begin(caller="", arrived=moment, admitted=moment)
        one = replace(watched(number, begins=(begin,)), first_step=number, last_step=number)
        sweeps.append(one)
        placement = Placement.parse(f"LS5/500@list-pods-{number}")
        faults = (placement,) if number <= hurt else ()
        steps.append(Step(ordinal=number, channel="kubernetes", point=placement.point, faults=faults))
    return sweeps, steps


def test_who_backs_off_by_the_third_failure_does() -> None:
    sweeps, steps = failing(0.5, 0.5, 1.0, 1.0, 0.5, hurt=4)
    assert judged("RESIST-LOOP", sweeps=sweeps, steps=steps) == []


@pytest.mark.parametrize("pause", [0.0, 0.5, 0.99])
def test_who_does_not_is_in_breach(pause: float) -> None:
    sweeps, steps = failing(0.5, 0.5, pause, hurt=3)
    found = judged("RESIST-LOOP", sweeps=sweeps, steps=steps)
    assert found == [f"After 3 failing sweeps in a row the next began {pause:.2f} s later."]


def test_a_success_between_two_failures_starts_the_count_anew() -> None:
    sweeps, steps = failing(0.1, 0.1, 0.1, 0.1, 0.1, hurt=6)
    steps[2] = replace(steps[2], faults=())
    found = judged("RESIST-LOOP", sweeps=sweeps, steps=steps)
    assert found == []
    assert len(judged("RESIST-LOOP", sweeps=sweeps, steps=[*steps[:2], replace(steps[3], ordinal=3), *steps[3:]])) == 3


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "No sweep began and ended within 5 s in pass 2."),
        (1, "The daemon ended with exit code 1 in pass 2."),
        (-11, "The daemon died of signal 11 in pass 2."),
        (0, "The daemon ended with exit code 0 in pass 2."),
    ],
)
def test_an_end_that_nobody_asked_for_is_a_breach(code: int | None, said: str) -> None:
    assert judged("RESIST-LOOP", sweeps=[watched(), watched(2, ends=(ended(code),))]) == [said]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_that_was_asked_for_is_none(number: int) -> None:
    assert judged("RESIST-LOOP", sweeps=[watched(signals=(sent(number),), ends=(ended(-number),))]) == []


def lease(step: int, moment: float, *, by: str = "", status: int = 200) -> Exchange:
    return at(moment, exchange("PUT", LEASE, step=step, status=status), by=by)


def test_who_has_taken_the_lease_deletes() -> None:
    turns = [lease(1, 1), at(2, delete("a")), lease(3, 3, by="2"), at(4, delete("b", step=4), by="2")]
    assert judged("LEAD-ONE", *turns, sweeps=[watched()]) == []


def test_who_never_took_it_must_not() -> None:
    found = judged("LEAD-ONE", lease(1, 1, status=409), at(2, delete("a")), sweeps=[watched()])
    assert found == [
        "delete pods airflow/a at step 2 (HTTP 200) was sent by replica 1, which had never taken the lease."
    ]


def test_whose_lease_is_anothers_must_not() -> None:
    turns = [lease(1, 1), lease(2, 2, by="2"), at(3, delete("a", step=3))]
    assert judged("LEAD-ONE", *turns, sweeps=[watched()]) == [
        "delete pods airflow/a at step 3 (HTTP 200) was sent by replica 1, and the lease was another's."
    ]


def test_a_lease_that_is_taken_while_the_deletion_is_under_way_may_have_come_first() -> None:
    turns = [lease(1, 1), lease(2, 2, by="2"), lease(3, 2.95), at(3, delete("a", step=4))]
    assert judged("LEAD-ONE", *turns, sweeps=[watched()]) == []


def held(found: Exchange, holder: str = "reaper", *, seconds: int = 2) -> Exchange:
    spec = {"holderIdentity": holder, "leaseDurationSeconds": seconds}
    return replace(found, response_body=json.dumps({"kind": "Lease", "spec": spec}).encode())


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (
            held(lease(1, 1)),
            held(lease(2, 2.5, by="2")),
            ["Replica 2 took the lease 1.50 s after its holder had renewed it."],
        ),
        (
            held(lease(1, 1)),
            held(replace(lease(2, 1.25, by="2"), method="PATCH")),
            ["Replica 2 took the lease 0.25 s after its holder had renewed it."],
        ),
        (held(lease(1, 1)), held(lease(2, 3, by="2")), []),
        (held(lease(1, 1)), held(lease(2, 1.5)), []),
        (held(lease(1, 1), ""), held(lease(2, 1.5, by="2")), []),
        (lease(1, 1), held(lease(2, 1.5, by="2")), []),
        (held(lease(1, 1)), at(1.5, exchange("POST", LEASE.rpartition("/")[0], step=2, status=201), by="2"), []),
    ],
    ids=["too soon", "by a patch", "in time", "its own", "given back", "of unknown length", "made anew"],
)
def test_a_lease_that_is_held_must_not_be_taken(first: Exchange, second: Exchange, said: list[str]) -> None:
    assert judged("LEAD-ONE", first, second, sweeps=[watched()]) == said


@pytest.mark.parametrize(("taken", "breached"), [(12.0, False), (13.5, True), (None, True)])
def test_another_takes_over_in_the_stated_time(taken: float | None, breached: bool) -> None:
    killed = watched(signals=(sent(signal.SIGKILL),), ends=(ended(-9),))
    after = [] if taken is None else [lease(5, taken, by="2")]
    found = judged("LEAD-ONE", lease(1, 1), *after, sweeps=[killed])
    assert found == ["No other replica had taken the lease 3 s after its holder was killed."] * breached


def test_nobody_takes_over_from_who_held_nothing() -> None:
    killed = watched(signals=(sent(signal.SIGKILL),), ends=(ended(-9),))
    assert judged("LEAD-ONE", lease(1, 1, by="2"), sweeps=[killed]) == []
