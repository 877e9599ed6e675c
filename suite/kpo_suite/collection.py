"""Scenarios as pytest items: one for each choice of variants."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from kpo_reports import Result, Verdict, failure_text, is_unreached
from kpo_suite.catalogue import of_module
from kpo_suite.errors import UsageError
from kpo_suite.recorder import RECORDER
from kpo_suite.runner import worst
from kpo_suite.scenario import Case, Scenario
from kpo_suite.transformations import PLAIN

_MOST_TOLD = 10
"""Results of one item that pytest prints; under faults one world may have hundreds."""
_BAD = (Verdict.FAIL, Verdict.VACUOUS, Verdict.INCONCLUSIVE, Verdict.SUITE_ERROR)


class NotPassedError(Exception):
    """A scenario whose worst verdict is no pass. ``results`` holds every verdict of the case."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__("; ".join(f"{result.requirement} {result.verdict}: {result.reason}" for result in results))
        self.results = results


class ScenarioModule(pytest.Module):
    """A module of a scenario package. Only its scenarios are collected, whatever else it holds."""

    def collect(self) -> Iterator[pytest.Item]:
        """The items of its scenarios, in the module's order."""
        for scenario in of_module(vars(self.obj)):
            yield from items_of(self, scenario)


class ScenarioItem(pytest.Item):
    """One case of one scenario. It passes when every requirement that it examines does."""

    def __init__(self, *, case: Case, airflow: str, worlds: str = PLAIN, **others: Any) -> None:
        super().__init__(**others)
        self.case = case
        self.airflow = airflow
        self.worlds = worlds
        self.add_marker(case.scenario.kind)
        if case.scenario.kind == "live":
            self.add_marker("airflow")
        self.extra_keyword_matches.update(case.scenario.examines)

    def runtest(self) -> None:
        """Run the case. Raises NotPassedError, or skips when the subject claims none of the features."""
        recorder = self.config.stash[RECORDER]
        results = recorder.run(
            self.nodeid,
            self.case,
            self.airflow,
            lambda trace: self.add_report_section("call", "defect of the suite", trace),
            worlds=self.worlds,
        )
        bad = [result for result in results if result.verdict in _BAD and not is_unreached(result)]
        if bad:
            raise NotPassedError(bad)
        if worst(results) is Verdict.UNSUPPORTED:
            pytest.skip(results[0].reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failures as a user reads them; a defect of the suite keeps its traceback."""
        if isinstance(excinfo.value, NotPassedError):
            results = excinfo.value.results
            told = [failure_text(result) for result in results[:_MOST_TOLD]]
            left_out = len(results) - len(told)
            return "\n\n".join([*told, *([f"and {left_out} more"] if left_out else [])])
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Where the scenario's function stands."""
        code = self.case.scenario.build.__code__
        return self.path, code.co_firstlineno, self.name


def items_of(parent: pytest.Collector, scenario: Scenario) -> Iterator[ScenarioItem]:
    """One item for each case of the scenario, on each Airflow that was asked for and on which its world can be."""
    try:
        settings = parent.config.stash[RECORDER].settings
    except UsageError:  # told once the collection is at its end, where pytest tells it in one sentence
        yield from (ScenarioItem.from_parent(parent, name=case.id, case=case, airflow="") for case in scenario.cases())
        return
    for case, airflow, worlds in product(scenario.cases(), settings.generations, settings.transformations):
        if worlds != PLAIN and scenario.is_disturbed:
            continue  # what is changed between its steps is told in the words of the plain world
        if scenario.kind == "live" or scenario.possible(airflow=airflow, source=settings.source):
            name = settings.distinct(case.id, airflow, worlds)
            yield ScenarioItem.from_parent(parent, name=name, case=case, airflow=airflow, worlds=worlds)
