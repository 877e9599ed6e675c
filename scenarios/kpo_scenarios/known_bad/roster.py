"""Every known-bad reaper: importing their modules makes them declare themselves."""

from __future__ import annotations

from kpo_scenarios.known_bad import deciding, deleting, matching
from kpo_scenarios.known_bad.registry import KnownBad, declared

__all__ = ["KnownBad", "deciding", "deleting", "known", "matching"]


def known() -> dict[str, KnownBad]:
    """Every known-bad reaper by its name."""
    return declared()
