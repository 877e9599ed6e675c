"""The command line of kpo-reaper. Exit codes: 0 all went well, 1 a part of the sweep failed, 2 it was not begun."""

from __future__ import annotations

import argparse
import functools
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kpo_reaper.report import Report
    from kpo_reaper.settings import Settings

PARTLY_FAILED = 1
NOT_BEGUN = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``kpo-reaper`` with ``argv`` (default: the process's) and return its exit code.

    argparse raises SystemExit for ``--help``, ``--version`` and for arguments that it does not know.
    """
    flags = vars(_parser().parse_args(argv))
    command, config, pod = flags.pop("command"), flags.pop("config"), flags.pop("pod", None)
    # What follows is imported late so that --help and a mistyped flag answer at once.
    from kpo_reaper.errors import SettingsError, UnheardError
    from kpo_reaper.report import Report
    from kpo_reaper.settings import load

    try:
        settings = load(flags, environ=os.environ, config=config, namespace=pod and pod[0])
        report = Report(output=settings.output, dry_run=settings.dry_run)
        _run(command, pod, settings, report)
    except SettingsError as error:
        _complain(error)
        return NOT_BEGUN
    except UnheardError as error:
        # No one reads what is deleted, so no more is; and the interpreter shall not stumble over it at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error.__cause__, BrokenPipeError):
            _complain(error)
        return PARTLY_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return PARTLY_FAILED if report.failed else 0


def _complain(error: Exception) -> None:
    """Say it on standard error, if there is one that takes it."""
    with suppress(OSError, AttributeError):
        sys.stderr.write(f"kpo-reaper: {error}\n")
        sys.stderr.flush()


def _run(command: str, pod: tuple[str, str] | None, settings: Settings, report: Report) -> None:
    if command == "check":
        with _without_collecting():
            from kpo_reaper.check import check
        check(settings, report)
    elif pod:
        with _without_collecting():
            from kpo_reaper.explain import explain
        explain(pod, settings, report)
    else:
        with _without_collecting():
            from kpo_reaper.sweep import sweep
        sweep(settings, report)


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


@functools.cache
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kpo-reaper",
        description="Deletes the pods that Airflow's KubernetesPodOperator left behind, and nothing else.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sweep = _command(
        commands,
        "sweep",
        "look once at every pod in the scope and delete the zombies",
        "Looks once at every pod in the scope and deletes the zombies, oldest first.",
    )
    _add_bounds(sweep)
    sweep.add_argument("--dry-run", action="store_const", const=True, help="decide as ever, delete nothing")
    check = _command(
        commands,
        "check",
        "see whether both stores answer and the rights are enough",
        "Sees whether the API server and Airflow answer, Airflow's version is known and the rights are enough.",
    )
    _add_times(check.add_argument_group("bounds"))
    explain = _command(
        commands,
        "explain",
        "say what would be done with one pod, and why",
        "Says what a sweep would do with one pod, and why. Without a scope, that is the pod's namespace.",
    )
    explain.add_argument("pod", metavar="NAMESPACE/POD", type=_pod, help="the pod, as airflow/etl-load-x7f2")
    _add_ages(explain.add_argument_group("bounds"))
    return parser


def _pod(text: str) -> tuple[str, str]:
    namespace, _, name = text.partition("/")
    if not namespace or not name or "/" in name:
        raise argparse.ArgumentTypeError("it must be a namespace, a slash and a pod's name")
    return namespace, name


def _command(commands: Any, name: str, line: str, description: str) -> argparse.ArgumentParser:
    """A command with the flags that all of them have: the scope, the two stores and the form of what is printed."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        allow_abbrev=False,
        help=line,
        description=description,
        epilog="Every flag is also a variable (KPO_REAPER_MIN_AGE) and a key of the settings file (min_age). "
        "Times are seconds or as 90s, 5m, 2h. Exit codes: 0 all went well, 1 a part failed, 2 not begun.",
    )
    scope = parser.add_argument_group("scope")
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
    stores = parser.add_argument_group("where")
    stores.add_argument("--kubeconfig", metavar="FILE", help="default: $KUBECONFIG, else the pod's service account")
    stores.add_argument(
        "--cluster-uid",
        metavar="UID",
        help="delete nothing where the namespace kube-system has another uid; needs get on it",
    )
    stores.add_argument(
        "--sql-alchemy-conn",
        metavar="DSN",
        help="Airflow's database; default: $AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    )
    stores.add_argument(
        "--airflow-url",
        metavar="URL",
        help="Airflow's REST API instead of its database; default: $AIRFLOW__API__BASE_URL",
    )
    stores.add_argument("--airflow-token", metavar="TOKEN", help="for the REST API; default: $AIRFLOW_CLI_TOKEN")
    stores.add_argument("--airflow-username", metavar="NAME", help="for the REST API, instead of a token")
    stores.add_argument("--airflow-password", metavar="PASSWORD", help="belongs to the name")
    stores.add_argument("--config", metavar="FILE", help="settings as TOML; default: $KPO_REAPER_CONFIG")
    parser.add_argument("--output", choices=("text", "json"), help="lines for people, or one JSON object each (text)")
    return parser


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    bounds = parser.add_argument_group("bounds")
    _add_ages(bounds)
    bounds.add_argument("--max-deletions", metavar="N", help="delete at most so many pods in a sweep (100)")
    bounds.add_argument(
        "--breaker-share",
        metavar="PART",
        help="delete none if more than this part of the pods look like zombies (0.5) ..",
    )
    bounds.add_argument("--breaker-floor", metavar="N", help=".. and they are more than N (50)")


def _add_ages(bounds: Any) -> None:
    bounds.add_argument("--min-age", metavar="TIME", help="keep a pod that no task instance fits until then (5m)")
    bounds.add_argument("--terminal-age", metavar="TIME", help="keep a pod for so long after its end (5m)")
    _add_times(bounds)


def _add_times(bounds: Any) -> None:
    bounds.add_argument("--request-timeout", metavar="TIME", help="for one request or one database read (30s)")
    bounds.add_argument("--deadline", metavar="TIME", help="for all of it (5m)")
