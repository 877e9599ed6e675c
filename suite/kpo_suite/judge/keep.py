"""KEEP: no pod that is live, or not the reaper's to delete, is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.fates import Fate
from kpo_suite.history import Deletion, History
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.ledger import of_area


@judges(*of_area("KEEP"), "RESIST-CLOCK")
def live_and_kept_pods_survive(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each deletion of a pod that the scenario put under this requirement, and by a task it cost."""
    for fate in history.fates:
        if requirement not in fate.examines or fate.kind == "zombie":
            continue
        deletion = history.deleted(fate)
        if deletion is not None:
            yield Failure(
                observed=f"{deletion.exchange.method} {fate} committed at step {deletion.exchange.step}; {fate.why}.",
                because=knowledge(history, fate, deletion),
            )
    yield from tasks_that_ended_otherwise(history, requirement)


def tasks_that_ended_otherwise(history: History, requirement: str) -> Iterator[Failure]:
    """A failure for each task of a live world under this requirement that did not end as it had to."""
    for end in history.ends:
        if requirement in end.examines and end.actual != end.expected:
            yield Failure(observed=f"{end.task} ended {end.actual}; it had to end {end.expected}.")


def knowledge(history: History, fate: Fate, deletion: Deletion | None) -> str:
    """What the subject was shown of a pod, and what was true of it."""
    listed = history.listed(fate)
    if deletion is not None and listed is not None and listed.step > deletion.exchange.step:
        listed = None  # a sweep after the deed may show it terminating
    label = history.label(fate, "try_number")
    shown = (
        f"the reaper listed it at step {listed.step}" + (f" with try_number={label}" if label else "")
        if listed
        else "no LIST showed it to the reaper"
    )
    truth = f"its task instance {fate.task} was: {fate.truth}" if fate.task else "no task instance is named by it"
    precondition = ""
    if deletion is not None:
        body = deletion.exchange.request_json()
        given = body.get("preconditions") if isinstance(body, dict) else None
        precondition = "" if given else "; the DELETE carried no precondition"
    return f"{shown}; {truth}{precondition}."
