"""A pytest plugin that carries the outcomes of trials from the workers to the process that concludes from them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import msgspec
import pytest

from kpo_suite.selftest.trial import Outcome

_KEPT: pytest.StashKey[list[Any]] = pytest.StashKey()


def keep(item: pytest.Item, outcomes: Sequence[Outcome]) -> None:
    """Keep the outcomes of an item's trials for its report."""
    item.stash[_KEPT] = msgspec.to_builtins(outcomes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the outcomes on the report, whose attributes pytest-xdist carries along."""
    report = yield
    if call.when == "call" and _KEPT in item.stash:
        vars(report)["kpo_trials"] = item.stash[_KEPT]
    return report


class Gathering:
    """Gathers what the trials of one pytest run gave; registered in the controlling process."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take outcomes, or the words of a trial that broke."""
        told = getattr(report, "kpo_trials", None)
        if told is not None:
            self.outcomes += msgspec.convert(told, list[Outcome])
        elif report.failed:
            self.broken.append(f"{report.nodeid.rpartition('[')[2].rstrip(']')}: {report.longreprtext}")
