"""The hash of a history: the same world, subject and seed give the same, whenever and wherever it was recorded.

Left out is what differs between two runs of the same story: times, ports, uids and resourceVersions as such (they are
numbered in the order in which they appear), continue tokens, whatever the subject printed, and how often it asked the
same under a fault that holds: until when it does is up to the clock.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

import orjson

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def fingerprint(history: History) -> str:
    """SHA-256 of what happened, as 64 hexadecimal digits."""
    numbers = _Numbers()
    for fate in history.fates:
        numbers.of(fate.uid)
    story = {
        "fates": [
            [fate.pod, numbers.of(fate.uid), fate.kind, fate.why, fate.task, fate.truth, sorted(fate.examines)]
            for fate in history.fates
        ],
        "sweeps": [
            [sweep.exit_code, list(sweep.options), list(sweep.extra), sum(one.is_query for one in sweep.statements)]
            for sweep in (*history.sweeps, *history.company)
        ],
        "exchanges": _exchanges(history.exchanges, numbers),
        "rest": [[each.method, _timeless(each.path), each.status, each.truth.status] for each in history.rest],
        "strays": [[stray.method, stray.credentials] for stray in history.strays],
        "changes": [
            [
                change.type,
                change.resource,
                change.object["metadata"].get("namespace", ""),
                change.object["metadata"]["name"],
                numbers.of(change.object["metadata"].get("uid", "")),
                "deletionTimestamp" in change.object["metadata"],
            ]
            for change in history.changes
        ],
        "after": sorted(numbers.of(pod["metadata"]["uid"]) for pod in history.after),
        "faults": [
            key for key, _ in groupby([step.point.kind, str(placement)] for step, placement in history.injected())
        ],
        "ends": [[end.task, end.expected, end.actual] for end in history.ends],
    }
    return hashlib.sha256(orjson.dumps(story)).hexdigest()


class _Numbers:
    """Numbers for opaque words, from 1 in the order in which they are first met."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def of(self, word: str) -> int:
        return self._known.setdefault(word, len(self._known) + 1) if word else 0


def _exchanges(exchanges: Sequence[Exchange], numbers: _Numbers) -> list[list[Any]]:
    told: list[list[Any]] = []
    before: Exchange | None = None
    for exchange in exchanges:
        entry = _exchange(exchange, numbers)
        holds = before is not None and bool(before.faults)
        again = holds and exchange.faults and entry == told[-1]
        unheard = holds and not exchange.status and _asked(entry) == _asked(told[-1])
        if not (again or unheard):
            told.append(entry)
        before = exchange
    return told


def _asked(entry: list[Any]) -> list[Any]:
    """An exchange without its answer, which the last one of a subject that was out of time has or has not."""
    *question, _, _, body = entry
    return [*question, body]


def _exchange(exchange: Exchange, numbers: _Numbers) -> list[Any]:
    query = [
        [name, "continued" if name == "continue" and value else _timeless(value)]
        for name, value in parse_qsl(exchange.query, keep_blank_values=True)
    ]
    return [
        exchange.method,
        exchange.path,
        sorted(query),
        exchange.status,
        exchange.truth.status,
        _plain(exchange.request_json(), numbers),
    ]


def _plain(value: Any, numbers: _Numbers, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(each, numbers, key) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(each, numbers, name) for each in value]
    if isinstance(value, str):
        return numbers.of(value) if name in ("uid", "resourceVersion") else _timeless(value)
    return value


def _timeless(text: str) -> str:
    return _TIME.sub("TIME", text)
