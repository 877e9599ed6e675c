"""RESIST: what a reaper does when it is repeated, broken off or not alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpo_suite.history import History, Sweep
from kpo_suite.judge import accounts
from kpo_suite.judge.keep import knowledge
from kpo_suite.judge.reap import left_behind, what_was_injected
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep


@judges("RESIST-REPEAT")
def the_second_sweep_writes_nothing(history: History, _: str) -> Iterator[Failure]:
    """Breached by each committed write after the sweeps that the subject needs to act, while nobody else acts.

    A lease that is renewed is no write to the world.
    """
    done = history.sweeps[: history.claims.sweeps]
    if not done:
        return
    last = done[-1].last_step
    for exchange in history.writes():
        if exchange.step > last and exchange.target.resource != "leases":
            yield Failure(
                observed=f"{exchange} in a later sweep over a world that nobody had changed.",
                because=f"the first sweep ended at step {last}.",
            )


@judges("RESIST-ANY-SINGLE-FAULT", "RESIST-CRASH")
def a_fault_costs_no_live_pod_and_no_sweep_after_it(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion of a live or kept pod, and after the last fault by a failing sweep and by zombies.

    What a sweep with faults in it returns, and whether it ends by itself, is for other requirements to say.
    """
    yield from live_pods_that_went(history)
    yield from later_sweeps_that_failed(history)
    yield from left_behind(history, history.fates)


@judges("RESIST-COMPANY")
def company_does_no_more_harm_than_one(history: History, _: str) -> Iterator[Failure]:
    """Breached as by a fault, by a sweep that fails for what others did, and by taking the credit for it.

    A sweep into which faults were put as well need not complete. Deletions are compared with what the subject reports
    where it claims to report them.
    """
    yield from live_pods_that_went(history)
    disturbed = any(history.injected())
    for sweep in (*history.faulty_sweeps, *history.company) if not disturbed else ():
        if not sweep.completed:
            yield Failure(
                observed=f"{_made_by(sweep)} {sweep.failure}.",
                because="another worked on the same pods at that time: what is gone already is nobody's failure.",
            )
    reporting = "accounting" in history.claims.features
    for sweep in (*history.faulty_sweeps, *history.company) if reporting else ():
        own = Counter(deletion.uid for deletion in of_sweep(history, sweep))
        told = {each.uid: each for each in accounts.deleted(sweep, history.claims.accounting)}
        for uid in Counter(each.uid for each in accounts.deleted(sweep, history.claims.accounting)) - own:
            yield Failure(
                observed=f"{_made_by(sweep)} reports that {told[uid].pod} was deleted, which another had done.",
                because="the API server carried out no DELETE of its own for that uid.",
            )
    yield from later_sweeps_that_failed(history)
    yield from left_behind(history, history.fates)


def live_pods_that_went(history: History) -> Iterator[Failure]:
    """A failure for each live or kept pod of the world that the subject, or a second one like it, deleted."""
    for fate in history.fates:
        deletion = history.deleted(fate) if fate.kind != "zombie" else None
        if deletion is not None:
            yield Failure(
                observed=f"{deletion.exchange.method} {fate} committed at step {deletion.exchange.step}; {fate.why}.",
                because=f"{what_was_injected(history)}; {knowledge(history, fate, deletion)}",
            )


def later_sweeps_that_failed(history: History) -> Iterator[Failure]:
    """A failure for each sweep after the faults that did not complete."""
    for sweep in history.sweeps:
        if not sweep.faulty and not sweep.completed:
            yield Failure(
                observed=f"Sweep {sweep.ordinal}, after the faults had ended, {sweep.failure}.",
                because=f"{what_was_injected(history)}.",
            )


def _made_by(sweep: Sweep) -> str:
    return f"Sweep {sweep.ordinal} of the {sweep.by}" if sweep.by else f"Sweep {sweep.ordinal}"
