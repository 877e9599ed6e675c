"""Keeps the testbed of a pytest process and what its scenarios gave; the controlling process makes the report of it."""

from __future__ import annotations

import gc
import platform
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import pytest

from kpo_fixtures.clusters.equivalence import certificate
from kpo_fixtures.errors import FixtureError
from kpo_reports import (
    Activity,
    Difference,
    Environment,
    Equivalence,
    Paths,
    PlacedFaults,
    Report,
    Result,
    Subject,
    Suite,
    Verdict,
    compile_report,
    redact_data,
    write_all,
    write_journal,
)
from kpo_suite.activities import activities
from kpo_suite.errors import NotReachedError, ScenarioError
from kpo_suite.evidence import write_evidence
from kpo_suite.history import History
from kpo_suite.ledger import SPEC_VERSION, requirements, spec_sha256
from kpo_suite.runner import Stopwatch, results, run_live, run_replay, undecided, unsupported
from kpo_suite.scenario import Case
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import Subject as Reaper
from kpo_suite.subjects import open_subject
from kpo_suite.transformations import PLAIN

if TYPE_CHECKING:
    from kpo_suite.live_testbed import LiveTestbed
    from kpo_suite.placement import Placer
    from kpo_suite.testbed import Testbed

COLLECTED_AFTER = 20_000
"""Objects, more made than gone, after which the garbage collector looks at the young ones; CPython's default is 700."""


