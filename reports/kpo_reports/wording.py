"""How a result is told in words: the failure block of style and spec, the same in terminal, JUnit and Markdown."""

from __future__ import annotations

import shlex
import textwrap

from kpo_reports.escapes import one_line, printable
from kpo_reports.model import Result
from kpo_reports.redaction import redact_struct
from kpo_reports.verdicts import Verdict

_HOW = {
    Verdict.PASS: "passed in",
    Verdict.FAIL: "failed in",
    Verdict.VACUOUS: "was vacuous in",
    Verdict.INCONCLUSIVE: "was inconclusive in",
    Verdict.UNSUPPORTED: "is unsupported in",
    Verdict.KNOWN_FAILURE: "failed as known in",
    Verdict.SUITE_ERROR: "met a suite error in",
}
_LABEL_WIDTH = 12
"""Columns before the text of a failure block: two of indentation, the longest label, two of space."""


def how(verdict: Verdict) -> str:
    """The verb between a requirement and its scenario, as 'failed in'."""
    return _HOW[verdict]


def replay_command(result: Result) -> str | None:
    """The command line that repeats the run, quoted for a shell; None where the result has no token."""
    return f"kpo-conformance replay {shlex.quote(one_line(result.replay))}" if result.replay else None


def facts(result: Result) -> list[tuple[str, str]]:
    """What a reader needs of a result: labels with their text, in order, without those that have nothing to say."""
    told = [("required", result.required), ("fault", result.fault or "")]
    if result.reason and not (result.verdict is Verdict.FAIL and result.observed):
        told.append(("reason", result.reason))
    told += [("observed", result.observed), ("because", result.because), ("story", "\n".join(result.story))]
    told += [("history", result.history_sha256 or ""), ("replay", replay_command(result) or "")]
    return [(label, printable(text)) for label, text in told if text.strip()]


def failure_text(result: Result, width: int | None = None) -> str:
    """The failure block, one fact below the other.

        KEEP-REATTACHED  MUST  failed in retry_runs_on_the_pod_of_the_older_try
          required  A pod labelled with an older try_number ... MUST NOT be deleted.
          observed  DELETE airflow/etl-load-x7f2 (uid 41c8..) committed at step 9; ...
          because   the reaper listed it at step 2 with try_number=1 ...
          replay    kpo-conformance replay KEEP-REATTACHED/retry_runs_...

    With ``width`` (columns) long text is wrapped below itself, but never the command to replay, which is there to be
    copied. Secrets and control characters do not come through.
    """
    result = redact_struct(result)
    lines = [f"{one_line(result.requirement)}  {result.level}  {how(result.verdict)} {one_line(result.scenario)}"]
    for label, text in facts(result):
        wrap_at = width - _LABEL_WIDTH if width and label != "replay" else None
        first, *rest = [line for part in text.splitlines() for line in _wrapped(part, wrap_at)]
        lines.append(f"  {label:<{_LABEL_WIDTH - 2}}{first}")
        lines += [f"{'':{_LABEL_WIDTH}}{line}".rstrip() for line in rest]
    return "\n".join(lines)


def _wrapped(line: str, width: int | None) -> list[str]:
    if width is None or len(line) <= width:
        return [line]
    return textwrap.wrap(line, max(width, 20), break_on_hyphens=False) or [""]
