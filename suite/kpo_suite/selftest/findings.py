"""What is concluded from the trials: kill matrix, floor, whether histories repeat, whether the subject is honest.

A pure function from outcomes to findings.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kpo_suite.ledger import Requirement
from kpo_suite.selftest.trial import Outcome, kill
from kpo_suite.subjects.shipped import ShippedReaper

HIGHEST_FLOOR = 0.02
"""The share of verdicts that a reaper which judges nothing may pass."""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The self-test's result."""

    known_bad: int
    """Shipped reapers that must be failed and could be run here."""
    killed: int
    """Those that were failed by the requirement which they break, for the stated reason."""
    survivors: Mapping[str, str]
    """The others, by name, with what came instead."""
    not_run: Mapping[str, str]
    """Shipped reapers that could not be run here, by name, with the reason."""
    matrix: Mapping[str, Sequence[str]]
    """By requirement, the reapers that it killed."""
    floor: Mapping[str, float]
    """By null reaper, the fraction of verdicts that it passes."""
    unproven: Sequence[str]
    """Requirements that no known-bad reaper fails."""
    awaiting_faults: Sequence[str]
    """Those of ``unproven`` that can be shown only under faults."""
    deterministic: bool
    """Whether every case gave the same history each time."""
    flips: Sequence[str]
    """The cases that did not."""
    repeats: int
    """How many times each case was run for that."""
    honest: bool
    """Whether the reference reaper refuses what does not exist."""
    defects: Sequence[str]
    """Trials that broke."""

    @property
    def sound(self) -> bool:
        """Whether the suite may be trusted: everything killed, nothing for nothing, no flip, no defect."""
        proven = set(self.unproven) <= set(self.awaiting_faults)
        low = all(share <= HIGHEST_FLOOR for share in self.floor.values())
        return not self.survivors and not self.defects and self.deterministic and self.honest and low and proven


def conclude(
    outcomes: Iterable[Outcome],
    reapers: Mapping[str, ShippedReaper],
    requirements: Mapping[str, Requirement],
    *,
    not_run: Mapping[str, str],
    broken: Sequence[str] = (),
) -> Findings:
    """Put the outcomes of all trials together."""
    by_purpose: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_purpose[outcome.trial.purpose].append(outcome)
    bad = {name: each for name, each in reapers.items() if each.fails and name not in not_run}
    killers = {name: _killed(each, by_purpose["kill"]) for name, each in bad.items()}
    matrix: dict[str, list[str]] = {identifier: [] for identifier in requirements}
    for name, told in killers.items():
        if not told:
            matrix[bad[name].fails].append(name)
    unproven = [identifier for identifier, names in matrix.items() if not names]
    prints: dict[str, list[str]] = defaultdict(list)
    for outcome in by_purpose["repeat"]:
        prints[outcome.trial.case].append(outcome.fingerprint)
    flips = sorted(case for case, found in prints.items() if len(set(found)) > 1 or not all(found))
    return Findings(
        known_bad=len(bad),
        killed=sum(not told for told in killers.values()),
        survivors={name: told for name, told in killers.items() if told},
        not_run=dict(not_run),
        matrix={identifier: names for identifier, names in matrix.items() if names},
        floor=_floors(by_purpose["floor"]),
        unproven=unproven,
        awaiting_faults=[identifier for identifier in unproven if requirements[identifier].fault],
        deterministic=bool(prints) and not flips,
        flips=flips,
        repeats=min(map(len, prints.values()), default=0),
        honest=bool(by_purpose["honesty"]) and all(_passed(each) for each in by_purpose["honesty"]),
        defects=[
            *broken,
            *(f"{each.trial.id}: {each.error}" for each in itertools.chain(*by_purpose.values()) if each.error),
        ],
    )


def as_json(findings: Findings) -> dict[str, Any]:
    """The findings for programs."""
    return {**msgspec.to_builtins(findings), "sound": findings.sound}


def _killed(bad: ShippedReaper, outcomes: Iterable[Outcome]) -> str:
    """Empty when the reaper was failed as it should be, else what came instead."""
    own = [outcome for outcome in outcomes if outcome.trial.reaper == bad.name]
    if any(kill(bad, outcome) for outcome in own):
        return ""
    found = [each for outcome in own for each in outcome.judged if each.requirement == bad.fails]
    if not found:
        return f"no scenario puts {bad.fails} to it"
    failures = [each.reason for each in found if each.verdict == "fail"]
    if not failures:
        return f"{bad.fails} is not failed: {', '.join(sorted({each.verdict for each in found}))}"
    return f"{bad.fails} fails for another reason than {bad.because!r}: {failures[0]}"


def _floors(outcomes: Iterable[Outcome]) -> dict[str, float]:
    passed: dict[str, list[bool]] = defaultdict(list)
    for outcome in outcomes:
        passed[outcome.trial.reaper] += [each.verdict == "pass" for each in outcome.judged]
    return {name: sum(found) / len(found) for name, found in sorted(passed.items()) if found}


def _passed(outcome: Outcome) -> bool:
    return not outcome.error and all(each.verdict == "pass" for each in outcome.judged)
