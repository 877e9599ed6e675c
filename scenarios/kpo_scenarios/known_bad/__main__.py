"""Run one sweep of a known-bad reaper: ``python -m kpo_scenarios.known_bad NAME``, or ``plain`` for the good one."""

from __future__ import annotations

import sys

from kpo_scenarios.known_bad.plain import PlainReaper, from_environment
from kpo_scenarios.known_bad.roster import known


def main(name: str) -> None:
    """Sweep once with the reaper of this name."""
    reaper = PlainReaper if name == "plain" else known()[name].reaper
    from_environment(reaper).sweep()


main(sys.argv[1])
