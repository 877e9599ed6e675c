"""The command line of kpo-reaper. Exit codes: 0 all went well, 1 a part of the sweep failed, 2 it was not begun."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PARTLY_FAILED = 1
NOT_BEGUN = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``kpo-reaper`` with ``argv`` (default: the process's) and return its exit code.

    argparse raises SystemExit for ``--help``, ``--version`` and for arguments that it does not know.
    """
    flags = vars(_parser().parse_args(argv))
    command, config = flags.pop("command"), flags.pop("config")
    assert command == "sweep", "argparse knows no other"
    # What follows is imported late so that --help and a mistyped flag answer at once.
    from kpo_reaper.errors import SettingsError
    from kpo_reaper.report import Report
    from kpo_reaper.settings import load

    try:
        settings = load(flags, environ=os.environ, config=config)
        with _without_collecting():
            from kpo_reaper.sweep import sweep

        report = Report(output=settings.output, dry_run=settings.dry_run)
        sweep(settings, report)
    except SettingsError as error:
        sys.stderr.write(f"kpo-reaper: {error}\n")
        return NOT_BEGUN
    except BrokenPipeError:
        # No one reads what is deleted, so no more is; and the interpreter shall not stumble over it at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PARTLY_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return PARTLY_FAILED if report.failed else 0


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Imports make many objects and leave no garbage: looking for it takes a sixth of a small sweep's CPU time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"kpo-reaper {version('kpo-reaper')}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kpo-reaper",
        description="Deletes the pods that Airflow's KubernetesPodOperator left behind, and nothing else.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sweep = commands.add_parser(
        "sweep",
        allow_abbrev=False,
        help="look once at every pod in the scope and delete the zombies",
        description="Looks once at every pod in the scope and deletes the zombies, oldest first.",
        epilog="Every flag is also a variable (KPO_REAPER_MIN_AGE) and a key of the settings file (min_age). "
        "Times are seconds or as 90s, 5m, 2h. Exit codes: 0 all went well, 1 a part failed, 2 not begun.",
    )
    scope = sweep.add_argument_group("scope")
    scope.add_argument(
        "--namespace",
        dest="namespaces",
        action="append",
        metavar="NS",
        help="a namespace to sweep; may be given several times",
    )
    scope.add_argument(
        "--all-namespaces", action="store_const", const=True, help="sweep every namespace of the cluster"
    )
    scope.add_argument(
        "--exclusive-scope",
        action="store_const",
        const=True,
        help="no other Airflow uses the scope: also delete pods of known DAGs that no task instance fits any more",
    )
    stores = sweep.add_argument_group("where")
    stores.add_argument("--kubeconfig", metavar="FILE", help="default: $KUBECONFIG, else the pod's service account")
    stores.add_argument(
        "--sql-alchemy-conn",
        metavar="DSN",
        help="Airflow's database; default: $AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    )
    stores.add_argument("--config", metavar="FILE", help="settings as TOML; default: $KPO_REAPER_CONFIG")
    bounds = sweep.add_argument_group("bounds")
    bounds.add_argument("--min-age", metavar="TIME", help="keep a pod that no task instance fits until then (5m)")
    bounds.add_argument("--terminal-age", metavar="TIME", help="keep a pod for so long after its end (5m)")
    bounds.add_argument("--max-deletions", metavar="N", help="delete at most so many pods in a sweep (100)")
    bounds.add_argument("--request-timeout", metavar="TIME", help="for one request or one database read (30s)")
    bounds.add_argument("--deadline", metavar="TIME", help="for the whole sweep (5m)")
    sweep.add_argument("--dry-run", action="store_const", const=True, help="decide as ever, delete nothing")
    sweep.add_argument("--output", choices=("text", "json"), help="lines for people, or one JSON object each (text)")
    return parser
