"""What the failures of a run would cost in production, in figures and in words. Pure functions over its runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from kpo_reports.model import Fate, Harm, Outcome, PodOutcome, Worst

if TYPE_CHECKING:
    from kpo_reports.summary import Run

_DELETED = frozenset({Outcome.DELETED, Outcome.TERMINATING})
_LEFT = frozenset({Outcome.UNTOUCHED, Outcome.CHANGED})


def harm_of(all_runs: Sequence[Run], held: Collection[tuple[str, str | None]]) -> Harm:
    """Deleted pods count in every run. Zombies left count only in those that are ``held`` against the subject.

    There are worlds in which a zombie has to stay for now, as when the state source cannot be reached.
    """
    live = [_deleted(run, Fate.LIVE) for run in all_runs]
    foreign = [_deleted(run, Fate.KEPT) for run in all_runs]
    left = [
        sum(pod.fate is Fate.ZOMBIE and pod.outcome in _LEFT for pod in run.pods)
        for run in all_runs
        if (run.scenario, run.fault) in held
    ]
    requests = [_per_zombie([run], lambda run: run.requests) for run in all_runs]
    queries = [_per_zombie([run], lambda run: run.queries) for run in all_runs]
    return Harm(
        live_pods_deleted=sum(live),
        foreign_pods_deleted=sum(foreign),
        zombies_left=sum(left),
        requests_per_zombie=_per_zombie(all_runs, lambda run: run.requests),
        queries_per_zombie=_per_zombie(all_runs, lambda run: run.queries),
        seconds_without_progress=_most(run.stalled for run in all_runs),
        worst=Worst(
            live_pods_deleted=max(live, default=0),
            foreign_pods_deleted=max(foreign, default=0),
            zombies_left=max(left, default=0),
            requests_per_zombie=_most(requests),
            queries_per_zombie=_most(queries),
        ),
    )


def is_harm(pod: PodOutcome) -> bool:
    """Whether the subject deleted what was not to be deleted, or left a zombie."""
    return pod.outcome in (_LEFT if pod.fate is Fate.ZOMBIE else _DELETED)


def harm_line(harm: Harm) -> str:
    """Harm in words: pods deleted and zombies left, in all and in the worst run, then the cost of what was reaped.

    As '3 live pods and 0 foreign pods deleted, 2 zombies left, at worst 1 and 0 deleted and 2 left in one run,
    6.5 requests (at worst 9), 1.5 queries (at worst 2) for each zombie deleted, at most 2.1 s of a sweep without
    progress'.
    """
    live, foreign = _number(harm.live_pods_deleted, "live pod"), _number(harm.foreign_pods_deleted, "foreign pod")
    told = [f"{live} and {foreign} deleted", f"{_number(harm.zombies_left, 'zombie')} left"]
    worst = harm.worst
    if worst.live_pods_deleted or worst.foreign_pods_deleted or worst.zombies_left:
        deleted = f"{worst.live_pods_deleted} and {worst.foreign_pods_deleted} deleted"
        told.append(f"at worst {deleted} and {worst.zombies_left} left in one run")
    cost = [
        f"{count:g} {noun} (at worst {most:g})"
        for noun, count, most in (
            ("requests", harm.requests_per_zombie, worst.requests_per_zombie),
            ("queries", harm.queries_per_zombie, worst.queries_per_zombie),
        )
        if count is not None and most is not None
    ]
    if cost:
        told.append(f"{', '.join(cost)} for each zombie deleted")
    if harm.seconds_without_progress is not None:
        told.append(f"at most {harm.seconds_without_progress:.1f} s of a sweep without progress")
    return ", ".join(told)


def _deleted(run: Run, fate: Fate) -> int:
    return sum(pod.fate is fate and pod.outcome in _DELETED for pod in run.pods)


def _per_zombie(among: Iterable[Run], counted: Callable[[Run], int | None]) -> float | None:
    """A count for each zombie that was deleted, over the runs that have the count."""
    having = [(_deleted(run, Fate.ZOMBIE), count) for run in among if (count := counted(run)) is not None]
    reaped = sum(zombies for zombies, _ in having)
    return round(sum(count for _, count in having) / reaped, 2) if reaped else None


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
