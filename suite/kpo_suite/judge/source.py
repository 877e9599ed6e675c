"""SOURCE: how task state is read."""

from __future__ import annotations

from collections.abc import Iterator

from kpo_suite.history import History, Sweep
from kpo_suite.judge.keep import live_and_kept_pods_survive
from kpo_suite.judge.reap import zombies_are_deleted
from kpo_suite.judge.rules import Failure, judges

PER_PAGE = 50
"""Kept pods for which one more request is allowed: pages grow with the pods, one request for each pod does not pass."""


@judges("SOURCE-READ-ONLY")
def nothing_is_written_or_locked(history: History, _: str) -> Iterator[Failure]:
    """Breached by each statement that would write to or lock Airflow's tables, whether it was allowed or not."""
    for sweep in history.sweeps:
        for statement in sweep.statements:
            if statement.writes:
                text = " ".join(statement.sql.split())
                yield Failure(
                    observed=f"Sweep {sweep.ordinal} asked the database to {text[:160]!r}.",
                    because="the role that it was given can only read; another role would have done it.",
                )


@judges("SOURCE-BOUNDED")
def questions_do_not_grow_with_kept_pods(history: History, _: str) -> Iterator[Failure]:
    """Breached when a later sweep, over more kept pods, asks more than a page's worth more.

    The world of a scenario under this requirement grows by kept pods after its first sweep. Counted are queries, REST
    requests and requests to the API server that are no deletions.
    """
    if len(history.sweeps) < 2:
        return
    first, last = history.sweeps[0], history.sweeps[-1]
    for what, before, after in zip(
        ("queries", "requests to Airflow", "requests to the API server"),
        _asked(history, first),
        _asked(history, last),
        strict=True,
    ):
        allowed = before + len(history.after) // PER_PAGE
        if after > allowed:
            yield Failure(
                observed=f"Sweep {last.ordinal} sent {after} {what}, sweep {first.ordinal} {before}; "
                f"{len(history.after)} pods were there.",
                because=f"{allowed} would do for as many pages.",
            )


@judges("SOURCE-EVERY-AIRFLOW")
def verdicts_are_right_on_this_airflow(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each wrong verdict, and on an Airflow that nobody knows by a deletion or by exit code 0."""
    yield from live_and_kept_pods_survive(history, requirement)
    yield from zombies_are_deleted(history, requirement)
    for sweep in history.sweeps:
        if sweep.refused and sweep.exit_code == 0:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} read the database of an Airflow that nobody knows and ended with 0.",
                because="its alembic_version is none of a release.",
            )


def _asked(history: History, sweep: Sweep) -> tuple[int, int, int]:
    queries = sum(statement.is_query for statement in sweep.statements)
    reads = sum(sweep.holds(exchange.step) and exchange.verb in ("get", "list") for exchange in history.exchanges)
    return queries, sweep.rest, reads
