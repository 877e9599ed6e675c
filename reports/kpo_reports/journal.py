"""A run as a journal of Chaos Toolkit, so that what reads those journals reads it too. Pure; no clock, no file.

The format is that of chaostoolkit-lib ``FORMAT`` (``chaoslib/run.py`` and ``activity.py``): the steady state before is
whether the worlds came about, the one after what was judged, and in between stands what was done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from kpo_reports.model import Report, Result
from kpo_reports.redaction import redact_data, redact_report
from kpo_reports.summary import headline
from kpo_reports.verdicts import UNDECIDED, Verdict, exit_code

FORMAT = "1.44.0"
JOURNAL_KEYS = frozenset(
    ("chaoslib-version", "platform", "node", "experiment", "start", "status", "deviated", "steady_states", "run")
) | frozenset(("rollbacks", "end", "duration"))
ACTIVITY_KEYS = frozenset(("activity", "output", "start", "status", "end", "duration"))
STATE_KEYS = frozenset(("steady_state_met", "probes"))
_IN_TOLERANCE = 0
_UNDECIDED = 3
"""Exit codes of a replay, where all is well and where nothing can be told; a process probe's tolerance is one."""


class Activity(Struct, frozen=True, kw_only=True):
    """One thing that was done in the run of one scenario: its world was brought about, or the subject swept."""

    scenario: str
    """As results name it."""
    name: str
    """What was done, in a few words: ``sweep 1``."""
    started: datetime
    """In UTC."""
    seconds: float
    output: Any = None
    """What came of it, as JSON data."""
    failure: str = ""
    """Why it did not succeed; empty where it did."""
    prepares: bool = False
    """Whether it brought the world about: the others are worth nothing where it failed."""


def chaos_journal(report: Report, activities: Iterable[Activity], *, secrets: Collection[str] = ()) -> dict[str, Any]:
    """The journal of a run, as JSON data without secrets: ``JOURNAL_KEYS``, each activity with ``ACTIVITY_KEYS``.

    ``status`` is failed where the suite could not tell, else completed; ``deviated`` is whether any verdict counts
    against the subject. Each activity names the command that repeats its scenario.
    """
    report = redact_report(report, secrets)
    done = list(activities)
    ended = report.started + timedelta(seconds=report.seconds)
    tokens = {result.scenario: result.replay for result in reversed(report.results) if result.replay}
    judged = [result for result in report.results if result.verdict is not Verdict.UNSUPPORTED]
    came = [_came_about(each, tokens) for each in done if each.prepares]
    after = [_verdict(result, ended) for result in judged]
    acted = [_acted(each, tokens) for each in done]
    told: dict[str, Any] = {
        "chaoslib-version": FORMAT,
        "platform": report.environment.platform,
        "node": report.environment.cluster,
        "experiment": {
            "title": f"Conformance of {report.subject.name} {report.subject.version}".rstrip(),
            "description": headline(report),
            "tags": ["kubernetes", "airflow", report.suite.name],
            "steady-state-hypothesis": {
                "title": "Every world comes about, and every requirement is kept",
                "probes": [each["activity"] for each in (*came, *after)],
            },
            "method": [each["activity"] for each in acted],
            "rollbacks": [],
        },
        "start": report.started.isoformat(),
        "status": "failed" if any(each["status"] == "failed" for each in (*came, *after)) else "completed",
        "deviated": not _met(after),
        "steady_states": {"before": _state(came), "after": _state(after), "during": []},
        "run": acted,
        "rollbacks": [],
        "end": ended.isoformat(),
        "duration": report.seconds,
    }
    kept: dict[str, Any] = redact_data(told, secrets)
    return kept


def _acted(each: Activity, tokens: dict[str, str]) -> dict[str, Any]:
    activity = {
        "type": "action",
        "name": f"{each.scenario}: {each.name}",
        "provider": _replay(tokens.get(each.scenario)),
    }
    return _ran(activity, each.output, each.started, each.seconds, each.failure)


def _came_about(each: Activity, tokens: dict[str, str]) -> dict[str, Any]:
    activity = {
        "type": "probe",
        "name": f"{each.scenario}: came about",
        "tolerance": _IN_TOLERANCE,
        "provider": _replay(tokens.get(each.scenario)),
    }
    output = {"status": _UNDECIDED if each.failure else _IN_TOLERANCE}
    ran = _ran(activity, output, each.started, each.seconds, each.failure)
    return {**ran, "tolerance_met": not each.failure}


def _verdict(result: Result, ended: datetime) -> dict[str, Any]:
    """The verdict as a process probe's: its status is the exit code that its replay would have."""
    status = exit_code([result])
    activity = {
        "type": "probe",
        "name": f"{result.scenario}: {result.requirement}",
        "tolerance": _IN_TOLERANCE,
        "provider": _replay(result.replay),
    }
    output = {"status": status, "verdict": result.verdict.value, "level": result.level.value, "reason": result.reason}
    failure = result.reason if result.verdict in UNDECIDED else ""
    return {**_ran(activity, output, ended, 0.0, failure), "tolerance_met": status == _IN_TOLERANCE}


def _ran(activity: dict[str, Any], output: Any, started: datetime, seconds: float, failure: str) -> dict[str, Any]:
    told = {
        "activity": activity,
        "output": output,
        "start": started.isoformat(),
        "status": "failed" if failure else "succeeded",
        "end": (started + timedelta(seconds=seconds)).isoformat(),
        "duration": seconds,
    }
    return {**told, "exception": [failure]} if failure else told


def _replay(token: str | None) -> dict[str, Any]:
    arguments = ["replay", token] if token else ["run", "--live"]
    return {"type": "process", "path": "kpo-conformance", "arguments": arguments}


def _state(probes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"steady_state_met": _met(probes), "probes": list(probes)}


def _met(probes: Iterable[dict[str, Any]]) -> bool:
    return all(probe["tolerance_met"] for probe in probes)
