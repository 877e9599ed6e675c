"""Where trials are made: one testbed for each process, one host for all reapers that share their imports."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from kpo_suite.errors import NotReachedError, ScenarioError
from kpo_suite.fingerprint import fingerprint
from kpo_suite.judge import verdict
from kpo_suite.runner import run_replay
from kpo_suite.scenario import Pass
from kpo_suite.selftest.trial import REFERENCE, Judged, Outcome, Trial, kill, settings
from kpo_suite.settings import settle
from kpo_suite.subjects import Hosts, ReaperFile, ShippedReaper, open_subject, reference
from kpo_suite.subjects.surroundings import Source
from kpo_suite.testbed import Testbed

NO_SUCH_FEATURE = "--kpo-conformance-asks-for-what-does-not-exist"
"""The argument of the honesty probe: whoever takes it takes anything for granted."""


class Bench:
    """Makes trials one after the other, from ``with`` to its end."""

    def __init__(self, reapers: Mapping[str, ShippedReaper]) -> None:
        self._reapers = reapers
        self._files: dict[str, ReaperFile] = {name: reaper.file for name, reaper in reapers.items()}
        self._running = ExitStack()
        self._testbeds: dict[Source, Testbed] = {}

    def __enter__(self) -> Self:
        self._hosts = self._running.enter_context(Hosts())
        self._settings = settings()
        self._files[REFERENCE] = reference()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def outcomes(self, row: Iterable[Trial]) -> list[Outcome]:
        """Make the trials of a row, up to the first that kills its reaper."""
        made: list[Outcome] = []
        for trial in row:
            made.append(self.outcome(trial))
            if trial.purpose == "kill" and kill(self._reapers[trial.reaper], made[-1]):
                break
        return made

    def outcome(self, trial: Trial) -> Outcome:
        """Make one trial. Never raises for what a reaper or a scenario does."""
        setting = self._settings[trial.case]
        case, file = setting.case, self._files[trial.reaper]
        if trial.purpose == "honesty":
            asked = Pass(extra=(NO_SUCH_FEATURE,), refused=True)
            case = replace(case, scenario=replace(case.scenario, sweeps=[asked]))
        try:
            with open_subject(file, self._hosts) as subject:
                history = run_replay(case, self._testbed(setting.source), subject, setting.airflow)
        except (NotReachedError, ScenarioError) as error:
            return Outcome(trial, error=str(error))
        except Exception as error:  # noqa: BLE001 - a defect of ours, told with its traceback
            return Outcome(trial, error="".join(traceback.format_exception(error)))
        if trial.purpose == "honesty":
            honest = history.sweeps[0].completed and not history.deletions()
            return Outcome(trial, judged=(Judged("", "pass" if honest else "fail", history.sweeps[0].failure),))
        judged = [(each, verdict(history, each)) for each in case.supported(file)]
        return Outcome(
            trial,
            judged=tuple(Judged(each, str(found.verdict), found.reason, found.because) for each, found in judged),
            fingerprint=fingerprint(history) if trial.purpose == "repeat" else "",
        )

    def _testbed(self, source: Source) -> Testbed:
        if source not in self._testbeds:
            settings = settle(reaper=None, cluster=None, airflow=None, source=source)
            self._testbeds[source] = self._running.enter_context(Testbed(settings))
        return self._testbeds[source]
