"""``list`` and ``explain``: what there is, for people and, with ``--json``, for programs."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from kpo_reports import Result, Verdict, failure_text
from kpo_suite import catalogue
from kpo_suite.errors import UsageError
from kpo_suite.ledger import Requirement, requirements
from kpo_suite.subjects.shipped import Example


class What(StrEnum):
    """What ``list`` can show."""

    REQUIREMENTS = "requirements"
    SCENARIOS = "scenarios"
    REAPERS = "reapers"


_COLUMNS = {
    What.REQUIREMENTS: ("id", "level", "feature", "text"),
    What.SCENARIOS: ("name", "kind", "cases", "examines"),
}


def list_(
    what: Annotated[What, typer.Argument(help="Which list.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Show the requirements, the installed scenarios or the shipped reaper files."""
    rows = {
        What.REQUIREMENTS: _requirements,
        What.SCENARIOS: _scenarios,
        What.REAPERS: _reapers,
    }[what]()
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if what is What.REAPERS:
        # Names are there to be copied and sentences to be read: neither is cut or folded into a column.
        names, fails = (max(len(row[column]) for row in rows) for column in ("name", "fails"))
        for row in rows:
            typer.echo(f"{row['name']:<{names}}  {row['fails'] or '-':<{fails}}  {row['sentence']}")
        return
    table = Table(box=None, pad_edge=False)
    widest = max(len(row[_COLUMNS[what][0]]) for row in rows)
    for place, column in enumerate(_COLUMNS[what]):
        # A name is there to be copied, and never cut.
        table.add_column(column, no_wrap=place == 0, min_width=min(widest, 60) if place == 0 else None)
    for row in rows:
        table.add_row(*(escape(_cell(column, row[column])) for column in _COLUMNS[what]))
    Console(highlight=False).print(table)


def explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A requirement's or a scenario's name.")],
) -> None:
    """Show a requirement with its reason and its scenarios, or a scenario with its page."""
    console = Console(highlight=False)
    scenarios = catalogue.scenarios()
    for scenario in scenarios:
        if scenario.name == identifier:
            console.print(f"[bold]{scenario.name}[/]  examines {', '.join(scenario.examines)}\n")
            console.print(Padding(escape(scenario.page), (0, 2)))
            return
    requirement = requirements().get(identifier)
    if requirement is None:
        raise UsageError(f"{identifier!r} is no requirement and no scenario; 'kpo-conformance list' shows them.")
    bad = [each for each in catalogue.shipped_reapers().values() if each.fails == identifier]
    needs = "\nIt shows only under an injected fault." if requirement.fault else ""
    told = {
        "reason": requirement.why + needs,
        "sources": "\n".join(_sources(requirement.why)) or "measured or reasoned, see above",
        "scenarios": "\n".join(each.name for each in scenarios if identifier in each.examines) or "none yet",
        "known-bad reapers that it fails": "\n".join(f"{each.name}: {each.sentence}" for each in bad) or "none yet",
    }
    console.print(f"[bold]{requirement.id}[/]  {requirement.level}  feature {requirement.feature}\n")
    console.print(Padding(escape(requirement.text), (0, 2, 1, 2)))
    for title, text in told.items():
        console.print(Padding(title, (0, 2)), style="bold")
        if title == "reason":
            console.print(Padding(escape(text), (0, 2, 1, 4)))
            continue
        # Names and addresses are there to be copied: no line is folded or cut.
        for line in (*text.splitlines(), ""):
            console.print(f"    {line}".rstrip(), soft_wrap=True, markup=False)
    shown = next((each for each in bad if each.example), None)
    if shown and shown.example:
        console.print(Padding(f"how a failure looks, here of {shown.name}", (0, 2)), style="bold")
        console.print(Padding(escape(_example(requirement, shown.example)), (0, 2, 0, 4)))


def _sources(why: str) -> list[str]:
    """The issues that a reason names, as addresses."""
    found = re.findall(r"(?:([\w.-]+/[\w.-]+))?#(\d+)", why)
    addresses = (f"https://github.com/{repo or 'apache/airflow'}/issues/{number}" for repo, number in found)
    return list(dict.fromkeys(addresses))


def _example(requirement: Requirement, example: Example) -> str:
    return failure_text(
        Result(
            scenario=example.scenario,
            requirement=requirement.id,
            level=requirement.level,
            verdict=Verdict.FAIL,
            reason=example.observed,
            required=requirement.text,
            observed=example.observed,
            because=example.because,
            seconds=0.0,
        ),
        width=72,
    )


def _requirements() -> list[dict[str, Any]]:
    examined: dict[str, list[str]] = {identifier: [] for identifier in requirements()}
    for scenario in catalogue.scenarios():
        for identifier in scenario.examines:
            examined[identifier].append(scenario.name)
    failed: dict[str, list[str]] = {identifier: [] for identifier in requirements()}
    for reaper in catalogue.shipped_reapers().values():
        if reaper.fails:
            failed[reaper.fails].append(reaper.name)
    return [
        {
            "id": each.id,
            "level": each.level,
            "feature": each.feature,
            "text": each.text,
            "why": each.why,
            "fault": each.fault,
            "scenarios": examined[each.id],
            "known_bad": failed[each.id],
        }
        for each in requirements().values()
    ]


def _scenarios() -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "kind": each.kind,
            "examines": list(each.examines),
            "cases": [case.id for case in each.cases()],
            "page": each.page,
        }
        for each in catalogue.scenarios()
    ]


def _reapers() -> list[dict[str, Any]]:
    return [
        {"name": each.name, "fails": each.fails, "because": each.because, "sentence": each.sentence}
        for each in catalogue.shipped_reapers().values()
    ]


def _cell(column: str, value: Any) -> str:
    if column == "cases":
        return str(len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)
