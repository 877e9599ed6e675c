"""Run one sweep of a known-bad reaper; the entry point by which the suite runs them all."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kpo_scenarios.known_bad.plain import Api, PlainReaper
from kpo_scenarios.known_bad.registry import Reaper
from kpo_scenarios.known_bad.roster import PLAIN, known

REFUSED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Sweep once with the reaper that the first argument names. Exit codes as a reaper's: 0, 1, 2 for odd settings."""
    name, *settings = sys.argv[1:] if argv is None else argv
    made: type[Reaper] = PlainReaper if name == PLAIN.name else known()[name].reaper
    subject = made(
        Api(Path(os.environ["KUBECONFIG"])),
        os.environ.get("DATABASE_URL", ""),
        os.environ["KPO_CONFORMANCE_NAMESPACES"].split(","),
    )
    complaint = subject.configure(settings)
    if complaint:
        sys.stderr.write(f"{name}: {complaint}\n")
        return REFUSED
    return subject.sweep() or 0
