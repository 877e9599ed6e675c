"""RESIST: what a reaper does when it is repeated, broken off or not alone."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History
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
