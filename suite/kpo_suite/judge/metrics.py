"""TELL-METRICS: what a daemon's metrics say of a pass is what was seen of it on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep

CLOCKS = 1.0
"""Seconds by which a moment may be told too early: it may be cut to whole seconds."""
_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+\S+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """Metrics as they were read once: the values of each name by their labels, and which names are gauges."""

    samples: Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]
    gauges: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Scrape:
        """Read Prometheus' text format; lines that are none of it are passed over."""
        samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        gauges = set()
        for line in text.splitlines():
            words = line.split()
            if words[:2] == ["#", "TYPE"] and words[3:] == ["gauge"]:
                gauges.add(words[2])
            found = _SAMPLE.fullmatch(line.strip())
            if found is None:
                continue
            try:
                value = float(found["value"])
            except ValueError:
                continue
            samples.setdefault(found["name"], {})[tuple(_LABEL.findall(found["labels"] or ""))] = value
        return cls(samples=samples, gauges=frozenset(gauges))

    def total(self, name: str) -> float:
        """The sum over all labels; 0 where there is none."""
        return sum(self.samples.get(name, {}).values())


@judges("TELL-METRICS")
def metrics_agree_with_the_wire(history: History, _: str) -> Iterator[Failure]:
    """Breached by each number that is missing, or that is another than what the pass was seen to do."""
    read = [
        (sweep, Scrape.parse(sweep.watch.metrics_before), Scrape.parse(sweep.watch.metrics))
        for sweep in history.sweeps
        if sweep.watch is not None and sweep.watch.metrics
    ]
    for sweep in history.sweeps:
        lives = sweep.watch is not None and all(end.caller for end in sweep.watch.ends)
        if lives and not (sweep.watch and sweep.watch.metrics):
            yield Failure(observed=f"No metrics could be read after pass {sweep.ordinal}.")
    names = history.claims.metrics
    for what in ("candidates", "deletions", "skips", "errors", "last_success") if read else ():
        if getattr(names, what) not in read[-1][2].samples:
            yield Failure(
                observed=f"There is no metric {getattr(names, what)}.", because=f"claims.metrics.{what} names it."
            )
    for labels in read[-1][2].samples.get(names.skips, {}) if read else ():
        if not dict(labels).get(names.reason):
            yield Failure(observed=f"{names.skips} counts pods without the label {names.reason}.")
    for sweep, before, after in read:
        yield from _counted(history, sweep, before, after)
        yield from _moment(history, sweep, after)


def _counted(history: History, sweep: Sweep, before: Scrape, after: Scrape) -> Iterator[Failure]:
    """What the counters have grown by; one that is not there yet, or at all, is not compared."""
    names = history.claims.metrics
    deleted, listed, failed = len(of_sweep(history, sweep)), _listed(history, sweep), _failed(history, sweep)
    deletions, candidates, skips, errors = (
        after.total(name) - (0 if name in after.gauges else before.total(name)) if name in after.samples else None
        for name in (names.deletions, names.candidates, names.skips, names.errors)
    )
    if deletions not in (None, deleted):
        yield Failure(
            observed=f"{names.deletions} grew by {deletions:g} in pass {sweep.ordinal}, in which {deleted} were "
            "committed."
        )
    if candidates is not None and not deleted <= candidates <= listed:
        yield Failure(
            observed=f"{names.candidates} says {candidates:g} of pass {sweep.ordinal}, in which {deleted} pods were "
            f"deleted and {listed} listed."
        )
    idle = sweep.completed and not sweep.faulty and deleted < listed
    if skips is not None and (skips > listed or (idle and not skips)):
        yield Failure(
            observed=f"{names.skips} says {skips:g} of pass {sweep.ordinal}, in which {listed} pods were listed and "
            f"{deleted} deleted."
        )
    if errors is not None and bool(errors) != bool(failed):
        yield Failure(
            observed=f"{names.errors} grew by {errors:g} in pass {sweep.ordinal}, in which {len(failed)} requests "
            "failed.",
            because="; ".join(failed) + "." * bool(failed),
        )


def _moment(history: History, sweep: Sweep, after: Scrape) -> Iterator[Failure]:
    assert sweep.watch is not None
    name = history.claims.metrics.last_success
    told, began = after.total(name), sweep.watch.began
    if name in after.samples and sweep.completed and not sweep.faulty and told < began - CLOCKS:
        yield Failure(observed=f"{name} is older than pass {sweep.ordinal}, which succeeded.")
    if told >= began and any("list pods" in each for each in _failed(history, sweep)):
        yield Failure(observed=f"{name} is that of pass {sweep.ordinal}, whose LIST of pods failed.")


def _listed(history: History, sweep: Sweep) -> int:
    """How many pods the subject was shown by LIST in this pass."""
    found: set[str] = set()
    for exchange in history.requests(verb="list", resource="pods"):
        answer = exchange.response_json() if sweep.holds(exchange.step) else None
        for item in (answer.get("items") or ()) if isinstance(answer, dict) else ():
            found.add(str(item["metadata"]["uid"]))
    return len(found)


def _failed(history: History, sweep: Sweep) -> list[str]:
    """The requests about pods that were answered by a failure, or not at all; a conflict is somebody else's success."""
    return [
        str(each)
        for each in history.requests(resource="pods")
        if sweep.holds(each.step) and (each.status >= 500 or each.status in (0, 401, 403, 429))
    ]
