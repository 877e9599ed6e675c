"""The findings as a page for people."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kpo_suite.ledger import Requirement
from kpo_suite.selftest.findings import HIGHEST_FLOOR, Findings


def print_page(console: Console, findings: Findings, requirements: Mapping[str, Requirement]) -> None:
    """Print the kill matrix by requirement, then what the whole comes to."""
    table = Table(box=None, pad_edge=False)
    table.add_column("requirement", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("known-bad reapers that it fails")
    for identifier, requirement in requirements.items():
        names = findings.matrix.get(identifier, ())
        told = ", ".join(names) or ("[dim]awaits faults[/]" if requirement.fault else "[red]none[/]")
        table.add_row(identifier, str(requirement.level), told)
    console.print(table)
    console.print()
    _line(console, "kill score", not findings.survivors, f"{findings.killed} of {findings.known_bad} known-bad reapers")
    for name, told in findings.survivors.items():
        console.print(f"    {name}: {told}", markup=False)
    for name, why in findings.not_run.items():
        console.print(f"    not run: {name}, {why}", markup=False)
    unexpected = [each for each in findings.unproven if each not in findings.awaiting_faults]
    proven = len(requirements) - len(findings.unproven)
    _line(
        console,
        "proven",
        not unexpected,
        f"{proven} of {len(requirements)} requirements; {len(findings.awaiting_faults)} can be shown only under faults",
    )
    if unexpected:
        console.print(f"    unproven: {', '.join(unexpected)}", markup=False)
    for name, share in findings.floor.items():
        _line(console, "floor", share <= HIGHEST_FLOOR, f"{name} passes {share:.1%} of its verdicts")
    same = f"{findings.repeats} times the same history of every case"
    _line(console, "determinism", findings.deterministic, same if findings.deterministic else "histories differ")
    for case in findings.flips:
        console.print(f"    {case}", markup=False)
    _line(console, "honesty", findings.honest, "the reference reaper refuses what does not exist")
    for defect in findings.defects:
        console.print(f"    defect: {defect}", markup=False)
    console.print()
    console.print("The suite may be trusted." if findings.sound else "[red]The suite may not be trusted.[/]")


def _line(console: Console, what: str, good: bool, told: str) -> None:
    mark = "[green]ok[/]  " if good else "[red]bad[/] "
    console.print(f"{mark} {what:<12}{escape(told)}")
