"""``run`` and ``replay``: check the user's words, run pytest on the scenarios, write and print the report."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from kpo_reports import Paths, Report, check_writable, decisive, exit_code, print_report
from kpo_suite import catalogue
from kpo_suite.errors import UsageError
from kpo_suite.settings import CLUSTERS, RunSettings, settle
from kpo_suite.tokens import Token
from kpo_suite.transformations import PLAIN

if TYPE_CHECKING:
    import pytest

    from kpo_suite.progress import RunProgress

# pytest is imported where it is run: whoever lists and explains need not wait for it.

DEFAULT_REPORT = "conformance-report"
UNDECIDED = 3
_MOST_WORKERS = 4
_SHARED = ("kind", "kubeconfig")
"""Backends of which the workers of a run would have the same cluster."""
_CASES_WORTH_A_WORKER = 6
_VERDICTS_GIVEN = (0, 1)  # pytest.ExitCode.OK and TESTS_FAILED
ReaperOption = Annotated[
    str | None,
    typer.Option("--reaper", metavar="FILE|NAME", help="The subject's reaper.toml, or a shipped reaper's name."),
]
ReportOption = Annotated[str, typer.Option("--report", metavar="DIR", help="Folder for the reports.")]
KubeconfigOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="The cluster of the backend kubeconfig. Default: KUBECONFIG, else ~/.kube/config."
    ),
]
ContextOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Its context in the kubeconfig. Default: the current one.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "-n", min=1, max=64, help="Processes that run scenarios side by side. Default: by cores and scenarios."
    ),
]


def run(
    reaper: ReaperOption = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="BACKEND", help=f"Where it happens: {', '.join(CLUSTERS)}.")
    ] = None,
    airflow: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Airflow generation (3.3) or all of them (all); with --live a version."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="Where task state comes from: Airflow's database (sql) or REST API (rest)."
        ),
    ] = None,
    airflow_schema: Annotated[
        str | None,
        typer.Option(metavar="SCHEMA", help="Airflow's tables: recorded, or migrated by the installed Airflow itself."),
    ] = None,
    worlds: Annotated[
        str | None,
        typer.Option(
            metavar="WORLDS",
            help="What every world goes through without a change of verdict: unrelated, permuted, paged, shifted, "
            "renamed, all; default: plain.",
        ),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="Faults at every step of every replay world: single (one of each effect), every (all that fit), "
            "pairs (sampled two by two); default: none.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="With --faults: which of those that are alike.")] = 0,
    budget: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --faults: put no more after this time, as 5m; default for pairs: 60s."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Run the live scenarios, on a real Airflow, instead of the replay ones.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this scenario or requirement; repeatable, globs allowed."),
    ] = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    workers: WorkersOption = None,
    report: ReportOption = DEFAULT_REPORT,
) -> int:
    """Run the scenarios against a reaper and write the conformance report.

    Exit codes: 0 conformant, 1 a MUST failed, 2 usage, 3 the suite could not tell.
    """
    settings = settle(
        reaper=reaper,
        cluster=cluster,
        kubeconfig=kubeconfig,
        context=context,
        airflow=airflow,
        live=live,
        source=source,
        schema=airflow_schema,
        worlds=worlds,
        faults=faults,
        seed=seed,
        budget=budget,
        select=tuple(select or ()),
        report=report,
    )
    check_writable(Path(report))
    return _run(settings, reaper, _fitting_workers(settings, workers))


def replay(
    token: Annotated[str, typer.Argument(help="What a failure printed after 'replay'.")],
    reaper: ReaperOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    report: ReportOption = DEFAULT_REPORT,
) -> int:
    """Run again exactly the case that a replay token names."""
    found = Token.parse(token)
    settings = settle(
        reaper=reaper,
        cluster=found.cluster,
        kubeconfig=kubeconfig,
        context=context,
        airflow=found.airflow,
        source=found.source,
        schema=found.schema,
        worlds=found.worlds,
        plan=found.faults,
        seed=found.seed,
        without=found.without,
        live=found.live,
        select=(found.case,),
        report=report,
    )
    check_writable(Path(report))
    return _run(settings, reaper, _fitting_workers(settings, None))


def _fitting_workers(settings: RunSettings, asked: int | None) -> int:
    """How many processes are worth their start: a testbed each, and for live scenarios a whole Airflow.

    Raises UsageError for a selection that means nothing, and for several workers on one cluster.
    """
    if settings.cluster in _SHARED:
        if (asked or 1) > 1:
            raise UsageError(f"-n {asked} cannot be had on {settings.cluster}: its cluster holds one world at a time.")
        asked = 1
    most = min(os.cpu_count() or 1, _MOST_WORKERS)
    if settings.select:
        cases = catalogue.selection(settings.select, live=settings.live)
        count = len(cases) * len(settings.generations) * len(settings.transformations)
        most = max(1, min(most, count if settings.faults != "none" else count // _CASES_WORTH_A_WORKER))
    return asked or (1 if settings.live else most)


def pytest_arguments(settings: RunSettings, reaper: str | None, workers: int) -> list[str]:
    """The arguments that make pytest do this run; anybody may give them to pytest by hand."""
    arguments = ["--pyargs", *catalogue.scenario_packages()]
    for name, value in (
        ("reaper", reaper and (str(Path(reaper).resolve()) if Path(reaper).exists() else reaper)),
        ("cluster", settings.cluster),
        ("kubeconfig", settings.kubeconfig and str(Path(settings.kubeconfig).resolve())),
        ("context", settings.context),
        ("airflow", settings.airflow),
        ("source", settings.source if settings.source != "sql" else None),
        ("airflow-schema", settings.schema if settings.schema != "recorded" else None),
        ("worlds", settings.worlds if settings.worlds != PLAIN else None),
        ("faults", settings.faults if settings.faults != "none" else None),
        ("seed", settings.seed),
        ("budget", settings.budget and f"{settings.budget:g}s"),
        ("plan", str(settings.plan)),
        ("report", settings.report and str(settings.report.resolve())),
    ):
        if value:
            arguments.append(f"--kpo-{name}={value}")
    arguments += [f"--kpo-without={part}" for part in settings.without]
    arguments += [f"--kpo-select={pattern}" for pattern in settings.select]
    arguments += ["--kpo-live"] if settings.live else []
    arguments += ["-n", str(workers)] if workers > 1 else []
    return arguments


def _run(settings: RunSettings, reaper: str | None, workers: int) -> int:
    import pytest

    from kpo_suite.progress import RunProgress

    arguments = pytest_arguments(settings, reaper, workers)
    ini = str(files("kpo_suite").joinpath("run.ini"))
    ours = ["-c", ini, f"--rootdir={Path.cwd()}", "--noconftest", "-p", "no:cacheprovider"]
    pytests_words = io.StringIO()
    progress = RunProgress()
    with contextlib.closing(progress), tempfile.TemporaryDirectory(prefix="kpo-conformance-") as scratch:
        _announce(progress, settings, arguments)
        if settings.live:
            _install(progress, settings.airflow)
        keeper = _Keeper()
        # pytest's own words are kept back: the report tells every outcome. They are for the case that there is none.
        with progress, contextlib.redirect_stdout(pytests_words):
            code = pytest.main([*arguments, *ours, f"--basetemp={scratch}/pytest"], plugins=[progress, keeper])
        return _conclude(progress, keeper, int(code), pytests_words.getvalue())


def _conclude(progress: RunProgress, keeper: _Keeper, code: int, words: str) -> int:
    if progress.interrupted:
        progress.console.print(f"{progress.judged} of {progress.total} scenarios were judged; no report is written.")
        raise KeyboardInterrupt
    if keeper.refused:
        raise UsageError(keeper.refused)
    report = keeper.report
    if report is None:
        progress.console.print(words, markup=False, soft_wrap=True)
        progress.console.print(f"The suite could not tell: pytest ended with exit code {code} and no verdicts.")
        return UNDECIDED
    print_report(progress.console, report, keeper.paths)
    if keeper.journal is not None:
        progress.console.print(escape(f"  journal   {keeper.journal}"), soft_wrap=True)
    if progress.judged < progress.total or keeper.unjudged or code not in _VERDICTS_GIVEN:
        progress.console.print(words, markup=False, soft_wrap=True)
        missing = progress.total - progress.judged + len(keeper.unjudged)
        progress.console.print(f"{missing} scenarios gave no verdict; pytest ended with exit code {code}.")
        return UNDECIDED
    return exit_code(decisive(report.results))


def _announce(progress: RunProgress, settings: RunSettings, arguments: Sequence[str]) -> None:
    subject = settings.reaper.reaper
    airflow = ", ".join(settings.generations)
    kind = f"Airflow {airflow} live" if settings.live else f"{settings.schema} Airflow {airflow}"
    kind += " over REST" if settings.source == "rest" else ""
    name = " ".join(part for part in (subject.name, subject.version) if part)
    progress.console.print(
        escape(f"kpo-conformance {version('kpo-conformance')}: {name} on {settings.cluster}, {kind}"), soft_wrap=True
    )
    progress.console.print(escape(f"$ pytest {shlex.join(arguments)}"), style="dim", soft_wrap=True)


def _install(progress: RunProgress, version: str) -> None:
    """Make the Airflow environment now, where its minutes can be explained; the testbed finds it made."""
    from kpo_fixtures.airflow.environments import install

    install(version, say=lambda words: progress.console.print(escape(words), soft_wrap=True))


class _Keeper:
    """A pytest plugin that keeps what the recorder made, once the session has ended."""

    def __init__(self) -> None:
        self.report: Report | None = None
        self.paths: Paths | None = None
        self.journal: Path | None = None
        self.refused = ""
        self.unjudged: list[str] = []

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        from kpo_suite.recorder import Recorder

        recorder = config.pluginmanager.get_plugin("kpo-recorder")
        if isinstance(recorder, Recorder):
            self.report, self.paths, self.refused = recorder.report, recorder.paths, recorder.refused
            self.journal, self.unjudged = recorder.journal, recorder.unjudged
