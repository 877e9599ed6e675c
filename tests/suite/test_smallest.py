"""A failure is made small, told as a story, and gives the same history wherever its token is replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command_line import conformance

SCENARIO = "retry_runs_on_the_pod_of_the_older_try"


def failure(folder: Path) -> dict[str, Any]:
    results = json.loads((folder / "conformance-report" / "report.json").read_text())["results"]
    (found,) = (each for each in results if each["verdict"] == "fail")
    return dict(found)


def test_a_failure_is_told_with_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run", "--reaper", "seven-steps", "--select", SCENARIO)
    assert ended.code == 1
    found = failure(tmp_path)
    pods = [line for line in found["story"] if " is live: " in line or " is zombie: " in line]
    assert len(pods) == 1
    assert "try 2 runs on it" in pods[0]
    assert 2 < len(found["story"]) <= 10
    assert ",without=" in found["replay"]
    again = conformance(tmp_path, "replay", found["replay"], "--reaper", "seven-steps")
    assert again.code == 1
    repeated = failure(tmp_path)
    assert repeated["history_sha256"] == found["history_sha256"]
    assert (repeated["observed"].partition(" (uid")[0], repeated["replay"]) == (
        found["observed"].partition(" (uid")[0],
        found["replay"],
    )
