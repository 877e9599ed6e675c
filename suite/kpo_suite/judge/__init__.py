"""The judge: pure functions from a history to verdicts. No I/O, no subject, no clock.

``verdict`` is the way in; one module per area of the ledger holds the rules, each a small function under ``judges``.
"""

from kpo_suite.judge import (
    answers,
    api,
    bound,
    daemon,
    delete,
    exits,
    keep,
    listing,
    metrics,
    pacing,
    reap,
    resist,
    source,
    tell,
)
from kpo_suite.judge.rules import Failure, judged, judges
from kpo_suite.judge.verdicts import Judgement, verdict

__all__ = [
    "Failure",
    "Judgement",
    "answers",
    "api",
    "bound",
    "daemon",
    "delete",
    "exits",
    "judged",
    "judges",
    "keep",
    "listing",
    "metrics",
    "pacing",
    "reap",
    "resist",
    "source",
    "tell",
    "verdict",
]
