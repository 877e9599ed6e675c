"""The report on a terminal, with rich: failures, one line for each requirement, the closing lines.

Everything foreign goes in as ``Text``, never as markup. Colour only repeats what the words say.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from kpo_reports.escapes import one_line
from kpo_reports.files import Paths
from kpo_reports.harm import harm_line
from kpo_reports.model import Report, RequirementCounts, Result
from kpo_reports.redaction import redact, redact_report
from kpo_reports.summary import (
    RequirementLine,
    decisive,
    environment_line,
    equivalence_line,
    faults_line,
    headline,
    requirement_lines,
    should_counts,
    worth_telling,
)
from kpo_reports.verdicts import Verdict, exit_code
from kpo_reports.wording import failure_text

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.VACUOUS: "bold magenta",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.UNSUPPORTED: "dim",
    Verdict.KNOWN_FAILURE: "cyan",
    Verdict.SUITE_ERROR: "bold yellow",
}
_NEVER_WRAPPED = frozenset({"report", "subject"})
_HEADLINE_STYLES = {0: "bold green", 1: "bold red", 3: "bold yellow"}


class FailureBlock:
    """``failure_text`` for rich: wrapped to the width, labels and verdict in colour."""

    def __init__(self, result: Result) -> None:
        self.result = result

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *rest = failure_text(self.result, options.max_width).splitlines()
        block = Text(first, style=STYLES[self.result.verdict], no_wrap=True, overflow="ignore")
        for line in rest:
            block.append("\n" + line[:12], style="dim").append(line[12:], style="default")
        yield block


def summary_table(report: Report) -> Table:
    """One line for each examined requirement: id, level, scenarios passed of examined, verdict, the first reason.

    How many were not examined is in ``closing_lines``, which in ``report.md``.
    """
    # The reason alone has a ratio, so it alone gives way on a narrow terminal.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, expand=True)
    table.add_column("requirement", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("passed", no_wrap=True, justify="right")
    table.add_column("verdict", no_wrap=True)
    table.add_column("reason", no_wrap=True, overflow="ellipsis", ratio=1)
    for line in requirement_lines(report.results, report.suite.requirements):
        if line.verdict is not None:
            table.add_row(*_cells(line, line.verdict))
    return table


def closing_lines(report: Report, paths: Paths | None = None) -> list[tuple[str, str]]:
    """The last words of a run as (label, text): counts, harm, where it happened, where the files are."""
    summary, equivalence = report.summary, report.environment.equivalence
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in summary.by_verdict.items() if count)
    lines = [
        ("subject", f"{report.subject.name} {report.subject.version}"),
        ("on", environment_line(report.environment)),
        *([("emulation", equivalence_line(equivalence))] if equivalence else []),
        ("MUST", _counted(summary.must)),
        ("SHOULD", _counted(should_counts(summary))),
        ("results", f"{len(report.results)} in {report.seconds:.1f} s: {verdicts}" if verdicts else "none"),
        ("harm", harm_line(summary.harm)),
        *([("faults", faults_line(summary.faults))] if summary.faults else []),
    ]
    if paths:
        lines += [("report", str(path)) for path in (paths.json, paths.markdown, paths.junit)]
    return [(label, one_line(text)) for label, text in lines]


def print_report(
    console: Console, report: Report, paths: Paths | None = None, *, secrets: Collection[str] = ()
) -> None:
    """Print failures, table and closing lines. Nothing that is there to be copied (commands, paths) is ever cut."""
    report = redact_report(report, secrets)
    for telling in worth_telling(report.results):
        console.print(FailureBlock(telling.result), soft_wrap=True)
        if telling.left_out:
            console.print(Text(f"  and {telling.left_out} more like it in report.json", style="dim"))
        console.print()
    if report.results:
        console.print(summary_table(report))
        console.print()
    console.print(Text(headline(report), style=_HEADLINE_STYLES[exit_code(decisive(report.results))]))
    for label, text in closing_lines(report, paths):
        first, *rest = [text] if label in _NEVER_WRAPPED else _wrapped_at_commas(text, console.width - 12)
        console.print(Text(f"  {label:<10}", style="dim").append(first, style="default"), soft_wrap=True)
        for line in rest:
            console.print(Text(f"{'':12}{line}"), soft_wrap=True)


def _wrapped_at_commas(text: str, width: int) -> list[str]:
    """Lines that keep a count and its word together, and never break within a word that fits into one."""
    width = max(width, 20)
    parts = text.split(", ")
    held = ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") if len(part) < width else part for part in parts)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in textwrap.wrap(held, width)]


def _cells(line: RequirementLine, verdict: Verdict) -> list[Text]:
    return [
        Text(one_line(line.requirement)),
        Text(line.level),
        Text(f"{line.passed}/{line.examined}" if line.examined else "-"),
        Text(verdict, style=STYLES[verdict]),
        Text("" if verdict is Verdict.PASS else one_line(redact(line.reason))),
    ]


def _counted(counts: RequirementCounts) -> str:
    words = {
        "passed": counts.passed,
        "failed": counts.failed,
        "vacuous": counts.vacuous,
        "undecided": counts.undecided,
        "known to fail": counts.known_failures,
        "unsupported": counts.unsupported,
        "unexamined": counts.unexamined,
    }
    told = ", ".join(f"{count} {word}" for word, count in words.items() if count)
    return f"{counts.total}: {told}" if told else "0"
