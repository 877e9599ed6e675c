"""What a report keeps of a history: the outcome of each pod, and a JSON file with every exchange."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import orjson

from kpo_fixtures.gateways import Exchange
from kpo_reports import EVIDENCE, Outcome, PodOutcome, redact_data
from kpo_reports import Fate as FateWord
from kpo_suite.fates import Fate
from kpo_suite.history import History

TEXT_LIMIT = 64 << 10
"""Characters of a body or an output that an evidence file keeps."""


def pod_outcomes(history: History) -> Iterator[PodOutcome]:
    """What became of each pod of the world, and by whom, in the order in which the scenario told them."""
    for fate in history.fates:
        outcome, by = _outcome(history, fate)
        yield PodOutcome(
            namespace=fate.namespace,
            name=fate.name,
            uid=fate.uid,
            task=f"{fate.task} ({fate.truth})" if fate.task else "",
            fate=FateWord(fate.kind),
            why=fate.why,
            outcome=outcome,
            by=by,
        )


def _outcome(history: History, fate: Fate) -> tuple[Outcome, str | None]:
    deletion = history.deleted(fate)
    pod = history.pod(fate)
    if deletion is not None:
        by = f"the subject's {deletion.exchange.method} at step {deletion.exchange.step}"
        return (Outcome.DELETED if pod is None else Outcome.TERMINATING), by
    if pod is None:
        return Outcome.GONE, "another hand; the subject never wrote to it"
    for exchange in history.writes():
        target = exchange.target
        if target.resource == "pods" and (target.namespace, target.name) == (fate.namespace, fate.name):
            return Outcome.CHANGED, f"the subject's {exchange.method} at step {exchange.step}"
    return Outcome.UNTOUCHED, None


def write_evidence(history: History, case: str, report: Path, *, secrets: Collection[str]) -> str:
    """Write the history of one case, without ``secrets``; returns the path relative to the report's folder."""
    folder = report / EVIDENCE
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case}.json"
    path.write_bytes(orjson.dumps(redact_data(document(history), secrets), option=orjson.OPT_INDENT_2))
    return str(path.relative_to(report))


def document(history: History) -> dict[str, Any]:
    """The history as JSON data: fates, sweeps, exchanges and object changes."""
    return {
        "fates": [
            {
                "pod": fate.pod,
                "uid": fate.uid,
                "fate": fate.kind,
                "why": fate.why,
                "task": fate.task,
                "truth": fate.truth,
                "role": fate.role,
                "examines": sorted(fate.examines),
            }
            for fate in history.fates
        ],
        "sweeps": [
            {
                "ordinal": sweep.ordinal,
                "exit_code": sweep.exit_code,
                "seconds": round(sweep.seconds, 3),
                "steps": [sweep.first_step, sweep.last_step],
                "stdout": sweep.stdout[:TEXT_LIMIT],
                "stderr": sweep.stderr[:TEXT_LIMIT],
            }
            for sweep in history.sweeps
        ],
        "exchanges": [_exchange(exchange) for exchange in history.exchanges],
        "changes": [
            {
                "resourceVersion": change.resource_version,
                "type": change.type,
                "resource": change.resource,
                "namespace": change.object["metadata"].get("namespace"),
                "name": change.object["metadata"]["name"],
                "uid": change.object["metadata"]["uid"],
                "deletionTimestamp": change.object["metadata"].get("deletionTimestamp"),
            }
            for change in history.changes
        ],
        "ends": [{"task": end.task, "expected": end.expected, "actual": end.actual} for end in history.ends],
        "before": [dict(pod) for pod in history.before],
        "after": [dict(pod) for pod in history.after],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "step": exchange.step,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "verb": exchange.verb,
        "request_headers": dict(exchange.request_headers),
        "request": exchange.request_body[:TEXT_LIMIT].decode("utf-8", "replace"),
        "status": exchange.status,
        "response": exchange.response_body[:TEXT_LIMIT].decode("utf-8", "replace"),
        "seconds": round(exchange.ended - exchange.began, 4),
    }
