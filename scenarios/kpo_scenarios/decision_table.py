"""What must become of a pod, as a table: ordered rows of conditions over named dimensions, of which the first fits.

It is data about requirements and knows no reaper: ``replay.enumerated`` makes worlds of it, and a test proves that each
combination of the dimensions has exactly one first row. A combination on which the ledger is silent or of two minds is
``undecided`` there; no world holds it.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from kpo_fixtures.airflow.states import STATES
from kpo_suite.fates import FINISHED, FateKind

Decision: TypeAlias = FateKind | Literal["undecided"]

NULL = "NULL"
UNKNOWN = "hibernating"
"""A state that no Airflow has."""
NO_ROW = "no row"
WHILE_DEFERRED = "-while-deferred"
"""Ends the word for a task instance that was deferred when it was finished."""
COUNTED_AT_START = ("2.7", "2.8", "2.9")
"""The generations in which such a row shows one try less, and so does one that is deferred."""
REMEMBERS_PODS = ("3.3",)
"""The generations in which a task instance remembers its pod (task_state_store, key pod_identifier)."""


class Situation(NamedTuple):
    """One combination: all that a pod's fate depends on."""

    phase: str
    deletion: str
    owner: str
    labels: str
    age: str
    state: str
    attempt: str
    scope: str
    airflow: str


_FINISHED = tuple(sorted(FINISHED))
_DEFERRED_ENDS = tuple(f"{state}{WHILE_DEFERRED}" for state in ("failed", "skipped", "success"))
"""What the UI, the timeout of a run and a deferred task's timeout make of it."""
_UNFINISHED = tuple(sorted({state or NULL for states in STATES.values() for state in states.unfinished}))

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "phase": ("Pending", "Running", "Succeeded", "Failed", "Unknown"),
    "deletion": ("none", "asked"),
    "owner": ("none", "plain", "controller"),
    "labels": (
        "own",
        "foreign",
        "worker",
        "checked",
        "opted-out",
        "malformed-try",
        "malformed-map-index",
        "malformed-id",
    ),
    "age": ("young", "old"),
    "state": (*_FINISHED, *_DEFERRED_ENDS, *_UNFINISHED, UNKNOWN, NO_ROW),
    "attempt": ("current", "older", "overtaken", "remembered"),
    "scope": ("shared", "exclusive"),
    "airflow": tuple(STATES),
}
"""Every value of every dimension.

``deletion`` tells whether somebody has asked for the pod's end, ``labels`` whether they are KPO's own or what is odd
about them (an opt-out annotation counts as one), ``age`` whether the pod is younger or older than every age that the
subject states. ``attempt`` relates the pod's try to the task instance's: the ``current`` one, an ``older`` one without
any newer pod, an older one ``overtaken`` by a newer pod, an older one whose pod the task instance ``remembered``.
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Conditions, and the fate where all of them hold. ``when`` maps a dimension to the values that it may have."""

    fate: Decision
    requirement: str
    """The id in the ledger; empty where undecided."""
    why: str
    when: Mapping[str, frozenset[str]]

    def fits(self, situation: Situation) -> bool:
        """Whether every condition holds."""
        return all(getattr(situation, name) in values for name, values in self.when.items())


def _row(fate: Decision, requirement: str, why: str, **when: str | tuple[str, ...]) -> Row:
    values = {name: frozenset((value,) if isinstance(value, str) else value) for name, value in when.items()}
    return Row(fate=fate, requirement=requirement, why=why, when=values)


_ENDED = ("Succeeded", "Failed")
_ENDS = (*_FINISHED, *_DEFERRED_ENDS)
_OLDER = ("older", "remembered")

