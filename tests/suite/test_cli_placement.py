"""``run --faults`` and replay tokens with faults, from the outside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import conformance, left_behind

WORLD = "retry_runs_on_the_pod_of_the_older_try"


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "conformance-report" / "report.json").read_text())
    return found


def test_faults_are_put_at_every_step_of_a_world(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run", "--faults", "single", "--select", WORLD, timeout=300)
    assert ended.code == 0, ended
    told = report(tmp_path)
    placed = told["summary"]["faults"]
    faulty = [result for result in told["results"] if result["fault"]]
    assert placed["mode"] == "single"
    assert placed["worlds"] == 1
    assert placed["points"] == placed["covered"] >= 2
    assert placed["cases"] == len(faulty) > placed["points"]
    assert placed["unreached"] == 0
    assert {result["requirement"] for result in faulty} == {"RESIST-ANY-SINGLE-FAULT"}
    assert {result["verdict"] for result in told["results"]} == {"pass"}
    assert len({result["replay"] for result in faulty}) == len(faulty)
    assert f"{placed['covered']} of {placed['points']} steps in 1 world" in ended.stdout
    assert f"{placed['cases']} faulty runs" in ended.stdout
    assert left_behind(tmp_path) == []


def test_a_failure_under_a_fault_can_be_replayed(tmp_path: Path) -> None:
    token = f"API-BROKEN-LIST/{WORLD}:airflow=3.3,faults=LS8/null@list-pods-1"
    ended = conformance(tmp_path, "replay", token, "--reaper", "takes-null-for-no-pods")
    assert ended.code == 1, ended
    (failed,) = [result for result in report(tmp_path)["results"] if result["verdict"] == "fail"]
    assert failed["requirement"] == "API-BROKEN-LIST"
    assert failed["replay"] == token
    assert failed["fault"].startswith("list-pods-1 ")
    assert failed["fault"].endswith(" (LS8/null)")
    evidence = json.loads((tmp_path / "conformance-report" / failed["evidence"]).read_text())
    assert evidence["faults"] == "LS8/null@list-pods-1"
    again = conformance(tmp_path, "replay", token)
    assert again.code == 0, again
    assert report(tmp_path)["summary"]["faults"] is None


def test_a_fault_that_is_not_reached_leaves_it_open(tmp_path: Path) -> None:
    token = f"RESIST-ANY-SINGLE-FAULT/{WORLD}:airflow=3.3,faults=DL3@delete-pods-99,seed=4"
    ended = conformance(tmp_path, "replay", token)
    assert ended.code == 3, ended
    (result,) = report(tmp_path)["results"]
    assert (result["verdict"], result["replay"]) == ("inconclusive", token)
    assert "DL3@delete-pods-99" in result["reason"]


def test_pairs_are_sampled_until_their_time_is_over(tmp_path: Path) -> None:
    ended = conformance(
        tmp_path, "run", "--faults", "pairs", "--budget", "6s", "--seed", "3", "--select", WORLD, timeout=300
    )
    assert ended.code == 0, ended
    told = report(tmp_path)
    faulty = [result for result in told["results"] if result["fault"]]
    assert told["config"]["seed"] == 3
    assert told["config"]["budget_seconds"] == 6.0
    assert {result["requirement"] for result in faulty} == {"REAP-CONVERGES"}
    assert faulty
    for result in faulty:
        assert re.fullmatch(
            rf"REAP-CONVERGES/{WORLD}:airflow=3.3,faults=[^+]+@[^+]+\+[^+]+@[^+]+,seed=3", result["replay"]
        )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--faults", "some"), "'some' is no placement of faults; known are none, single, every, pairs."),
        (("--faults", "single", "--worlds", "paged"), "--faults single is for plain replay scenarios"),
        (("--faults", "single", "--live"), "--faults single is for plain replay scenarios"),
        (("--budget", "60s"), "--budget 60s cannot be used: it is for --faults."),
        (("--faults", "pairs", "--budget", "soon"), "--budget soon cannot be used: give a time such as 60s or 5m."),
        (("--faults", "pairs", "--budget", "0s"), "--budget 0s cannot be used: give a time such as 60s or 5m."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = conformance(tmp_path, "run", *arguments)
    assert ended.code == 2, ended
    assert says in ended.sentence


def test_a_token_with_a_fault_that_is_none_is_refused(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "replay", f"KEEP-REATTACHED/{WORLD}:airflow=3.3,faults=ZZ1@query-1")
    assert ended.code == 2, ended
    assert "'ZZ1' is no form of a fault" in ended.sentence
