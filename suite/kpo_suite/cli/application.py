"""The commands put together, and what becomes of their errors."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from kpo_fixtures.errors import FixtureError
from kpo_reports import ReportError
from kpo_suite.cli import cluster, environments, listing, running, selftest
from kpo_suite.errors import ScenarioError, UsageError

USAGE, UNDECIDED = 2, 3

application = typer.Typer(
    name="kpo-conformance",
    help="Conformance and chaos suite for programs that reap zombie KubernetesPodOperator pods.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
application.command("run")(running.run)
application.command("replay")(running.replay)
application.command("list")(listing.list_)
application.command("explain")(listing.explain)
application.command("selftest")(selftest.selftest)
application.add_typer(cluster.application, name="cluster")
application.add_typer(environments.application, name="airflow")


def run() -> int:
    """Run the command line and return its exit code; typer turns KeyboardInterrupt into 130."""
    try:
        code = application(standalone_mode=False)
    except (UsageError, FixtureError, ReportError) as error:
        return _say(str(error), USAGE)
    except ScenarioError as error:
        return _say(f"a scenario is not valid: {error}", UNDECIDED)
    except typer.Exit as exit_:
        return exit_.exit_code
    except Exception as error:
        show = getattr(error, "show", None)  # a usage error of click, which typer carries under a private name
        if show is None:
            raise
        show()
        return USAGE
    return code if isinstance(code, int) else 0


def _say(sentence: str, code: int) -> int:
    told = escape(sentence.rstrip(".") + ".")
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]kpo-conformance:[/] {told}")
    return code
