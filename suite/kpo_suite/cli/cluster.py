"""``cluster probe``: does a cluster do what the suite relies on? One line for each check that says no."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kpo_fixtures.clusters.backends import NAMES, cluster_named
from kpo_fixtures.clusters.probe import CheckResult, Outcome, ProbeReport, run_probe, selected
from kpo_suite.errors import UsageError

application = typer.Typer(help="The clusters that scenarios run on.", no_args_is_help=True)


@application.callback()
def _cluster() -> None:
    """The clusters that scenarios run on."""


@application.command("probe")
def probe(
    cluster: Annotated[str, typer.Option(help=f"One of {', '.join(NAMES)}.")] = NAMES[0],
    json: Annotated[bool, typer.Option("--json", help="The report as JSON on standard output.")] = False,
    select: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only checks whose id or topic matches; may be repeated.")
    ] = None,
    kubeconfig: Annotated[str | None, typer.Option(help="The file, for --cluster kubeconfig.")] = None,
    context: Annotated[str | None, typer.Option(help="Its context, for --cluster kubeconfig.")] = None,
) -> int:
    """Examine a cluster by checks of the Kubernetes API. Exit code 0 where all hold, 1 where one does not."""
    if cluster != "kubeconfig" and (kubeconfig or context):
        raise UsageError(f"--kubeconfig and --context are for --cluster kubeconfig, not for {cluster}.")
    checks = selected(select or ())
    if not checks:
        raise UsageError(f"no check is called like {', '.join(select or ())}; leave --select out to make all of them.")
    options: dict[str, Any] = {"kubeconfig": kubeconfig, "context": context} if cluster == "kubeconfig" else {}
    with cluster_named(cluster, controllers=True, **options) as running:
        report = run_probe(running, checks=checks)
    if json:
        typer.echo(orjson.dumps(report.data(), option=orjson.OPT_INDENT_2).decode())
    else:
        _print(report)
    return 1 if report.failed else 0


def _print(report: ProbeReport) -> None:
    console = Console(highlight=False)
    kind = "emulated" if report.emulated else "real"
    console.print(f"{report.backend}, Kubernetes {report.kubernetes_version} ({kind})\n")
    table = Table(box=None, pad_edge=False)
    for column in ("topic", "passed", "failed", "not applicable"):
        table.add_column(column, justify="left" if column == "topic" else "right")
    for topic in dict.fromkeys(result.topic for result in report.results):
        outcomes = [result.outcome for result in report.results if result.topic == topic]
        table.add_row(topic, *(str(outcomes.count(outcome)) for outcome in Outcome))
    console.print(table)
    for outcome in (Outcome.NOT_APPLICABLE, Outcome.FAILED):
        for result in report.results:
            if result.outcome is outcome:
                console.print(_told(result), soft_wrap=True)
    for difference in report.differences:
        console.print(f"\ndiffers  [bold]{escape(difference.id)}[/]  {escape(difference.what)}", soft_wrap=True)
    counted = f"{report.passed} passed, {report.failed} failed, {report.not_applicable} not applicable"
    console.print(f"\n{report.checks} checks: {counted}")


def _told(result: CheckResult) -> str:
    """A check that did not pass, what it pins, and what was seen."""
    colour = "red" if result.outcome is Outcome.FAILED else "yellow"
    head = f"\n[{colour}]{result.outcome}[/]  [bold]{escape(f'{result.topic}/{result.id}')}[/]"
    return f"{head}\n  pins      {escape(result.pins)}\n  observed  {escape(result.reason)}"
