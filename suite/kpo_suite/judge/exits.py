"""TELL-EXIT-CODE: what a sweep returns is measured against what its requests were answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpo_fixtures.faults import Effect
from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History, Sweep
from kpo_suite.judge.pacing import stated_time
from kpo_suite.judge.rules import Failure, judges

_GONE = (404, 410)
_CONFLICT = 409
_OTHER_UID = re.compile(rb"UID in (the )?precondition")
"""What the API server says where the pod of that name is another one (apiserver pkg/registry/rest/delete.go, and
pkg/storage/interfaces.go where it came in between)."""


@judges("TELL-EXIT-CODE")
def the_exit_code_says_whether_a_part_failed(history: History, _: str) -> Iterator[Failure]:
    """Breached by exit code 0 where a request about pods failed for good, and by another one where nothing failed.

    Either is honest where the subject may have overcome a fault: where a lost reply was looked up, where a pod changed,
    and where the fault was on the side of Airflow; and another one where the subject's time was up, as it may be on a
    slow machine. A sweep that hung ended with no code at all.
    """
    for sweep in history.sweeps:
        asked = [each for each in history.requests(resource="pods") if sweep.holds(each.step)]
        failed = [each for number, each in enumerate(asked) if _failed(each) and not _overcome(each, asked[number:])]
        if sweep.exit_code == 0 and failed:
            more = f" ({len(failed) - 1} more)" if len(failed) > 1 else ""
            yield Failure(
                observed=f"Sweep {sweep.ordinal} ended with exit code 0; {_told(failed[0])}{more}.",
                because="a part of the sweep failed, and nobody hears of it.",
            )
        elif sweep.exit_code and not _may_fail(history, sweep):
            yield Failure(
                observed=f"Sweep {sweep.ordinal} ended with exit code {sweep.exit_code} although nothing failed.",
                because="every request was answered, and what was gone already was somebody else's work.",
            )


def _failed(exchange: Exchange) -> bool:
    """Whether the answer, as the subject was given it, says that the request was not carried out, or is none."""
    if exchange.verb == "list":
        return exchange.status != 200
    return not (200 <= exchange.status < 300 or exchange.status in _GONE or exchange.status == _CONFLICT)


def _overcome(exchange: Exchange, later: Sequence[Exchange]) -> bool:
    """Whether the same was asked again with success, or the subject saw that what it wanted to go has gone."""
    for other in later:
        if _failed(other):
            continue
        if (other.method, other.path) == (exchange.method, exchange.path):
            return True
        if exchange.verb != "list" and _looked(exchange, other):
            return other.status in _GONE or 200 <= exchange.truth.status < 300
    return False


def _looked(exchange: Exchange, other: Exchange) -> bool:
    """Whether a later request looked for the pod that this one was about."""
    if other.verb == "list":
        return other.target.namespace in ("", exchange.target.namespace)
    asked, read = exchange.target, other.target
    return other.verb == "get" and (asked.namespace, asked.name) == (read.namespace, read.name)


def _may_fail(history: History, sweep: Sweep) -> bool:
    """Whether another exit code than 0 may be right: a refusal was due, time was up, or something failed."""
    stated = stated_time(history, sweep)
    time_was_up = stated is not None and sweep.seconds >= stated
    return sweep.refused or time_was_up or not _was_smooth(history, sweep)


def _was_smooth(history: History, sweep: Sweep) -> bool:
    """Whether only the world changed in the sweep, and no answer was an error but that a pod is gone.

    What was put into an earlier sweep may last until faults end, and a connection that fails is no exchange.
    """
    effects = {
        placement.form.effect
        for step, placement in history.injected()
        if step.ordinal <= sweep.last_step and (sweep.first_step <= step.ordinal or sweep.faulty)
    }
    return effects <= {Effect.WORLD} and all(_is_fine(each) for each in history.exchanges if sweep.holds(each.step))


def _is_fine(exchange: Exchange) -> bool:
    if exchange.status == _CONFLICT:
        return bool(_OTHER_UID.search(exchange.response_body))
    return not _failed(exchange)


def _told(exchange: Exchange) -> str:
    answer = f"was answered HTTP {exchange.status}" if exchange.status else "was left without an answer"
    return f"{exchange.method} {exchange.path} at step {exchange.step} {answer}"
