"""REAP: every zombie is deleted, or at least set terminating."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kpo_suite.fates import Fate
from kpo_suite.history import History
from kpo_suite.judge.keep import knowledge, tasks_that_ended_otherwise
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.ledger import of_area


@judges(*(each for each in of_area("REAP") if each != "REAP-CONVERGES"))
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


@judges("REAP-CONVERGES")
def zombies_go_once_faults_have_ended(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each zombie under this requirement that the sweeps after the last fault left."""
    yield from left_behind(history, [fate for fate in history.fates if requirement in fate.examines])


def left_behind(history: History, fates: Sequence[Fate]) -> Iterator[Failure]:
    """A failure for each zombie among these that can be asked for and is there after the sweeps without faults."""
    clean = [sweep for sweep in history.sweeps if not sweep.faulty]
    for fate in fates if clean else ():
        asked_for = history.expected is None or fate.pod in history.expected
        if fate.kind == "zombie" and asked_for and history.stayed(fate):
            yield Failure(
                observed=f"{fate} was still there {after(history)}; {fate.why}.",
                because=f"{what_was_injected(history)}; {knowledge(history, fate, None)}",
            )


def after(history: History) -> str:
    """How long a subject has had, as ``after 1 sweep without faults``."""
    clean = sum(not sweep.faulty for sweep in history.sweeps)
    return f"after {clean} sweep{'s' * (clean != 1)} without faults"


def what_was_injected(history: History) -> str:
    """The faults that the subject met, in words, with the steps at which it met them."""
    told = [f"{placement.point} {placement.form.what} at step {step.ordinal}" for step, placement in history.injected()]
    return ", ".join(told) or "no fault was injected"
