"""The hash of a history tells stories apart, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, exchange, fate, history, listing, pod, sweep

from kpo_suite.fingerprint import fingerprint
from kpo_suite.history import History

ONE = {"preconditions": {"uid": "uid-a", "resourceVersion": "7"}}


def story(uid: str = "uid-a", version: str = "7", moment: str = "2026-11-20T06:00:00Z") -> History:
    """A sweep that lists, deletes pod ``a`` with preconditions and writes an event with a time in it."""
    body = {"preconditions": {"uid": uid, "resourceVersion": version}}
    return history(
        replace(fate("a", "zombie"), uid=uid),
        exchanges=[
            listing(pod("a"), step=3),
            delete("a", step=4, body=body),
            exchange("POST", "/api/v1/namespaces/airflow/events", step=5, status=201, body={"message": f"at {moment}"}),
        ],
    )


def test_uids_versions_and_times_as_such_do_not_matter() -> None:
    assert fingerprint(story()) == fingerprint(story("another-uid", "812", "2031-01-01 00:00:00.25+01:00"))
    assert len(fingerprint(story())) == 64


def test_which_pod_a_uid_means_matters() -> None:
    other = story()
    exchanges = [
        replace(each, request_body=each.request_body.replace(b"uid-a", b"uid-control")) for each in other.exchanges
    ]
    assert fingerprint(replace(other, exchanges=exchanges)) != fingerprint(story())


@pytest.mark.parametrize(
    "change",
    [
        lambda told: replace(told, sweeps=[sweep(exit_code=1)]),
        lambda told: replace(told, sweeps=[*told.sweeps, sweep(2)]),
        lambda told: replace(told, exchanges=told.exchanges[:-1]),
        lambda told: replace(told, exchanges=[*told.exchanges[:-1], replace(told.exchanges[-1], status=403)]),
        lambda told: replace(told, exchanges=[*told.exchanges[:-1], replace(told.exchanges[-1], query="dryRun=All")]),
        lambda told: replace(told, fates=[replace(told.fates[0], kind="live"), *told.fates[1:]]),
        lambda told: replace(told, after=[*told.after, pod("twin")]),
    ],
)
def test_what_happened_matters(change) -> None:  # type: ignore[no-untyped-def]
    assert fingerprint(change(story())) != fingerprint(story())


def test_continue_tokens_are_opaque() -> None:
    pages = [
        history(exchanges=[exchange("GET", "/api/v1/namespaces/airflow/pods", step=3, query=f"continue={token}")])
        for token in ("abc", "xyz", "")
    ]
    assert fingerprint(pages[0]) == fingerprint(pages[1]) != fingerprint(pages[2])


@pytest.mark.parametrize(("fault", "same"), [("LS3@list-pods-1", True), ("", False)])
def test_how_often_the_same_was_asked_matters_unless_a_fault_holds(fault: str, same: bool) -> None:
    faults = (fault,) if fault else ()
    page = replace(listing(pod("a"), step=3), faults=faults)
    once, thrice = (history(exchanges=[page] * count, twin_goes=False) for count in (1, 3))
    assert (fingerprint(once) == fingerprint(thrice)) is same


def test_a_question_that_was_not_answered_any_more_does_not_matter_while_a_fault_holds() -> None:
    page = replace(listing(pod("a"), step=3), faults=("LS3@list-pods-1",))
    unheard = replace(page, status=0, faults=())
    answered, broken_off = (history(exchanges=[page, last], twin_goes=False) for last in (page, unheard))
    assert fingerprint(answered) == fingerprint(broken_off)
    alone = history(exchanges=[unheard], twin_goes=False)
    assert fingerprint(alone) != fingerprint(answered)
