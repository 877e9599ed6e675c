"""The report as GitHub-flavoured Markdown for people: the verdict, what failed and why, what became of each pod."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import msgspec

from kpo_reports.escapes import markdown, markdown_code, one_line
from kpo_reports.harm import harm_line, is_harm
from kpo_reports.model import Equivalence, Report, RequirementCounts
from kpo_reports.summary import (
    RequirementLine,
    Run,
    Telling,
    environment_line,
    equivalence_line,
    faults_line,
    headline,
    requirement_lines,
    runs,
    should_counts,
    worth_telling,
)
from kpo_reports.verdicts import Level, Verdict
from kpo_reports.wording import facts, how

_IN_ORDER = frozenset({Verdict.PASS, Verdict.UNSUPPORTED})
MOST_SCENARIOS = 20
"""Scenarios that passed and whose pods are told all the same; those that did not pass are all told."""
MOST_PODS = 50
"""Pods of one run that are shown, harmed ones first: nobody reads a thousand rows, and browsers choke on them."""


def markdown_report(report: Report) -> str:
    """The page. Redaction is the caller's; escaping is done here."""
    sections = (_top(report), _failures(report), _requirements(report), _pods(report), _circumstances(report))
    return "\n".join(line for section in sections for line in section)


def _top(report: Report) -> Iterator[str]:
    subject, suite = report.subject, report.suite
    name = markdown(f"{subject.name} {subject.version}")
    if subject.url and subject.url.startswith(("https://", "http://")):
        name = f"[{name}](<{quote(one_line(subject.url), safe=':/?#@!$&()*+,;=%~-._')}>)"
    yield f"# Conformance of {name}"
    yield ""
    yield f"**{headline(report)}**"
    yield ""
    yield (
        f"Judged by {markdown(suite.name)} {markdown(suite.version)}, requirements edition"
        f" {markdown(suite.spec_version)}, on {report.started:%Y-%m-%d} at {report.started:%H:%M} UTC in"
        f" {report.seconds:.1f} s. {markdown(environment_line(report.environment))}."
    )
    yield ""
    summary = report.summary
    names = RequirementCounts.__struct_fields__
    rows = [
        [level, *map(str, msgspec.structs.astuple(counts))]
        for level, counts in ((Level.MUST, summary.must), (Level.SHOULD, should_counts(summary)))
    ]
    yield from _table(["Requirements", *(name.replace("_", " ") for name in names)], rows, numbers=True)
    yield ""
    yield f"**Harm:** {markdown(harm_line(summary.harm))}."
    if summary.faults:
        yield ""
        yield f"**Faults** {markdown(faults_line(summary.faults))}."
    if summary.floor:
        scores = ", ".join(f"{markdown(name)} {share:.0%}" for name, share in summary.floor.items())
        yield ""
        yield f"**Floor**, the score of reapers that do not do the work: {scores}."
    yield ""


def _failures(report: Report) -> Iterator[str]:
    told = worth_telling(report.results)
    if not told:
        return
    yield "## What did not pass"
    yield ""
    for telling in told:
        yield from _failure(telling)


def _failure(telling: Telling) -> Iterator[str]:
    result = telling.result
    yield (
        f"### {markdown_code(result.requirement)} {result.level} {how(result.verdict)} {markdown_code(result.scenario)}"
    )
    yield ""
    for label, text in facts(result):
        yield f"- **{label}** {markdown_code(text) if label == 'replay' else markdown(text)}"
    if result.evidence:
        yield f"- **evidence** {_file(result.evidence)}"
    yield ""
    if telling.left_out:
        yield (
            f"And {telling.left_out} more of {markdown_code(result.requirement)} with verdict"
            f" {result.verdict}: see `report.json`."
        )
        yield ""


def _requirements(report: Report) -> Iterator[str]:
    yield "## Requirements"
    yield ""
    lines = requirement_lines(report.results, report.suite.requirements)
    examined = [(line, line.verdict) for line in lines if line.verdict is not None]
    if not examined:
        yield "None was examined."
    else:
        # What needs a reader comes first.
        rows = [_requirement_row(*pair) for pair in sorted(examined, key=lambda pair: pair[1] in _IN_ORDER)]
        yield from _table(["Requirement", "Level", "Verdict", "Scenarios", "Reason"], rows)
    yield ""
    for level in Level:
        left = [markdown_code(line.requirement) for line in lines if line.verdict is None and line.level is level]
        if left:
            yield f"**No scenario of this run examined** {len(left)} {level.value} requirements: {', '.join(left)}."
            yield ""


