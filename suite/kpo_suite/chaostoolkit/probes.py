"""Probes: the invariants of a reaper as the truths of a steady state. They look, and change nothing."""

# No postponed annotations here: Chaos Toolkit shows the types that it finds on the functions.

from kpo_suite.chaostoolkit import running
from kpo_suite.errors import UsageError
from kpo_suite.judge.rules import breaches, judged
from kpo_suite.ledger import requirements

__all__ = [
    "accounts_are_true",
    "every_zombie_gone",
    "faults_injected",
    "no_live_pod_deleted",
    "only_zombies_deleted",
    "requirement_kept",
    "zombies_left",
]


def no_live_pod_deleted() -> bool:
    """Whether the subject has deleted no pod whose attempt is live, by what the API server committed."""
    history = running.running().history()
    return not any(history.deleted(fate) for fate in history.fates if fate.kind == "live")


def only_zombies_deleted() -> bool:
    """Whether every pod that the subject has deleted was a zombie: none live, none kept, none of another's."""
    history = running.running().history()
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    return {deletion.uid for deletion in history.deletions()} <= zombies


def zombies_left() -> int:
    """How many zombies are there on whose deletion nobody has decided."""
    history = running.running().history()
    return sum(history.stayed(fate) for fate in history.fates if fate.kind == "zombie")


def every_zombie_gone(within: int = 1) -> bool:
    """Whether every zombie is gone, or fewer than ``within`` sweeps have been made since the last one under faults."""
    history = running.running().history()
    faulty = [sweep.ordinal for sweep in history.sweeps if sweep.faulty]
    since = len(history.sweeps) - max(faulty, default=0)
    return since < within or zombies_left() == 0


def accounts_are_true() -> bool:
    """Whether the deletions that the subject reports are those that were committed.

    Raises UsageError for a subject that does not claim the feature accounting.
    """
    return requirement_kept("TELL-DELETIONS")


def requirement_kept(requirement: str) -> bool:
    """Whether nothing so far breaches a requirement of the ledger. Raises UsageError for one that cannot be asked."""
    known = requirements().get(requirement)
    if known is None:
        raise UsageError(f"{requirement!r} is no requirement; 'kpo-conformance list requirements' shows all.")
    if requirement not in judged():
        raise UsageError(f"no judge examines {requirement} yet.")
    history = running.running().history()
    if known.feature != "core" and known.feature not in history.claims.features:
        raise UsageError(
            f"the subject does not claim the feature {known.feature}, so {requirement} asks nothing of it."
        )
    return not list(breaches(history, requirement))


def faults_injected() -> list[str]:
    """The faults that were really injected so far, as placements, in order."""
    return [str(placement) for _, placement in running.running().history().injected()]
