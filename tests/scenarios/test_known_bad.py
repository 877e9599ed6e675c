"""Every examined requirement has a reaper that fails it, and every known-bad reaper is failed as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kpo_reports import Verdict
from kpo_scenarios.known_bad.roster import KnownBad, known
from kpo_suite import Case, catalogue
from kpo_suite.judge import Judgement, verdict
from kpo_suite.runner import run_replay
from kpo_suite.settings import settle
from kpo_suite.subjects import CommandSubject, load
from kpo_suite.testbed import Testbed

REPLAY = [case for scenario in catalogue.scenarios() if scenario.kind == "replay" for case in scenario.cases()]
EXAMINED = {requirement for case in REPLAY for requirement in case.scenario.examines}
KNOWN = known()


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    settings = settle(reaper=None, cluster=None, airflow=None, live=False, select=(), report=None)
    with Testbed(settings) as testbed:
        yield testbed


def subject(name: str) -> CommandSubject:
    return CommandSubject(load(catalogue.reaper_files()[name.replace("-", "_")]))


def judge(case: Case, testbed: Testbed, reaper: CommandSubject) -> dict[str, Judgement]:
    history = run_replay(case, testbed, reaper)
    return {requirement: verdict(history, requirement) for requirement in case.scenario.examines}


@pytest.mark.parametrize("bad", KNOWN.values(), ids=list(KNOWN))
def test_each_is_failed_for_its_stated_reason(bad: KnownBad, testbed: Testbed) -> None:
    cases = [case for case in REPLAY if bad.fails in case.scenario.examines]
    verdicts = [judge(case, testbed, subject(bad.name))[bad.fails] for case in cases]
    failures = [found.reason for found in verdicts if found.verdict is Verdict.FAIL]
    assert failures, f"{bad.name} is not failed by {bad.fails}: {verdicts}"
    assert any(re.search(bad.because, reason) for reason in failures), failures


@pytest.mark.parametrize("case", REPLAY, ids=lambda case: case.id)
def test_a_small_reaper_can_get_it_right(case: Case, testbed: Testbed) -> None:
    """The known-bad reapers are variations of ``plain``; what it gets right, each of them gets wrong on its own."""
    for requirement, found in judge(case, testbed, subject("plain")).items():
        assert found.verdict is Verdict.PASS, f"{requirement}: {found.reason}"


@pytest.mark.parametrize("name", ["does-nothing", "deletes-every-kpo-pod"])
@pytest.mark.parametrize("case", REPLAY, ids=lambda case: case.id)
def test_who_does_not_judge_passes_nothing(case: Case, name: str, testbed: Testbed) -> None:
    for requirement, found in judge(case, testbed, subject(name)).items():
        assert found.verdict in (Verdict.FAIL, Verdict.VACUOUS), f"{requirement} is passed by {name}"


def test_every_examined_requirement_has_a_known_bad_reaper() -> None:
    assert {bad.fails for bad in KNOWN.values()} == EXAMINED


def test_every_known_bad_reaper_is_a_file_and_the_other_way_round() -> None:
    assert {name.replace("-", "_") for name in (*KNOWN, "plain")} == set(catalogue.reaper_files())


def test_every_known_bad_reaper_says_in_one_sentence_what_it_gets_wrong() -> None:
    for bad in KNOWN.values():
        assert bad.sentence.endswith("."), bad.name
        first = catalogue.reaper_files()[bad.name.replace("-", "_")].read_text().partition("\n")[0]
        assert first == f"# {bad.sentence}"