def _requirement_row(line: RequirementLine, verdict: Verdict) -> list[str]:
    return [
        markdown_code(line.requirement),
        line.level.value,
        verdict.value if verdict in _IN_ORDER else f"**{verdict.value}**",
        f"{line.passed} of {line.examined}" if line.examined else "",
        "" if verdict is Verdict.PASS else markdown(line.reason),
    ]


def _pods(report: Report) -> Iterator[str]:
    all_runs = [run for run in runs(report.results) if run.pods]
    if not all_runs:
        return
    shown = list(_worth_showing(all_runs))
    yield "## What became of each pod"
    yield ""
    if len(shown) < len(all_runs):
        yield (
            f"{len(shown)} of {len(all_runs)} runs: each that did not pass, and some scenarios once."
            " The others are in `report.json`."
        )
        yield ""
    for run in shown:
        yield from _run(run)


def _worth_showing(all_runs: Iterable[Run]) -> Iterator[Run]:
    scenarios: set[str] = set()
    for run in all_runs:
        new = run.scenario not in scenarios and len(scenarios) < MOST_SCENARIOS
        if new or run.verdict is not Verdict.PASS:
            yield run
        scenarios.add(run.scenario)


def _run(run: Run) -> Iterator[str]:
    passed = run.verdict is Verdict.PASS
    title = markdown(run.scenario) + (f", {markdown(run.fault)}" if run.fault else "")
    yield f"<details{'' if passed else ' open'}><summary>"
    yield ""
    yield f"{title}: {run.verdict if passed else f'**{run.verdict}**'}"
    yield ""
    yield "</summary>"
    yield ""
    rows = [
        [
            markdown_code(f"{pod.namespace}/{pod.name}"),
            markdown(pod.task),
            pod.fate.value,
            markdown(pod.why),
            f"**{pod.outcome}**" if is_harm(pod) and not passed else pod.outcome.value,
            markdown(pod.by or ""),
            markdown_code(pod.uid[:8]),
        ]
        for pod in sorted(run.pods, key=is_harm, reverse=True)[:MOST_PODS]
    ]
    yield from _table(["Pod", "Task instance", "Fate", "Why", "Outcome", "By", "uid"], rows)
    if len(run.pods) > MOST_PODS:
        yield ""
        yield f"{len(run.pods) - MOST_PODS} more pods are in `report.json`."
    if run.evidence:
        yield ""
        yield f"Evidence: {_file(run.evidence)}"
    yield ""
    yield "</details>"
    yield ""


def _circumstances(report: Report) -> Iterator[str]:
    yield "## Environment"
    yield ""
    where = msgspec.structs.asdict(report.environment)
    rows = [
        [name.replace("_", " "), "none, the state was recorded" if value is None else _value(value)]
        for name, value in where.items()
        if name != "equivalence"
    ]
    rows.append(["features claimed", ", ".join(map(markdown_code, report.subject.features)) or "none"])
    rows.append(["ledger SHA-256", markdown_code(report.suite.spec_sha256)])
    yield from _table(["What", "Value"], rows)
    yield ""
    if report.environment.equivalence:
        yield from _emulation(report.environment.equivalence)
    yield "## Settings"
    yield ""
    if report.config:
        yield from _table(
            ["Setting", "Value"], [[markdown_code(name), _value(value)] for name, value in report.config.items()]
        )
    else:
        yield "None were recorded."
    yield ""


def _emulation(equivalence: Equivalence) -> Iterator[str]:
    yield "## Emulation"
    yield ""
    yield f"The API server was emulated. It {markdown(equivalence_line(equivalence))}."
    yield ""
    if equivalence.differences:
        rows = [[markdown_code(each.id), markdown(each.what), markdown(each.why)] for each in equivalence.differences]
        yield from _table(["Difference", "What", "Why"], rows)
        yield ""


def _value(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return markdown_code(value)
    return markdown_code(json.dumps(value, ensure_ascii=False))


def _file(path: str) -> str:
    return f"[{markdown_code(path)}](<{quote(path)}>)"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] + ["---:" if numbers else "---"] * (len(head) - 1))
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
