"""Daemons: how they stop, sleep, fail and take turns. RESIST-STOP, RESIST-PAUSE, RESIST-LOOP and LEAD-ONE."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import pairwise

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History, Sweep
from kpo_suite.judge.keep import knowledge
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.subjects.watch import Begin, Ended, Signalled

PATIENCE = 3
"""Sweeps in a row that fail before a daemon has to wait for longer."""
BACK_OFF = 2.0
"""Intervals that it has to wait for then, at least."""


@judges("RESIST-STOP")
def no_deletion_begins_after_sigterm_and_the_end_is_orderly(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion that begins after SIGTERM was delivered, by an exit code but 0, and by lateness."""
    within = history.claims.stop_within
    for sent in _signals(history, signal.SIGTERM):
        end = _end_after(history, sent)
        for exchange in _deletions(history):
            late = end is not None and exchange.began > end.at  # sent by whoever was started after it
            if exchange.by == sent.caller and exchange.step > sent.step and not late:
                yield Failure(
                    observed=f"{exchange} began after SIGTERM.",
                    because=f"the process had the signal before step {sent.step + 1}.",
                )
        if end is None or end.exit_code is None or end.at - sent.at > within:
            yield Failure(observed=f"The daemon had not ended {within:g} s after SIGTERM, as it states that it does.")
        elif end.exit_code != 0:
            yield Failure(observed=f"After SIGTERM the daemon {_ended(end)}.", because="a stop in good order is 0.")