class Recorder:
    """One for each pytest process. ``run`` is called for each scenario item of this process.

    Results and the environment travel to the controlling process on the test reports, as plain data, so that it is the
    same with and without pytest-xdist.
    """

    def __init__(self, settings: Callable[[], RunSettings], *, worker: bool) -> None:
        self._make_settings = settings
        self._settings: RunSettings | None = None
        self._worker = worker
        self._running = ExitStack()
        self._replay: Testbed | None = None
        self._live: LiveTestbed | None = None
        self._reaper: Reaper | None = None
        self._placer: Placer | None = None
        self._share = 1.0
        self._placed: PlacedFaults | None = None
        self._sent: dict[str, dict[str, Any]] = {}
        self._started = datetime.now(UTC)
        self._watch = Stopwatch()
        self._environment: Environment | None = None
        self.refused = ""
        self.results: list[Result] = []
        self.activities: list[Activity] = []
        self._told: set[str] = set()
        """The requirements of which a failure has been made small in this process."""
        self.unjudged: list[str] = []
        """The items that broke without a verdict."""
        self.report: Report | None = None
        self.paths: Paths | None = None
        self.journal: Path | None = None

    @property
    def settings(self) -> RunSettings:
        """The settings, checked at their first use. Raises UsageError."""
        if self._settings is None:
            self._settings = self._make_settings()
        return self._settings

    def run(
        self, nodeid: str, case: Case, airflow: str, tell: Callable[[str], None], *, worlds: str = PLAIN
    ) -> list[Result]:
        """Run the case of a pytest item on this Airflow and keep its results for the item's report.

        ``tell`` is given the traceback when the suite itself has a defect.
        """
        watch, started, clock = Stopwatch(), datetime.now(UTC), time.monotonic()
        evidence = placed = None
        history: History | None = None
        file = self.settings.reaper
        where = self.settings.where(airflow, worlds)
        name = self.settings.distinct(case.id, airflow, worlds)
        if not case.supported(file, airflow):
            found = unsupported(case, file, airflow, where=where)
        else:
            try:
                history = self._history(case, airflow, worlds)
                if self.settings.report is not None:
                    evidence = write_evidence(history, name, self.settings.report, secrets=self._secrets())
                found = results(case, history, watch.seconds, file=file, where=where, evidence=evidence)
                if self.settings.places_faults:
                    found, placed = self._with_faults(case, airflow, history, found, tell)
                if case.scenario.kind == "replay" and worlds == PLAIN and not self.settings.repeats:
                    found = self._shrunk(case, history, found)
            except (NotReachedError, ScenarioError) as error:
                found = undecided(case, error, watch.seconds, where=where)
            except FixtureError as error:
                self._refuse(error)
            except Exception as error:  # noqa: BLE001 - a defect of ours is a verdict too, and its traceback is kept
                found = undecided(case, error, watch.seconds, where=where)
                tell("".join(traceback.format_exception(error)))
        found = [msgspec.structs.replace(each, scenario=name) for each in found]
        done: list[Activity] = []
        if case.scenario.kind == "live" and case.supported(file, airflow):
            failure = "" if history else found[0].reason
            done += activities(name, history, started=started, clock=clock, seconds=watch.seconds, failure=failure)
        environment = self._describe()
        self._sent[nodeid] = {
            "results": redact_data(msgspec.to_builtins(found), self._secrets()),
            "environment": msgspec.to_builtins(environment) if environment else None,
            "activities": redact_data(msgspec.to_builtins(done), self._secrets()),
            "placed": msgspec.to_builtins(placed),
        }
        return found

    def _history(self, case: Case, airflow: str, worlds: str) -> History:
        subject = self._subject()  # it goes on to start while the stores do
        if case.scenario.kind == "live":
            return run_live(case, self._live_testbed(case), subject)
        without = self.settings.without
        return run_replay(case, self._replay_testbed(), subject, airflow, worlds=worlds, without=without)

    def _shrunk(self, case: Case, history: History, found: list[Result]) -> list[Result]:
        """The results, each first failure of a requirement made small and told as a story; the others as they are."""
        from kpo_suite.smallest import made_small

        lane = (self._replay_testbed(), self._subject())
        small: list[Result] = []
        for each in found:
            if each.verdict is Verdict.FAIL and each.requirement not in self._told:
                self._told.add(each.requirement)
                each = made_small(each, case, *lane, clean=history)
            small.append(each)
        return small

    def share(self, part: float) -> None:
        """Say which part of all worlds a single one of this process is: a budget of time is shared by it."""
        self._share = part

    def _with_faults(
        self, case: Case, airflow: str, clean: History, found: list[Result], tell: Callable[[str], None]
    ) -> tuple[list[Result], PlacedFaults | None]:
        """The results with those of the faulty runs, or those of a plan that is repeated; and what to count of them."""
        from kpo_suite.placement import Lane, Placer

        if self._placer is None:
            own = Lane(self._replay_testbed(), self._subject())
            self._placer = self._running.enter_context(Placer(self.settings, own, share=self._share))
        try:
            made = self._placer.run(case, airflow, clean, sound=found)
        except FixtureError as error:
            self._refuse(error)
        if made is None:
            return found, None
        if made.trace:
            tell(made.trace)
        return [*([] if self.settings.plan else found), *made.results], made.placed

    def _subject(self) -> Reaper:
        if self._reaper is None:
            self._reaper = self._running.enter_context(open_subject(self.settings.reaper))
        return self._reaper

    # The testbeds bring servers and drivers along: no pytest run without scenarios shall pay for their import.

    def _replay_testbed(self) -> Testbed:
        from kpo_suite.testbed import Testbed

        if self._replay is None:
            self._replay = self._running.enter_context(Testbed(self.settings))
            _collect_seldom()
        return self._replay

    def _live_testbed(self, case: Case) -> LiveTestbed:
        from kpo_suite.live_testbed import LiveTestbed

        if self._live is None:
            module = sys.modules[case.scenario.module]
            self._live = self._running.enter_context(
                LiveTestbed(self.settings, Path(str(module.__file__)).parent / "dags")
            )
        return self._live

    def _refuse(self, error: FixtureError) -> NoReturn:
        """Without a testbed no scenario can run: end the session with one sentence."""
        self.refused = str(error)
        pytest.exit(str(error), returncode=2)

    def _secrets(self) -> tuple[str, ...]:
        testbed = self._live or self._replay
        own = testbed.secrets if testbed else ()
        return (*own, *self._placer.secrets) if self._placer else own

    def _describe(self) -> Environment | None:
        """Where this process's scenarios happen; None before a testbed runs."""
        testbed = self._live or self._replay
        if testbed is None:
            return None
        installed = self._live.environment if self._live else None
        return Environment(
            cluster=testbed.cluster.name,
            kubernetes_version=testbed.cluster.kubernetes_version,
            emulated=testbed.cluster.emulated,
            equivalence=_equivalence() if testbed.cluster.emulated else None,
            airflow_version=installed.version if installed else ", ".join(self.settings.generations),
            provider_version=installed.provider_version if installed else None,
            airflow_schema=None if installed else self.settings.schema,
            state_source="rest" if self.settings.source == "rest" else "postgresql",
            python=platform.python_version(),
            platform=f"{platform.system()} {platform.machine()}",
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what the case gave on its report, in the process that ran it."""
        report = yield
        if call.when == "call" and item.nodeid in self._sent:
            vars(report)["kpo"] = self._sent.pop(item.nodeid)  # pytest-xdist carries a report's attributes along
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what the cases gave, in the controlling process."""
        sent = getattr(report, "kpo", None)
        if self._worker:
            return
        if sent is None:
            self.unjudged += [report.nodeid] if report.failed else []
            return
        self.results += msgspec.convert(sent["results"], list[Result])
        self.activities += msgspec.convert(sent["activities"], list[Activity])
        if sent["placed"]:
            placed = msgspec.convert(sent["placed"], PlacedFaults)
            self._placed = self._placed + placed if self._placed else placed
        if self._environment is None and sent["environment"]:
            self._environment = msgspec.convert(sent["environment"], Environment)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Stop what this process started, then make the report in the controlling one, unless it was broken off."""
        self._running.close()
        self._live = self._replay = self._reaper = self._placer = None
        broken_off = exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)
        if self._worker or broken_off or not self.results or self._environment is None:
            return
        self.report = self._compile(self._environment)
        if self.settings.report is not None:
            self.paths = write_all(self.report, self.settings.report)
            if self.activities:
                self.journal = write_journal(self.report, self.activities, self.settings.report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the reports are."""
        if self.paths is not None:
            terminalreporter.section("conformance report")
            terminalreporter.line(str(self.paths.markdown))

    def _compile(self, environment: Environment) -> Report:
        reaper, claims = self.settings.reaper.reaper, self.settings.reaper.claims
        return compile_report(
            suite=Suite(
                name="kpo-conformance",
                version=version("kpo-conformance"),
                spec_version=SPEC_VERSION,
                spec_sha256=spec_sha256(),
                requirements={identifier: each.level for identifier, each in requirements().items()},
            ),
            subject=Subject(
                name=reaper.name, version=reaper.version, url=reaper.url or None, features=tuple(claims.features)
            ),
            environment=environment,
            config=self.settings.config(),
            started=self._started,
            seconds=self._watch.seconds,
            results=self.results,
            faults=self._placed,
        )


RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()


def _collect_seldom() -> None:
    """Keep the garbage collector from what has been imported, and from looking after every few manifests.

    A run of a world leaves tens of thousands of objects and hardly a cycle: collecting them took a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, *gc.get_threshold()[1:])


def _equivalence() -> Equivalence:
    """The certificate of the emulated cluster as reports carry it."""
    held = certificate()
    return Equivalence(
        kubernetes_version=held.kubernetes_version,
        checks=held.checks,
        operations=held.operations,
        differences=tuple(Difference(id=each.id, what=each.what, why=each.why) for each in held.differences),
    )
