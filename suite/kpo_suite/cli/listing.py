"""``list`` and ``explain``: what there is, for people and, with ``--json``, for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kpo_suite import catalogue
from kpo_suite.errors import UsageError
from kpo_suite.ledger import requirements
from kpo_suite.subjects import load


class What(StrEnum):
    """What ``list`` can show."""

    REQUIREMENTS = "requirements"
    SCENARIOS = "scenarios"
    REAPERS = "reapers"


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
    columns = {
        What.REQUIREMENTS: ("id", "level", "feature", "text"),
        What.SCENARIOS: ("name", "kind", "examines", "cases"),
        What.REAPERS: ("name", "file"),
    }[what]
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(_cell(row[column])) for column in columns))
    Console(highlight=False).print(table)


def explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A requirement's or a scenario's name.")],
) -> None:
    """Show a requirement with its reason and its scenarios, or a scenario with its page."""
    console = Console(highlight=False)
    for scenario in catalogue.scenarios():
        if scenario.name == identifier:
            console.print(f"[bold]{scenario.name}[/]  examines {', '.join(scenario.examines)}\n")
            console.print(escape(scenario.page))
            return
    requirement = requirements().get(identifier)
    if requirement is None:
        raise UsageError(f"{identifier!r} is no requirement and no scenario; 'kpo-conformance list' shows them.")
    console.print(f"[bold]{requirement.id}[/]  {requirement.level}  feature {requirement.feature}\n")
    console.print(f"  {escape(requirement.text)}\n\n  {escape(requirement.why)}\n")
    names = [each.name for each in catalogue.scenarios() if identifier in each.examines]
    console.print(f"  scenarios  {', '.join(names) or 'none yet'}")


def _requirements() -> list[dict[str, Any]]:
    examined: dict[str, list[str]] = {identifier: [] for identifier in requirements()}
    for scenario in catalogue.scenarios():
        for identifier in scenario.examines:
            examined[identifier].append(scenario.name)
    return [
        {
            "id": each.id,
            "level": each.level,
            "feature": each.feature,
            "text": each.text,
            "why": each.why,
            "scenarios": examined[each.id],
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
    return [{"name": load(path).reaper.name, "file": str(path)} for path in catalogue.reaper_files().values()]


def _cell(value: Any) -> str:
    return (
        ", ".join(value)
        if isinstance(value, list) and len(value) < 4
        else str(len(value))
        if isinstance(value, list)
        else str(value)
    )