@judges("RESIST-PAUSE")
def nothing_decided_before_a_long_stop_is_done_after_it(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each deletion after a stop for longer than the lease that no LIST since then has led to."""
    lease = history.claims.lease_seconds
    for stopped, continued in _stops(history):
        seconds = continued.at - stopped.at
        if seconds <= lease:
            continue
        anew = next((each.step for each in _first_pages(history, stopped.caller) if each.step > stopped.step), None)
        for exchange in _deletions(history):
            if exchange.by == stopped.caller and stopped.step < exchange.step and (not anew or exchange.step < anew):
                yield Failure(
                    observed=f"{exchange} was decided before the daemon was stopped for {seconds:.1f} s.",
                    because=f"it states {lease:g} s for its lease, and has listed no pods since.",
                )
    for fate in history.fates:
        deletion = history.deleted(fate) if requirement in fate.examines and fate.kind != "zombie" else None
        if deletion is not None:
            yield Failure(
                observed=f"{deletion.exchange.method} {fate} committed at step {deletion.exchange.step}; {fate.why}.",
                because=knowledge(history, fate, deletion),
            )


@judges("RESIST-LOOP")
def failing_sweeps_end_nothing_and_back_off(history: History, _: str) -> Iterator[Failure]:
    """Breached by an end of the daemon that nobody asked for, by the want of a next sweep, and by want of rest."""
    asked = {sent.caller for sent in (*_signals(history, signal.SIGTERM), *_signals(history, signal.SIGKILL))}
    for sweep in history.sweeps:
        for end in sweep.watch.ends if sweep.watch else ():
            if end.caller in asked:
                continue
            if end.exit_code is None:
                yield Failure(
                    observed=f"No sweep began and ended within {sweep.timeout:g} s in pass {sweep.ordinal}.",
                    because=_failed_before(history, sweep),
                )
            else:
                yield Failure(
                    observed=f"The daemon {_ended(end)} in pass {sweep.ordinal}.",
                    because=_failed_before(history, sweep),
                )
    for number, (begin, following) in _failing(history):
        pause, least = following.arrived - begin.admitted, BACK_OFF * history.claims.interval
        if number >= PATIENCE and pause < least:
            yield Failure(
                observed=f"After {number} failing sweeps in a row the next began {pause:.2f} s later.",
                because=f"its interval is {history.claims.interval:g} s, so it has not backed off to {least:g} s.",
            )


@judges("LEAD-ONE")
def only_the_holder_deletes_and_another_takes_over(history: History, _: str) -> Iterator[Failure]:
    """Breached by a deletion of a replica without the lease, and by a lease that is taken over too soon or too late."""
    taken = [each for each in history.writes() if each.target.resource == "leases"]
    for held, anew in pairwise(taken):
        seconds, lasts = anew.began - held.began, _lasts(held)
        if anew.by != held.by and anew.verb in ("update", "patch") and seconds < lasts:
            yield Failure(
                observed=f"Replica {anew.by or '1'} took the lease {seconds:.2f} s after its holder had renewed it.",
                because=f"replica {held.by or '1'} had it for {lasts:g} s from step {held.step} on.",
            )
    for exchange in _deletions(history):
        who = f"replica {exchange.by or '1'}"
        before = [each for each in taken if each.ended <= exchange.began]
        if not any(each.by == exchange.by for each in before):
            yield Failure(observed=f"{exchange} was sent by {who}, which had never taken the lease.")
        elif before[-1].by != exchange.by and all(
            each.by != exchange.by for each in taken if _meanwhile(each, exchange)
        ):
            yield Failure(
                observed=f"{exchange} was sent by {who}, and the lease was another's.",
                because=f"replica {before[-1].by or '1'} had taken it at step {before[-1].step}.",
            )
    within = history.claims.takeover_within
    for killed in _signals(history, signal.SIGKILL):
        holders = [each.by for each in taken if each.began < killed.at]
        if not holders or holders[-1] != killed.caller:
            continue
        after = [each.ended for each in taken if each.began > killed.at and each.by != killed.caller]
        if not after or after[0] - killed.at > within:
            yield Failure(
                observed=f"No other replica had taken the lease {within:g} s after its holder was killed.",
                because="that is the time which the reaper states.",
            )


def _signals(history: History, number: int) -> Iterator[Signalled]:
    for sweep in history.sweeps:
        for sent in sweep.watch.signals if sweep.watch else ():
            if sent.number == number:
                yield sent


def _stops(history: History) -> Iterator[tuple[Signalled, Signalled]]:
    """Each SIGSTOP with the SIGCONT that ended it."""
    for sweep in history.sweeps:
        sent = sweep.watch.signals if sweep.watch else ()
        for first, second in pairwise(sent):
            if (first.number, second.number, first.caller) == (signal.SIGSTOP, signal.SIGCONT, second.caller):
                yield first, second


def _end_after(history: History, sent: Signalled) -> Ended | None:
    ends = (end for sweep in history.sweeps if sweep.watch for end in sweep.watch.ends)
    return next((end for end in ends if end.caller == sent.caller and end.at >= sent.at), None)


def _ended(end: Ended) -> str:
    """How a process ended, as the end of a sentence."""
    code = end.exit_code or 0
    return f"died of signal {-code}" if code < 0 else f"ended with exit code {code}"


def _deletions(history: History) -> Iterator[Exchange]:
    """The requests that ask for a pod's deletion, whatever was answered."""
    for exchange in history.exchanges:
        if exchange.point in ("delete-pods", "deletecollection-pods", "create-pods.eviction"):
            yield exchange


def _first_pages(history: History, caller: str) -> Iterator[Exchange]:
    for exchange in history.requests(verb="list", resource="pods"):
        if exchange.by == caller and not exchange.parameters.get("continue"):
            yield exchange


def _failing(history: History) -> Iterator[tuple[int, tuple[Begin, Begin]]]:
    """The sweeps in whose steps a fault was injected, each with its number in a row and the begin that followed it."""
    begun = [(sweep, begin) for sweep in history.sweeps if sweep.watch for begin in sweep.watch.begins]
    number = 0
    for (sweep, begin), (_, following) in pairwise(begun):
        number = number + 1 if _is_hurt(history, sweep) else 0
        if number:
            yield number, (begin, following)


def _is_hurt(history: History, sweep: Sweep) -> bool:
    return any(sweep.holds(step.ordinal) for step, _ in history.injected())


def _failed_before(history: History, sweep: Sweep) -> str:
    hurt = [each.ordinal for each in history.sweeps if each.ordinal <= sweep.ordinal and _is_hurt(history, each)]
    return f"in pass {hurt[-1]} {history.plan.sentence}." if hurt else "nothing had been asked of it but to sweep."


def _lasts(write: Exchange) -> float:
    """For how many seconds the lease is held that was written; 0 where it was given back or deleted."""
    lease = write.truth.json()
    spec = lease.get("spec") if isinstance(lease, dict) else None
    return float(spec.get("leaseDurationSeconds") or 0) if spec and spec.get("holderIdentity") else 0.0


def _meanwhile(write: Exchange, deletion: Exchange) -> bool:
    """Whether the lease was written while the deletion was under way, so that it may have been held by then."""
    return write.began <= deletion.ended and write.ended > deletion.began
