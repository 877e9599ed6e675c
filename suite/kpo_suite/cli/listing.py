"""``list`` and ``explain``: what there is, for people and, with ``--json``, for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
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
        # There to be copied: a table would cut or fold the paths.
        width = max(len(row["name"]) for row in rows)
        for row in rows:
            typer.echo(f"{row['name']:<{width}}  {row['file']}")
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
    console.print(f"[bold]{requirement.id}[/]  {requirement.level}  feature {requirement.feature}\n")
    for text in (requirement.text, requirement.why):
        console.print(Padding(escape(text), (0, 2, 1, 2)))
    names = [each.name for each in scenarios if identifier in each.examines]
    console.print(Padding("\n".join(["scenarios", *(f"  {name}" for name in names or ["none yet"])]), (0, 2)))


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


def _cell(column: str, value: Any) -> str:
    if column == "cases":
        return str(len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)