TABLE: tuple[Row, ...] = (
    # What the pod itself says.
    _row("kept", "KEEP-NOT-KPO", "KubernetesPodOperator did not make it", labels="foreign"),
    _row("kept", "KEEP-WORKER", "it is a worker of KubernetesExecutor", labels="worker"),
    _row("kept", "KEEP-CONTROLLED", "its controller runs it", owner="controller"),
    _row("kept", "DELETE-ONCE", "somebody has asked for its end already", deletion="asked"),
    _row("kept", "KEEP-OPTED-OUT", "its annotation asks to keep it", labels="opted-out"),
    _row("kept", "KEEP-RETAINED", "its author asked to keep it for debugging", labels="checked"),
    _row(
        "kept",
        "KEEP-MALFORMED",
        "its labels name no task instance",
        labels=("malformed-try", "malformed-map-index", "malformed-id"),
    ),
    # No task instance fits.
    _row("kept", "KEEP-FOREIGN-DEPLOYMENT", "another Airflow may have made it", state=NO_ROW, scope="shared"),
    _row("live", "KEEP-YOUNG", "its row may not be committed yet", state=NO_ROW, age="young"),
    _row("zombie", "REAP-ROWLESS", "its row was deleted, and the scope is this Airflow's alone", state=NO_ROW),
    # The task instance is not over.
    _row("live", "KEEP-UNKNOWN-STATE", "its task is in a state that may come to life again", state=UNKNOWN),
    _row(
        "undecided",
        "",
        "KEEP-RESUMING keeps an ended pod of an unfinished task, REAP-OVERTAKEN deletes one of an older try",
        attempt="overtaken",
        state="running",
        phase=_ENDED,
    ),
    _row("zombie", "REAP-OVERTAKEN", "the next try runs on a pod of its own", attempt="overtaken", state="running"),
    _row(
        "undecided",
        "",
        "a newer try that is deferred has its own pod, but it is not the one that runs",
        attempt="overtaken",
        state="deferred",
    ),
    _row("live", "KEEP-RESUMING", "its task has not read its result yet", state=_UNFINISHED, phase=_ENDED),
    _row(
        "live",
        "KEEP-DEFERRED-OFF-BY-ONE",
        "its task comes back to it, though the row shows one try less",
        state=("deferred", "up_for_reschedule"),
        attempt="current",
        airflow=COUNTED_AT_START,
    ),
    _row("live", "KEEP-REATTACHED", "the next try runs on it", state=("running", "deferred"), attempt=_OLDER),
    _row(
        "live",
        "KEEP-AWAITING-REATTACH",
        "the retry that is still to come will adopt it",
        state=("up_for_retry", "scheduled", "queued"),
        attempt=_OLDER,
    ),
    _row("live", "KEEP-UNFINISHED", "its task is not over", state=_UNFINISHED),
    # The task instance is over.
    _row(
        "undecided",
        "",
        "nothing says that an ended pod of a finished task must be kept until the stated age",
        state=_ENDS,
        phase=_ENDED,
        age="young",
    ),
    _row("zombie", "REAP-TERMINAL-PHASE", "its task is over and so is it, for long", state=_ENDS, phase=_ENDED),
    _row("zombie", "REAP-DEFERRED-KILL", "its task was finished while deferred", state=_DEFERRED_ENDS),
    _row("zombie", "REAP-PENDING", "its task is over and it has not begun", state=_FINISHED, phase="Pending"),
    _row("zombie", "REAP-FINISHED", "its task is over", state=_FINISHED, phase="Running"),
    _row("zombie", "REAP-NODE-LOST", "its task is over, and so is its node", state=_FINISHED, phase="Unknown"),
)


@functools.cache
def decide(situation: Situation) -> Row:
    """The first row that fits. Raises StopIteration where none does, which a test excludes."""
    return next(row for row in TABLE if row.fits(situation))


def states(airflow: str) -> tuple[str, ...]:
    """The values of ``state`` that there are in a generation."""
    known = {state or NULL for state in STATES[airflow].all} | {UNKNOWN, NO_ROW}
    known |= set(_DEFERRED_ENDS) if airflow in COUNTED_AT_START else set()
    return tuple(state for state in DIMENSIONS["state"] if state in known)


def truths(airflow: str) -> Iterator[tuple[str, str]]:
    """State and attempt in each combination that can be in a generation: without a row there is no try to relate to."""
    for state in states(airflow):
        for attempt in DIMENSIONS["attempt"]:
            if state == NO_ROW and attempt != "current":
                continue
            if attempt != "remembered" or airflow in REMEMBERS_PODS:
                yield state, attempt


def situations(airflow: str, scope: str) -> Iterator[Situation]:
    """Every combination that can be in a generation and a scope, also the undecided ones."""
    own = [DIMENSIONS[name] for name in ("phase", "deletion", "owner", "labels", "age")]
    for phase, deletion, owner, labels, age in itertools.product(*own):
        for state, attempt in truths(airflow):
            yield Situation(phase, deletion, owner, labels, age, state, attempt, scope, airflow)


def is_marked(situation: Situation) -> bool:
    """Whether the pod itself says that it is not the reaper's to delete."""
    return situation.deletion != "none" or situation.owner == "controller" or situation.labels != "own"


def census(airflow: str) -> Counter[str]:
    """How many combinations of a generation have which fate, undecided ones included."""
    return Counter(decide(each).fate for scope in DIMENSIONS["scope"] for each in situations(airflow, scope))
