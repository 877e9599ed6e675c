"""The journal of a run: the keys that Chaos Toolkit writes and its readers ask for, and nothing secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given

from kpo_reports import Activity, Level, Report, Verdict, chaos_journal, write_journal
from kpo_reports.journal import ACTIVITY_KEYS, JOURNAL_KEYS, STATE_KEYS

from .samples import failure, report, reports, result, unhurried, varied_report

STARTED = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
TEXT, MOMENT = {"type": "string"}, {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$"}
PROVIDER = {
    "type": "object",
    "required": ["type", "path", "arguments"],
    "properties": {"type": {"const": "process"}, "path": {"const": "kpo-conformance"}, "arguments": {"type": "array"}},
}
RUN = {
    "type": "object",
    "required": sorted(ACTIVITY_KEYS),
    "properties": {
        "activity": {
            "type": "object",
            "required": ["type", "name", "provider"],
            "properties": {"type": {"enum": ["action", "probe"]}, "name": TEXT, "provider": PROVIDER},
        },
        "status": {"enum": ["succeeded", "failed"]},
        "start": MOMENT,
        "end": MOMENT,
        "duration": {"type": "number", "minimum": 0},
        "exception": {"type": "array", "items": TEXT},
    },
}
STATE = {
    "type": "object",
    "required": sorted(STATE_KEYS),
    "properties": {
        "steady_state_met": {"type": "boolean"},
        "probes": {"type": "array", "items": {**RUN, "required": sorted({*ACTIVITY_KEYS, "tolerance_met"})}},
    },
}
SCHEMA = {
    "type": "object",
    "required": sorted(JOURNAL_KEYS),
    "additionalProperties": False,
    "properties": {
        **{key: {} for key in JOURNAL_KEYS},
        "start": MOMENT,
        "end": MOMENT,
        "status": {"enum": ["completed", "failed", "aborted", "interrupted"]},
        "deviated": {"type": "boolean"},
        "steady_states": {"type": "object", "properties": {"before": STATE, "after": STATE, "during": {"const": []}}},
        "run": {"type": "array", "items": RUN},
    },
}
"""What ``chaos run`` writes and chaostoolkit-reporting's template asks for."""


def activity(**changes: Any) -> Activity:
    return Activity(
        **{
            "scenario": "retry_runs_on_the_pod_of_the_older_try",
            "name": "sweep 1",
            "started": STARTED,
            "seconds": 1.5,
            "output": {"exit_code": 0},
        }
        | changes
    )


CAME = activity(name="the world is brought about", prepares=True, output=None)


@unhurried
@given(reports())
def test_any_report_makes_a_journal(made: Report) -> None:
    told = chaos_journal(made, [CAME, activity(), activity(failure="The sweep hung.")])
    jsonschema.validate(json.loads(json.dumps(told)), SCHEMA)
    assert [each["status"] for each in told["run"]] == ["succeeded", "succeeded", "failed"]
    examined = [each for each in made.results if each.verdict is not Verdict.UNSUPPORTED]
    assert len(told["steady_states"]["after"]["probes"]) == len(examined)


def test_a_run_in_which_all_is_kept_has_not_deviated() -> None:
    told = chaos_journal(report(result()), [CAME, activity()])
    assert (told["status"], told["deviated"]) == ("completed", False)
    assert told["steady_states"]["before"]["steady_state_met"] is True
    assert told["steady_states"]["after"]["steady_state_met"] is True
    assert (told["start"], told["end"], told["duration"]) == (
        "2026-11-21T07:30:00+00:00",
        "2026-11-21T07:30:12.500000+00:00",
        12.5,
    )
    came, swept = told["run"]
    assert came["activity"]["name"] == "retry_runs_on_the_pod_of_the_older_try: the world is brought about"
    assert swept["end"] == "2026-11-21T07:30:01.500000+00:00"
    assert swept["output"] == {"exit_code": 0}
    assert swept["activity"]["provider"]["arguments"] == [
        "replay",
        "KEEP-REATTACHED/retry_runs_on_the_pod_of_the_older_try:airflow=3.3",
    ]


def test_a_breach_is_a_deviation_and_names_its_replay() -> None:
    told = chaos_journal(report(failure()), [CAME, activity()])
    assert (told["status"], told["deviated"]) == ("completed", True)
    (probe,) = told["steady_states"]["after"]["probes"]
    assert (probe["status"], probe["tolerance_met"]) == ("succeeded", False)
    assert (probe["output"]["status"], probe["output"]["verdict"]) == (1, "fail")
    assert probe["activity"]["provider"]["arguments"][0] == "replay"


def test_a_missed_should_is_within_tolerance() -> None:
    assert not chaos_journal(report(failure(level=Level.SHOULD)), [])["deviated"]


def test_a_world_that_did_not_come_about_fails_the_journal() -> None:
    broken = activity(prepares=True, failure="etl.load did not reach 'running' within 180 s", output=None)
    told = chaos_journal(report(result(verdict=Verdict.INCONCLUSIVE, reason="not reached")), [broken])
    assert told["status"] == "failed"
    before = told["steady_states"]["before"]
    assert before["steady_state_met"] is False
    assert before["probes"][0]["exception"] == ["etl.load did not reach 'running' within 180 s"]
    assert told["steady_states"]["after"]["probes"][0]["status"] == "failed"


def test_secrets_and_paths_stay_out(tmp_path: Path) -> None:
    secret = "4f9d0c1b7a"
    path = write_journal(
        report(failure(observed=f"it said {secret}", reason=secret)),
        [activity(output={"said": f"postgresql://u:{secret}@h/db"})],
        tmp_path / "report",
        secrets=[secret],
    )
    assert path == tmp_path / "report" / "journal.json"
    assert secret not in path.read_text()
    jsonschema.validate(json.loads(path.read_text()), SCHEMA)


def test_the_experiment_counts_what_was_done() -> None:
    told = chaos_journal(varied_report(), [CAME, activity(), activity(name="sweep 2")])
    experiment = told["experiment"]
    assert [each["type"] for each in experiment["method"]] == ["action"] * 3
    assert experiment["title"] == "Conformance of careless-reaper 1.2.0"
    hypothesis = experiment["steady-state-hypothesis"]
    assert len(hypothesis["probes"]) == 1 + len(told["steady_states"]["after"]["probes"])
    assert experiment["tags"]
    assert experiment["description"].startswith("Not conformant")
