"""The command line: ``kpo-conformance run | list | explain | replay | airflow``, a thin layer over pytest."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import typer
from rich.console import Console
from rich.markup import escape

from kpo_fixtures.errors import FixtureError
from kpo_reports import ReportError
from kpo_suite.cli import environments, listing, running
from kpo_suite.errors import ScenarioError, UsageError

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
application.add_typer(environments.application, name="airflow")

INTERRUPTED = 130


def main() -> None:
    """Entry point. Errors of the user end with one sentence and exit code 2, Ctrl-C and SIGTERM with 130."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = application(standalone_mode=False)
    except (UsageError, FixtureError, ReportError) as error:
        _say(str(error))
        sys.exit(2)
    except ScenarioError as error:
        _say(f"a scenario is not valid: {error}")
        sys.exit(3)
    except typer.Exit as exit_:
        sys.exit(exit_.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        show = getattr(error, "show", None)  # a usage error of click, which typer carries under a private name
        if show is None:
            raise
        show()
        sys.exit(2)
    if code == INTERRUPTED:  # typer turns KeyboardInterrupt into this code
        _say("interrupted; everything that was started has been stopped")
    sys.exit(code if isinstance(code, int) else 0)


def _say(sentence: str) -> None:
    told = escape(sentence.rstrip(".") + ".")
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]kpo-conformance:[/] {told}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does, so that what it started is stopped."""
    del number, frame
    raise KeyboardInterrupt
