"""RESIST: what a reaper does when it is repeated, broken off or not alone."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History
from kpo_suite.judge.keep import knowledge
from kpo_suite.judge.reap import left_behind, what_was_injected
from kpo_suite.judge.rules import Failure, judges


@judges("RESIST-REPEAT")
def the_second_sweep_writes_nothing(history: History, _: str) -> Iterator[Failure]:
    """Breached by each committed write after the sweeps that the subject needs to act, while nobody else acts."""
    done = history.sweeps[: history.claims.sweeps]
    if not done:
        return
    last = done[-1].last_step
    for exchange in history.writes():
        if exchange.step > last:
            yield Failure(
                observed=f"{exchange} in a later sweep over a world that nobody had changed.",
                because=f"the first sweep ended at step {last}.",
            )


@judges("RESIST-ANY-SINGLE-FAULT", "RESIST-CRASH")
def a_fault_costs_no_live_pod_and_no_sweep_after_it(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion of a live or kept pod, and after the last fault by a failing sweep and by zombies.

    What a sweep with faults in it returns, and whether it ends by itself, is for other requirements to say.
    """
    for fate in history.fates:
        deletion = history.deleted(fate) if fate.kind != "zombie" else None
        if deletion is not None:
            yield Failure(
                observed=f"{deletion.exchange.method} {fate} committed at step {deletion.exchange.step}; {fate.why}.",
                because=f"{what_was_injected(history)}; {knowledge(history, fate, deletion)}",
            )
    for sweep in history.sweeps:
        if not sweep.faulty and not sweep.completed:
            yield Failure(
                observed=f"Sweep {sweep.ordinal}, after the faults had ended, {sweep.failure}.",
                because=f"{what_was_injected(history)}.",
            )
    yield from left_behind(history, history.fates)
