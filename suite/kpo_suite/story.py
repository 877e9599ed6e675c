"""A failing run told in a few lines: which pods it is about, what the subject asked, what came in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpo_fixtures.faults import Step
from kpo_fixtures.gateways import Exchange
from kpo_suite.fates import Fate
from kpo_suite.history import History, Sweep

MOST_LINES = 10
_MOST_PODS = 3


def story(history: History, requirement: str) -> tuple[str, ...]:
    """At most ``MOST_LINES`` lines, in the order in which things happened; the pods that it is about come first."""
    fates = list(_told(history, requirement))[:_MOST_PODS]
    pods = [f"{fate} is {fate.kind}: {fate.why}" for fate in fates]
    return (*pods, *_shortened(list(_events(history, fates)), MOST_LINES - len(pods)))


def _told(history: History, requirement: str) -> Iterator[Fate]:
    """The pods that show the failure: wrongly deleted, wrongly left, then those that the scenario is about."""
    wrong = [fate for fate in history.fates if fate.kind != "zombie" and history.deleted(fate)]
    left = [fate for fate in history.fates if fate.kind == "zombie" and history.stayed(fate)]
    about = [fate for fate in history.fates if requirement in fate.examines]
    yield from dict.fromkeys([*wrong, *left, *about])


def _events(history: History, fates: Iterable[Fate]) -> Iterator[str]:
    """What happened, a line for each step that matters and for each sweep that did not complete."""
    exchanges = {exchange.step: exchange for exchange in history.exchanges}
    pods = {fate.pod for fate in fates}
    for sweep in history.sweeps:
        listed = False
        for step in history.steps:
            if not sweep.holds(step.ordinal):
                continue
            exchange = exchanges.get(step.ordinal)
            first_list = exchange is not None and exchange.verb == "list" and not listed
            listed = listed or first_list
            if step.faults or step.changes or first_list or _is_about(exchange, pods):
                yield _line(step, exchange)
        if not sweep.completed:
            yield _end(sweep)


def _is_about(exchange: Exchange | None, pods: set[str]) -> bool:
    """Whether it writes, or reads one of these pods by its name."""
    if exchange is None or exchange.verb in ("list", "watch"):
        return False
    named = f"{exchange.target.namespace}/{exchange.target.name}"
    return exchange.verb != "get" or named in pods


def _line(step: Step, exchange: Exchange | None) -> str:
    faults = ", ".join(f"{placement.form.what} ({placement.form.id})" for placement in step.faults)
    changes = "; ".join(step.changes)
    if exchange is None:
        told = ""
    elif exchange.altered:
        told = f"answered {exchange.status or 'nothing'}, in truth {exchange.truth.status or 'never asked'}"
    else:
        told = f"answered {exchange.status}"
    about = f" {step.named.name}" if step.named else ""
    parts = "; ".join(part for part in (changes, faults, told) if part)
    return f"step {step.ordinal:<3} {step.point.kind}{about}" + (f": {parts}" if parts else "")


def _end(sweep: Sweep) -> str:
    return f"sweep {sweep.ordinal} {sweep.failure}"


def _shortened(lines: list[str], most: int) -> list[str]:
    """Both ends of what happened, where it is too much: how it began matters, and how it ended matters more."""
    if len(lines) <= most:
        return lines
    head = max(1, (most - 1) // 3)
    tail = most - 1 - head
    return [*lines[:head], f"... {len(lines) - head - tail} more", *lines[len(lines) - tail :]]
