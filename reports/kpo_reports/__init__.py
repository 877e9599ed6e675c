"""What is said about a run: the report model with its schema, its writers and its reader. Judges nothing itself."""

from kpo_reports.errors import ReportError
from kpo_reports.files import (
    EVIDENCE,
    Paths,
    check_writable,
    clear_previous,
    load_report,
    write_all,
    write_journal,
    write_json,
    write_junit,
    write_markdown,
)
from kpo_reports.journal import Activity, chaos_journal
from kpo_reports.model import (
    Difference,
    Environment,
    Equivalence,
    Fate,
    Harm,
    Outcome,
    PodOutcome,
    Report,
    RequirementCounts,
    Result,
    Subject,
    Suite,
    Summary,
    Worst,
)
from kpo_reports.redaction import redact, redact_data
from kpo_reports.schema import json_schema
from kpo_reports.summary import (
    RequirementLine,
    compile_report,
    headline,
    requirement_lines,
    summarize,
)
from kpo_reports.terminal import FailureBlock, closing_lines, print_report, summary_table
from kpo_reports.verdicts import Level, Verdict, exit_code
from kpo_reports.wording import failure_text

__all__ = [
    "EVIDENCE",
    "Activity",
    "Difference",
    "Environment",
    "Equivalence",
    "FailureBlock",
    "Fate",
    "Harm",
    "Level",
    "Outcome",
    "Paths",
    "PodOutcome",
    "Report",
    "ReportError",
    "RequirementCounts",
    "RequirementLine",
    "Result",
    "Subject",
    "Suite",
    "Summary",
    "Verdict",
    "Worst",
    "chaos_journal",
    "check_writable",
    "clear_previous",
    "closing_lines",
    "compile_report",
    "exit_code",
    "failure_text",
    "headline",
    "json_schema",
    "load_report",
    "print_report",
    "redact",
    "redact_data",
    "requirement_lines",
    "summarize",
    "summary_table",
    "write_all",
    "write_journal",
    "write_json",
    "write_junit",
    "write_markdown",
]
