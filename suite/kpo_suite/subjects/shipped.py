"""Reapers that come with a distribution of scenarios: named, one sentence each, known to fail a requirement."""

from __future__ import annotations

from dataclasses import dataclass

from kpo_suite.subjects.reaper_file import ReaperFile


@dataclass(frozen=True, kw_only=True)
class Example:
    """How a failure looks: recorded once, with a made-up uid, and shown to whoever asks what a requirement is about."""

    scenario: str
    observed: str
    because: str


@dataclass(frozen=True, kw_only=True)
class ShippedReaper:
    """A reaper that ``--reaper NAME`` takes. Entry points of ``kpo_conformance.reapers`` give sequences of these."""

    name: str
    """In kebab case, unique among all that are installed."""
    sentence: str
    """What it gets wrong, or that it gets everything right."""
    file: ReaperFile
    fails: str = ""
    """The requirement that it must be failed for; empty for a reaper that passes."""
    because: str = ""
    """A regular expression that the reason of that failure matches."""
    null: bool = False
    """Whether it judges nothing at all: its score is the floor under every other."""
    needs: tuple[str, ...] = ()
    """Programs that it needs on the PATH."""
    example: Example | None = None
    """How its failure looks."""
