"""A pytest plugin that carries the outcomes of trials from the workers to the process that concludes from them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
import pytest

from kpo_suite.selftest.trial import Outcome

_KEPT: pytest.StashKey[dict[str, Any]] = pytest.StashKey()


def keep(item: pytest.Item, outcome: Outcome) -> None:
    """Keep the outcome of an item's trial for its report."""
    item.stash[_KEPT] = msgspec.to_builtins(outcome)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the outcome on the report, whose attributes pytest-xdist carries along."""
    report = yield
    if call.when == "call" and _KEPT in item.stash:
        vars(report)["kpo_trial"] = item.stash[_KEPT]
    return report


class Gathering:
    """Gathers what the trials of one pytest run gave; registered in the controlling process."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.broken: list[str] = []
        self._seen = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take an outcome, or the words of a trial that broke."""
        told = getattr(report, "kpo_trial", None)
        if told is not None:
            self.outcomes.append(msgspec.convert(told, Outcome))
        elif report.failed:
            self.broken.append(f"{report.nodeid.rpartition('[')[2].rstrip(']')}: {report.longreprtext}")
