"""What a report keeps of a history: the outcome of each pod, and a JSON file with every exchange."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
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
MASK = b"***"
MANY_PODS = 100
"""Pods of a world from which on a result tells only of its own: a report would repeat the others for each result."""


def pod_outcomes(history: History, requirement: str) -> Iterator[PodOutcome]:
    """What became of each pod of the world, and by whom, in the order in which the scenario told them.

    Of a world with more than ``MANY_PODS`` only those that this requirement is about, and those of no requirement.
    """
    written: dict[tuple[str, str], Exchange] = {}
    for exchange in history.writes():
        if exchange.target.resource == "pods":
            written.setdefault((exchange.target.namespace, exchange.target.name), exchange)
    everyone = len(history.fates) <= MANY_PODS
    for fate in history.fates:
        if not everyone and fate.examines and requirement not in fate.examines:
            continue
        outcome, by = _outcome(history, fate, written.get((fate.namespace, fate.name)))
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


def _outcome(history: History, fate: Fate, write: Exchange | None) -> tuple[Outcome, str | None]:
    deletion = history.deleted(fate)
    pod = history.pod(fate)
    if deletion is not None:
        by = f"the subject's {deletion.exchange.method} at step {deletion.exchange.step}"
        return (Outcome.DELETED if pod is None else Outcome.TERMINATING), by
    if pod is None:
        return Outcome.GONE, "another hand; the subject never wrote to it"
    if write is not None:
        return Outcome.CHANGED, f"the subject's {write.method} at step {write.step}"
    return Outcome.UNTOUCHED, None


def write_evidence(history: History, case: str, report: Path, *, secrets: Collection[str]) -> str:
    """Write the history of one case, without ``secrets``; returns the path relative to the report's folder."""
    folder = report / EVIDENCE
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case.replace('/', '.')}.json"  # the form of a fault may be in the name of a case
    told = document(history)
    # What the subject said and was told is searched for whatever looks like a secret; the world is our own, and only
    # what the subject was given could have found its way into it.
    searched = {name: told.pop(name) for name in ("sweeps", "exchanges", "rest") if name in told}
    few = len(history.fates) <= MANY_PODS
    written = orjson.dumps(redact_data(searched, secrets) | told, option=orjson.OPT_INDENT_2 if few else None)
    for secret in secrets:
        written = written.replace(orjson.dumps(secret)[1:-1], MASK)
    path.write_bytes(written)
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
                **({"by": sweep.by} if sweep.by else {}),
            }
            for sweep in (*history.sweeps, *history.company)
        ],
        **({"faults": str(history.plan)} if history.plan else {}),
        "exchanges": [_exchange(exchange) for exchange in history.exchanges],
        **({"rest": [_exchange(exchange) for exchange in history.rest]} if history.rest else {}),
        **({"strays": [asdict(stray) for stray in history.strays]} if history.strays else {}),
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
        "before": [_judged(pod) for pod in history.before],
        "after": [_judged(pod) for pod in history.after],
    }


def _judged(pod: Mapping[str, Any]) -> dict[str, Any]:
    """What the judge reads of a pod; all of it is in the answers that the subject was given."""
    spec, status = pod["spec"], pod.get("status", {})
    return {
        "metadata": pod["metadata"],
        "spec": {name: spec[name] for name in ("terminationGracePeriodSeconds",) if name in spec},
        "status": {name: status[name] for name in ("phase",) if name in status},
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "step": exchange.step,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "verb": exchange.verb,
        **({"by": exchange.by} if exchange.by else {}),
        "request_headers": dict(exchange.request_headers),
        "request": exchange.request_body[:TEXT_LIMIT].decode("utf-8", "replace"),
        "status": exchange.status,
        "response": exchange.response_body[:TEXT_LIMIT].decode("utf-8", "replace"),
        **({"faults": list(exchange.faults)} if exchange.faults else {}),
        **({"actual_status": exchange.truth.status} if exchange.altered else {}),
        "seconds": round(exchange.ended - exchange.began, 4),
    }
