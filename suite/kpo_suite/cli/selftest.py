"""``selftest``: let pytest make the trials and say what they come to."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console

from kpo_suite import catalogue
from kpo_suite.ledger import requirements

if TYPE_CHECKING:
    from kpo_suite.selftest.plugin import Gathering
    from kpo_suite.selftest.trial import Purpose

# pytest is imported where it is run: whoever lists and explains need not wait for it.

FAILED = 1
_MANY, _ONE = 4, 1
"""Workers of the second and of the third time that every case is run."""


def selftest(
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
    workers: Annotated[
        int | None, typer.Option("-n", min=1, max=64, help="Processes side by side. Default: as many as cores.")
    ] = None,
) -> int:
    """Examine the suite itself: known-bad reapers, null reapers, determinism, honesty.

    Exit codes: 0 the suite may be trusted, 1 it may not.
    """
    from kpo_suite.progress import RunProgress
    from kpo_suite.selftest.findings import as_json, conclude
    from kpo_suite.selftest.page import print_page
    from kpo_suite.selftest.plugin import Gathering

    reapers = catalogue.shipped_reapers()
    gathering = Gathering()
    count = workers or os.cpu_count() or 1
    with contextlib.closing(RunProgress()) as progress:
        rounds: Sequence[tuple[str, Sequence[Purpose], int]] = (
            ("known-bad and null reapers", ("kill", "floor", "honesty", "repeat"), count),
            (f"every case again, on {_MANY} workers", ("repeat",), _MANY),
            (f"every case again, on {_ONE} worker", ("repeat",), _ONE),
        )
        for title, purposes, processes in rounds:
            if not json:
                progress.console.print(f"{title} ...", style="dim")
            _make(gathering, purposes, processes)
    findings = conclude(
        gathering.outcomes, reapers, requirements(), not_run=catalogue.not_runnable(), broken=gathering.broken
    )
    if json:
        typer.echo(orjson.dumps(as_json(findings), option=orjson.OPT_INDENT_2).decode())
    else:
        print_page(Console(highlight=False), findings, requirements())
    return 0 if findings.sound else FAILED


def _make(gathering: Gathering, purposes: Sequence[Purpose], workers: int) -> None:
    """One pytest run over the trials of these purposes."""
    import pytest

    words = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="kpo-conformance-") as scratch,
        _variable("KPO_SELFTEST_PURPOSES", purposes),
    ):
        arguments = [
            "--pyargs",
            "kpo_suite.selftest.trials",
            "-c",
            str(files("kpo_suite").joinpath("run.ini")),
            f"--rootdir={Path.cwd()}",
            "--noconftest",
            "-p",
            "no:cacheprovider",
            "-p",
            "kpo_suite.selftest.plugin",
            f"--basetemp={scratch}/pytest",
            *(["-n", str(workers)] if workers > 1 else []),
        ]
        with contextlib.redirect_stdout(words):
            code = pytest.main(arguments, plugins=[gathering])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        gathering.broken.append(f"pytest ended with exit code {int(code)}: {words.getvalue()[-2000:]}")


@contextlib.contextmanager
def _variable(name: str, purposes: Sequence[Purpose]) -> Iterator[None]:
    """Set an environment variable for the time of the context: it reaches every worker."""
    before = os.environ.get(name)
    os.environ[name] = ",".join(purposes)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
