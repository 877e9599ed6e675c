"""The report as JUnit XML, in the dialect of Jenkins' junit-10.xsd, which GitLab, GitHub actions and IDEs read too.

One testsuite for each area of the ledger (KEEP, REAP, ...), one testcase for each result. Red and exit code agree: a
``failure`` is what makes the exit code 1, an ``error`` what makes it 3. What decides nothing (an unmet SHOULD, a known
failure, an unsupported feature) is ``skipped``, with its verdict and text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree as ET

from kpo_reports.escapes import one_line, printable
from kpo_reports.model import Report, Result
from kpo_reports.verdicts import NOT_SHOWN, Level, Verdict
from kpo_reports.wording import failure_text

Colour = Literal["passed", "failure", "error", "skipped"]


def junit_xml(report: Report) -> str:
    """The XML document. Redaction is the caller's; escaping is done here."""
    areas: dict[str, list[Result]] = {}
    for result in report.results:
        areas.setdefault(result.requirement.partition("-")[0], []).append(result)
    root = ET.Element(
        "testsuites",
        _counts(report.results),
        name=one_line(f"{report.suite.name}: {report.subject.name} {report.subject.version}"),
        time=_seconds(report.seconds),
    )
    root.extend(_testsuite(report, area, results) for area, results in areas.items())
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def colour(result: Result) -> Colour:
    """How JUnit readers see a result."""
    match result.verdict:
        case Verdict.PASS:
            return "passed"
        case Verdict.SUITE_ERROR:
            return "error"
        case Verdict.INCONCLUSIVE if result.level is Level.MUST:
            return "error"
        case verdict if verdict in NOT_SHOWN and result.level is Level.MUST:
            return "failure"
    return "skipped"


def _testsuite(report: Report, area: str, results: Sequence[Result]) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        _counts(results),
        name=one_line(area),
        skipped=str(sum(colour(result) == "skipped" for result in results)),
        time=_seconds(sum(result.seconds for result in results)),
        timestamp=report.started.strftime("%Y-%m-%dT%H:%M:%S"),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _circumstances(report).items():
        ET.SubElement(properties, "property", name=name, value=one_line(value))
    suite.extend(_testcase(area, result) for result in results)
    return suite


def _circumstances(report: Report) -> dict[str, str]:
    where = report.environment
    return {
        "subject": f"{report.subject.name} {report.subject.version}",
        "spec_version": report.suite.spec_version,
        "cluster": f"{where.cluster} (emulated)" if where.emulated else where.cluster,
        "kubernetes_version": where.kubernetes_version,
        "airflow_version": where.airflow_version,
        "provider_version": where.provider_version or "recorded",
        "state_source": where.state_source,
    }


def _testcase(area: str, result: Result) -> ET.Element:
    case = ET.Element(
        "testcase",
        # Jenkins takes what stands before the last dot for a package.
        classname=one_line(f"{area}.{result.requirement}"),
        name=one_line(f"{result.scenario} [{result.fault}]" if result.fault else result.scenario),
        time=_seconds(result.seconds),
    )
    if (shown := colour(result)) != "passed":
        element = ET.SubElement(
            case,
            shown,
            type=result.verdict.value,
            message=one_line(f"{result.level} {result.verdict}: {result.reason}"),
        )
        element.text = f"\n{printable(failure_text(result))}\n"
    return case


def _counts(results: Sequence[Result]) -> dict[str, str]:
    colours = [colour(result) for result in results]
    return {
        "tests": str(len(colours)),
        "failures": str(colours.count("failure")),
        "errors": str(colours.count("error")),
    }


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
