"""What the self-test concludes from trials, and that it does so from the outside."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from rich.console import Console

from kpo_suite.ledger import requirements
from kpo_suite.selftest.findings import Findings, as_json, conclude
from kpo_suite.selftest.page import print_page
from kpo_suite.selftest.trial import REFERENCE, Judged, Outcome, Purpose, Trial
from kpo_suite.subjects import ReaperFile, ShippedReaper
from kpo_suite.subjects.reaper_file import Identity, Run

LEDGER = {name: requirements()[name] for name in ("KEEP-REATTACHED", "REAP-SIDECAR", "SOURCE-EMPTY")}


def reaper(name: str, fails: str = "", because: str = "", *, null: bool = False) -> ShippedReaper:
    file = ReaperFile(reaper=Identity(name=name), run=Run(adapter="command", argv=["true"]))
    return ShippedReaper(name=name, sentence="It is wrong.", file=file, fails=fails, because=because, null=null)


REAPERS = {
    each.name: each
    for each in (
        reaper("good"),
        reaper("forgets", "KEEP-REATTACHED", "try 2 runs"),
        reaper("lazy", "REAP-SIDECAR", "was still there", null=True),
    )
}


def outcome(purpose: Purpose, name: str, requirement: str, verdict: str, reason: str = "", case: str = "c") -> Outcome:
    return Outcome(Trial(purpose, name, case), judged=(Judged(requirement, verdict, reason),))


def repeated(*prints: str, case: str = "c") -> list[Outcome]:
    return [Outcome(Trial("repeat", REFERENCE, case), fingerprint=each) for each in prints]


GOOD = (
    outcome("kill", "forgets", "KEEP-REATTACHED", "fail", "DELETE committed; try 2 runs on it."),
    outcome("kill", "lazy", "REAP-SIDECAR", "fail", "pod was still there"),
    outcome("floor", "lazy", "REAP-SIDECAR", "fail"),
    outcome("honesty", REFERENCE, "", "pass"),
    *repeated("a", "a", "a"),
)


def concluded(outcomes: Sequence[Outcome] = GOOD, **others: object) -> Findings:
    given: dict[str, object] = {"not_run": {}, **others}
    return conclude(outcomes, REAPERS, LEDGER, **given)  # type: ignore[arg-type]


def test_a_sound_suite() -> None:
    found = concluded()
    assert found.sound
    assert (found.known_bad, found.killed, found.survivors) == (2, 2, {})
    assert found.matrix == {"KEEP-REATTACHED": ["forgets"], "REAP-SIDECAR": ["lazy"]}
    assert found.floor == {"lazy": 0.0}
    assert found.unproven == found.awaiting_faults == ["SOURCE-EMPTY"]
    assert (found.deterministic, found.repeats, found.honest) == (True, 3, True)
    told = as_json(found)
    assert {"known_bad", "killed", "survivors", "floor", "unproven", "deterministic"} <= set(told)


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (outcome("kill", "forgets", "KEEP-REATTACHED", "pass"), "KEEP-REATTACHED is not failed: pass"),
        (outcome("kill", "forgets", "KEEP-REATTACHED", "vacuous"), "KEEP-REATTACHED is not failed: vacuous"),
        (
            outcome("kill", "forgets", "KEEP-REATTACHED", "fail", "it crashed"),
            "KEEP-REATTACHED fails for another reason than 'try 2 runs': it crashed",
        ),
        (outcome("kill", "forgets", "KEEP-OTHER", "fail", "try 2 runs"), "no scenario puts KEEP-REATTACHED to it"),
    ],
)
def test_a_survivor_is_told_with_what_came_instead(instead: Outcome, words: str) -> None:
    found = concluded([instead, *GOOD[1:]])
    assert found.survivors == {"forgets": words}
    assert not found.sound
    assert "KEEP-REATTACHED" in found.unproven
    assert "KEEP-REATTACHED" not in found.awaiting_faults


def test_one_failure_for_the_stated_reason_among_several_kills() -> None:
    passed = outcome("kill", "forgets", "KEEP-REATTACHED", "pass", case="other")
    other = outcome("kill", "forgets", "KEEP-REATTACHED", "fail", "elsewise", case="third")
    assert concluded([passed, other, *GOOD]).sound


def test_the_floor_is_the_share_of_passed_verdicts() -> None:
    more = [outcome("floor", "lazy", "REAP-SIDECAR", "pass", case=str(number)) for number in range(3)]
    found = concluded([*GOOD, *more])
    assert found.floor == {"lazy": 0.75}
    assert not found.sound


def test_a_flip_is_named() -> None:
    found = concluded([*GOOD, *repeated("b", case="d"), *repeated("c", case="d")])
    assert not found.deterministic
    assert found.flips == ["d"]
    assert found.repeats == 2
    assert not found.sound


def test_no_repeat_is_no_determinism() -> None:
    assert not concluded(GOOD[:4]).deterministic


def test_a_defect_a_lie_and_a_broken_run_are_not_sound() -> None:
    assert not concluded([*GOOD, Outcome(Trial("floor", "lazy", "d"), error="boom")]).sound
    assert not concluded(GOOD, broken=["pytest died"]).sound
    lie = outcome("honesty", REFERENCE, "", "fail")
    assert not concluded([*GOOD, lie]).honest
    assert not concluded([*GOOD[:3], *GOOD[4:]]).honest


def test_what_cannot_be_run_here_is_told_and_counts_as_no_survivor() -> None:
    found = concluded(GOOD[1:], not_run={"forgets": "it needs kubectl on the PATH"})
    assert (found.known_bad, found.killed) == (1, 1)
    assert found.not_run == {"forgets": "it needs kubectl on the PATH"}
    assert found.survivors == {}


def test_the_page_says_it_all() -> None:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    bad = concluded([outcome("kill", "forgets", "KEEP-REATTACHED", "pass"), *GOOD[1:]], broken=["pytest died"])
    print_page(console, bad, LEDGER)
    console.file.close()
    page = console.export_text()
    for words in (
        "1 of 2 known-bad reapers",
        "forgets: KEEP-REATTACHED is not failed: pass",
        "awaits faults",
        "defect: pytest died",
        "The suite may not be trusted.",
    ):
        assert words in page, page


def test_findings_are_json() -> None:
    assert msgspec.json.decode(msgspec.json.encode(as_json(concluded())))["sound"] is True
