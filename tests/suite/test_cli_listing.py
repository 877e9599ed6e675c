"""``list`` and ``explain``: everything there is, nothing that is there to be copied cut, and JSON for programs."""

from __future__ import annotations

import json

import pytest

from kpo_fixtures.faults import forms
from kpo_fixtures.faults.catalogue import faults
from kpo_suite import catalogue
from kpo_suite.cli import main
from kpo_suite.ledger import requirements


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def run(*arguments: str) -> str:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr("sys.argv", ["kpo-conformance", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 0
        return capsys.readouterr().out

    return run


def test_every_requirement_is_listed_with_its_scenarios(say) -> None:  # type: ignore[no-untyped-def]
    rows = json.loads(say("list", "requirements", "--json"))
    assert [row["id"] for row in rows] == list(requirements())
    found = next(row for row in rows if row["id"] == "KEEP-REATTACHED")
    assert set(found) == {"id", "level", "feature", "text", "why", "fault", "scenarios", "known_bad"}
    assert "retry_runs_on_the_pod_of_the_older_try" in found["scenarios"]
    assert "takes-rule-two-literally" in found["known_bad"]


def test_names_are_whole_on_a_narrow_terminal(say) -> None:  # type: ignore[no-untyped-def]
    listed = say("list", "scenarios")
    assert all(scenario.name in listed for scenario in catalogue.scenarios())
    listed = say("list", "reapers")
    assert all(name in listed for name in catalogue.shipped_reapers())
    assert all(identifier in say("list", "requirements") for identifier in ("KEEP-DEFERRED-OFF-BY-ONE", "LEAD-ONE"))


def test_the_json_lists_of_scenarios_and_reapers(say) -> None:  # type: ignore[no-untyped-def]
    scenarios = json.loads(say("list", "scenarios", "--json"))
    assert {row["kind"] for row in scenarios} == {"replay", "live"}
    assert all(row["page"] and row["cases"] and row["examines"] for row in scenarios)
    reapers = json.loads(say("list", "reapers", "--json"))
    assert all(set(row) == {"name", "fails", "because", "sentence"} for row in reapers)
    assert [row["name"] for row in reapers if not row["fails"]][:1] == ["plain"]


def test_a_requirement_and_a_scenario_are_explained(say) -> None:  # type: ignore[no-untyped-def]
    told = say("explain", "KEEP-REATTACHED")
    assert "MUST" in told
    assert "    retry_runs_on_the_pod_of_the_older_try" in told
    for reaper in catalogue.shipped_reapers().values():
        if reaper.fails == "KEEP-REATTACHED":
            assert f"    {reaper.name}: {reaper.sentence}\n" in told
    assert "try 1    Running" in say("explain", "retry_runs_on_the_pod_of_the_older_try")


def test_every_fault_is_listed_with_its_forms(say) -> None:  # type: ignore[no-untyped-def]
    rows = json.loads(say("list", "faults", "--json"))
    assert [row["id"] for row in rows] == list(faults())
    lost = next(row for row in rows if row["id"] == "DL2")
    assert {"DL2/reset", "DL2/eof"} <= set(lost["forms"])
    assert "DELETE-LOST-REPLY" in lost["requirements"]
    assert [row["sources"] for row in rows if row["id"] == "DB6"] == [["sql"]]
    words = say("list", "faults").replace(",", " ").split()
    assert {each.id for each in faults().values()} <= set(words)
    assert set(forms()) <= set(words)


@pytest.mark.parametrize("identifier", ["DL2", "DL2/eof"])
def test_a_fault_is_explained_by_its_own_and_its_forms_ids(say, identifier: str) -> None:  # type: ignore[no-untyped-def]
    told = say("explain", identifier)
    assert faults()["DL2"].name in told
    assert "    DL2/eof: the step is carried out and its reply lost by the end of the connection\n" in told
    assert "    S4: The incarnation that was judged is the one that is deleted.\n" in told
    assert "    DELETE-LOST-REPLY: When the reply to a DELETE is lost" in told


def test_what_exercises_a_fault_is_told(say) -> None:  # type: ignore[no-untyped-def]
    told = say("explain", "XS3")
    assert "told by a scenario's world, on embedded, envtest, kind, kubeconfig; state from sql or rest" in told
    assert "    retry_runs_on_the_pod_of_the_older_try\n" in told
