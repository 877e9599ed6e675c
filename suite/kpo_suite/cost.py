"""What a run cost beyond its verdicts: what the state source was asked, and how long zombies waited. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kpo_suite.history import History, Sweep


def queries(history: History) -> int:
    """How often the subject asked the state source: queries to Airflow's database, requests to its REST API."""
    return sum(sum(each.is_query for each in sweep.statements) + sweep.rest for sweep in history.sweeps)


def seconds_without_progress(history: History) -> float | None:
    """The longest time (seconds, to the millisecond) of one sweep in which zombies were left and none was deleted.

    It runs from the sweep's beginning to its first committed deletion of a zombie, from there to the next, and, while
    zombies are left, on to the sweep's end. Requests are no progress: a subject that asks the same for ever stands
    still. Only zombies that were there from the beginning count. None where no sweep had any to delete, as in dry runs
    and refusals.
    """
    gaps = [gap for sweep in history.sweeps for gap in _gaps(history, sweep)]
    return round(max(gaps), 3) if gaps else None


def _gaps(history: History, sweep: Sweep) -> Iterator[float]:
    if sweep.refused or "dry-run" in sweep.options:
        return
    present = {pod["metadata"]["uid"] for pod in history.before}
    zombies = [fate for fate in history.fates if fate.kind == "zombie" and fate.uid in present]
    gone = [each for fate in zombies if (each := history.deleted(fate)) is not None]
    now = [each.exchange.ended for each in gone if sweep.holds(each.exchange.step)]
    later = any(each.exchange.step > sweep.last_step for each in gone)
    left = later or any(map(history.stayed, zombies))
    if now or left:
        moments = [sweep.began, *sorted(now), *([sweep.began + sweep.seconds] if left else [])]
        yield from (max(0.0, after - before) for before, after in pairwise(moments))
