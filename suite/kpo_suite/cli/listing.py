"""``list`` and ``explain``: what there is, for people and, with ``--json``, for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from kpo_fixtures.faults import forms
from kpo_fixtures.faults.catalogue import Fault, faults, invariants
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
    FAULTS = "faults"


_COLUMNS = {
    What.REQUIREMENTS: ("id", "level", "feature", "text"),
    What.SCENARIOS: ("name", "kind", "cases", "examines"),
}


def list_(
    what: Annotated[What, typer.Argument(help="Which list.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """Show the requirements, the installed scenarios, the shipped reaper files or the faults."""
    rows = {
        What.REQUIREMENTS: _requirements,
        What.SCENARIOS: _scenarios,
        What.REAPERS: _reapers,
        What.FAULTS: _faults,
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
    if what is What.FAULTS:
        for row in rows:
            typer.echo(f"{row['id']:<5} {row['name']}")
            for label in ("forms", "requirements", "clusters"):
                typer.echo(f"{'':6}{label:<14}{' '.join(row[label]) or '-'}")
        return
    table = Table(box=None, pad_edge=False)
    widest = max(len(row[_COLUMNS[what][0]]) for row in rows)
    for place, column in enumerate(_COLUMNS[what]):
        # A name is there to be copied, and never cut.
        table.add_column(column, no_wrap=place == 0, min_width=min(widest, 60) if place == 0 else None, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(column, row[column])) for column in _COLUMNS[what]))
    Console(highlight=False).print(table)


def explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A requirement's, a scenario's or a fault's name.")],
) -> None:
    """Show a requirement with its reason and scenarios, a scenario with its page, or a fault with its forms."""
    console = Console(highlight=False)
    scenarios = catalogue.scenarios()
    for scenario in scenarios:
        if scenario.name == identifier:
            console.print(f"[bold]{scenario.name}[/]  examines {', '.join(scenario.examines)}\n")
            console.print(Padding(escape(scenario.page), (0, 2)))
            return
    put = forms().get(identifier)
    fault = faults().get(put.fault if put else identifier)
    if fault is not None:
        _explain_fault(console, fault)
        return
    requirement = requirements().get(identifier)
    if requirement is None:
        raise UsageError(f"{identifier!r} is no requirement, scenario or fault; 'kpo-conformance list' shows them.")
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
    _print_sections(console, told)
    shown = next((each for each in bad if each.example), None)
    if shown and shown.example:
        console.print(Padding(f"how a failure looks, here of {shown.name}", (0, 2)), style="bold")
        console.print(Padding(escape(_example(requirement, shown.example)), (0, 2, 0, 4)))


def _explain_fault(console: Console, fault: Fault) -> None:
    how = {
        "form": "put between two steps of the subject",
        "world": "told by a scenario's world",
        "surroundings": "put into the surroundings of the subject's process",
        "scale": "brought about by size",
    }
    known = requirements()
    told = {
        "reason": f"Seen: {fault.seen}." if fault.seen else "Reasoned, not yet met.",
        "what a reaper breaks that does not stand it": "\n".join(f"{i}: {invariants()[i]}" for i in fault.invariants),
        "requirements that it puts to the test": "\n".join(f"{i}: {known[i].text}" for i in fault.requirements),
        "how it comes about": f"{how[fault.how]}, on {', '.join(fault.clusters)}"
        + (f"; state from {' or '.join(fault.sources)}" if fault.sources else ""),
        "forms": "\n".join(f"{each.id}: the step {each.what}" for each in fault.forms) or "none",
        "exercised by": "\n".join(fault.by) or ("wherever a form is placed" if fault.forms else "nothing yet"),
    }
    console.print(f"[bold]{fault.id}[/]  {fault.name}\n")
    console.print(Padding(escape(fault.what), (0, 2, 1, 2)))
    _print_sections(console, told)


def _print_sections(console: Console, told: Mapping[str, str]) -> None:
    for title, text in told.items():
        console.print(Padding(title, (0, 2)), style="bold")
        if title == "reason":
            console.print(Padding(escape(text), (0, 2, 1, 4)))
            continue
        # Names and addresses are there to be copied: no line is folded or cut.
        for line in (*text.splitlines(), ""):
            console.print(f"    {line}".rstrip(), soft_wrap=True, markup=False)


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


def _faults() -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "name": each.name,
            "what": each.what,
            "seen": each.seen,
            "how": each.how,
            "forms": [form.id for form in each.forms],
            "by": list(each.by),
            "invariants": list(each.invariants),
            "requirements": list(each.requirements),
            "clusters": list(each.clusters),
            "sources": list(each.sources),
        }
        for each in faults().values()
    ]


def _cell(column: str, value: Any) -> str:
    if column == "cases":
        return str(len(value))
    return ", ".join(value) if isinstance(value, list) else str(value)
