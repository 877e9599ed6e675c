"""The words of judgement: verdict, level, how verdicts merge and which exit code they give. No I/O, no report."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """How binding a requirement is, in the sense of RFC 2119."""

    MUST = "MUST"
    """A subject that breaks it is not conformant."""
    SHOULD = "SHOULD"
    """There may be a good reason to deviate; it is reported and never decides about conformance."""


class Verdict(StrEnum):
    """What the judge says of one requirement in one scenario."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    """The subject did what the requirement says, and did enough for that to mean something."""
    FAIL = "fail"
    """The history shows the requirement broken."""
    VACUOUS = "vacuous"
    """Nothing was broken, but the subject did nothing that would show it: the twin zombie stayed."""
    INCONCLUSIVE = "inconclusive"
    """The situation to be judged did not come about: a fault or a world was not reached."""
    UNSUPPORTED = "unsupported"
    """The subject does not claim the feature, so nothing was asked of it."""
    KNOWN_FAILURE = "known-failure"
    """It failed as its strict entry in the known-failures file says it would, with that message."""
    SUITE_ERROR = "suite-error"
    """The suite, its cluster or its Airflow broke; says nothing about the subject."""

    @staticmethod
    def worst(verdict: Verdict, *others: Verdict) -> Verdict:
        """The verdict of a whole from the verdicts of its parts, whatever their order.

        From weakest to strongest: unsupported, pass, known-failure, inconclusive, suite-error, vacuous, fail. What is
        known to be wrong outweighs what is not known, and that outweighs what is known to be right. Unsupported is
        the neutral element: it adds nothing to what other scenarios showed.
        """
        return max((verdict, *others), key=lambda each: each.weight)

    @property
    def weight(self) -> int:
        """Its place in the merge order; the higher outweighs the lower."""
        return _MERGE_ORDER.index(self)


_MERGE_ORDER = (
    Verdict.UNSUPPORTED,
    Verdict.PASS,
    Verdict.KNOWN_FAILURE,
    Verdict.INCONCLUSIVE,
    Verdict.SUITE_ERROR,
    Verdict.VACUOUS,
    Verdict.FAIL,
)

NOT_SHOWN = frozenset({Verdict.FAIL, Verdict.VACUOUS})
"""The verdicts by which a MUST makes a subject not conformant."""

UNDECIDED = frozenset({Verdict.INCONCLUSIVE, Verdict.SUITE_ERROR})
"""The verdicts by which the suite admits that it could not tell."""


class Judged(Protocol):
    """Anything that carries a level and a verdict, as ``Result`` and ``RequirementLine`` do."""

    @property
    def level(self) -> Level:
        """How binding the requirement is."""
        ...

    @property
    def verdict(self) -> Verdict:
        """What the judge says."""
        ...


def exit_code(results: Iterable[Judged]) -> int:
    """The exit code of a run: 0 conformant, 1 a MUST was not shown to be kept, 3 the suite could not tell.

    1 when any MUST is fail or vacuous. Else 3 when there is a suite-error at any level, an inconclusive MUST, or
    nothing that was examined at all (no result, or only unsupported ones). Else 0. (2 is usage and never comes
    from results.)
    """
    judged = list(results)
    must = {result.verdict for result in judged if result.level is Level.MUST}
    seen = {result.verdict for result in judged}
    if must & NOT_SHOWN:
        return 1
    if Verdict.SUITE_ERROR in seen or Verdict.INCONCLUSIVE in must or not seen - {Verdict.UNSUPPORTED}:
        return 3
    return 0
