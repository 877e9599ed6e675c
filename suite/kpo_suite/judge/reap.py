"""REAP: every zombie is deleted, or at least set terminating."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History
from kpo_suite.judge.keep import knowledge
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.ledger import of_area


@judges(*(identifier for identifier in of_area("REAP") if identifier != "REAP-CONVERGES"))
def zombies_are_deleted(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each zombie under this requirement that is neither gone nor terminating after the last sweep."""
    for fate in history.fates:
        if requirement not in fate.examines or fate.kind != "zombie":
            continue
        pod = history.pod(fate)
        if pod is not None and "deletionTimestamp" not in pod["metadata"]:
            count = len(history.sweeps)
            yield Failure(
                observed=f"{fate} was still there after {count} sweep{'s' * (count != 1)}; {fate.why}.",
                because=knowledge(history, fate, None),
            )
    for end in history.ends:
        if requirement in end.examines and end.actual != end.expected:
            yield Failure(observed=f"{end.task} ended {end.actual}; it had to end {end.expected}.")
