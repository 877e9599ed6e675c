"""REAP: every zombie is deleted, or at least set terminating."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History
from kpo_suite.judge.keep import knowledge, tasks_that_ended_otherwise
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.ledger import of_area


@judges(*of_area("REAP"))
def zombies_are_deleted(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each zombie under this requirement that is neither gone nor terminating after the last sweep."""
    for fate in history.fates:
        if requirement not in fate.examines or fate.kind != "zombie":
            continue
        if history.stayed(fate):
            count = len(history.sweeps)
            yield Failure(
                observed=f"{fate} was still there after {count} sweep{'s' * (count != 1)}; {fate.why}.",
                because=knowledge(history, fate, None),
            )
    yield from tasks_that_ended_otherwise(history, requirement)
