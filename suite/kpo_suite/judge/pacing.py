"""API: how long a reaper waits for an API server, and how long it leaves one alone that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import Failure, judges

ALLOWANCE = 3.0
"""Seconds beyond its stated time that a sweep or a request is given: processes begin and end on a busy machine."""
PATIENCE = 5.0
"""Seconds for which a sweep waits that goes on afterwards; a longer pause may end it."""
TOLERANCE = 0.05
"""Seconds by which a pause may be too short: the subject and the gateway count from different moments."""


@judges("API-RETRY-AFTER")
def pauses_are_kept_and_have_an_end(history: History, _: str) -> Iterator[Failure]:
    """Breached by a request within the pause that an earlier answer of the sweep asked for, and by none after it."""
    for sweep in history.faulty_sweeps:
        asked = [each for each in history.exchanges if sweep.holds(each.step)]
        for exchange in asked:
            if exchange.pause is None:
                continue
            # A request that was under way at the same time could not know of the pause.
            later = [each for each in asked if each.step > exchange.step and each.began >= exchange.ended]
            early = [each for each in later if each.began < exchange.ended + exchange.pause - TOLERANCE]
            if early:
                yield Failure(
                    observed=f"{early[0]} came {early[0].began - exchange.ended:.2f} s after {exchange}, which had "
                    f"asked for a pause of {exchange.pause:.2f} s.",
                    because="Retry-After is for the whole reaper: the server has too much to do.",
                )
            elif not later and exchange.pause <= PATIENCE:
                yield Failure(
                    observed=f"Sweep {sweep.ordinal} sent nothing more after {exchange} had asked for a pause of "
                    f"{exchange.pause:.2f} s.",
                    because="a pause is no end: the request was to be sent again.",
                )


@judges("API-DEADLINE")
def sweeps_and_requests_end_in_time(history: History, _: str) -> Iterator[Failure]:
    """Breached by a sweep, and by a request where the subject states a time for each, that goes on beyond its time."""
    stated = history.claims.request_timeout
    for sweep in history.faulty_sweeps:
        late = overdue(history, sweep)
        if late:
            faults = ", and ".join(
                sorted({str(each) for step, each in history.injected() if sweep.holds(step.ordinal)})
            )
            yield Failure(
                observed=f"Sweep {sweep.ordinal} {late}.",
                because=f"the server kept it waiting ({faults or 'by no fault of ours'}).",
            )
        if stated is None or "impatient" not in sweep.options:
            continue
        for exchange in history.exchanges:
            took = exchange.ended - exchange.began
            if sweep.holds(exchange.step) and took > stated + ALLOWANCE:
                yield Failure(
                    observed=f"{exchange} was waited for for {took:.1f} s.",
                    because=f"the reaper states to end each request within {stated:g} s.",
                )


def stated_time(history: History, sweep: Sweep) -> float | None:
    """Seconds within which the subject states to end a sweep; None for one that was not asked to be impatient."""
    return history.claims.deadline if "impatient" in sweep.options else None


def overdue(history: History, sweep: Sweep) -> str:
    """How a sweep went on beyond its time, as the end of a sentence; empty if it did not.

    Its time is the stated one where it was asked to be impatient, and else that after which it is killed.
    """
    if sweep.exit_code is None:
        return f"hung: it was still running after {sweep.timeout:g} s and was killed"
    stated = stated_time(history, sweep)
    if stated is not None and sweep.seconds > stated + ALLOWANCE:
        return f"took {sweep.seconds:.1f} s although it states to end within {stated:g} s"
    return ""
