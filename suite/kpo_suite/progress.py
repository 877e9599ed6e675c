"""What ``kpo-conformance run`` shows while it runs: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
from collections import Counter
from types import TracebackType
from typing import Self

import pytest
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from kpo_suite.collection import ScenarioItem

_WORDS = {"passed": "passed", "failed": "failed", "skipped": "unsupported"}
_EVERY = 10
"""Cases between two plain lines."""


class RunProgress:
    """A pytest plugin that takes the place of pytest's own words; lives from ``with`` to its end.

    It writes to a duplicate of the standard output, so that pytest's capturing neither hides nor swallows it.
    """

    def __init__(self) -> None:
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
        self.console = Console(file=self._stream, highlight=False)
        self._counts: Counter[str] = Counter()
        self._faulty = 0
        self._total = 0
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self._task = self._bar.add_task("collecting", total=None, counts="")
        self.interrupted = False

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        self._stream.flush()

    def close(self) -> None:
        """Give the duplicate of the standard output back."""
        self._stream.close()

    @property
    def judged(self) -> int:
        """How many cases have been judged."""
        return sum(self._counts.values())

    @property
    def total(self) -> int:
        """How many cases were collected."""
        return self._total

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know how much there is to do."""
        self._set_total(sum(isinstance(item, ScenarioItem) for item in session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:
        """With workers the controlling process collects nothing itself."""
        del node
        self._set_total(len(ids))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show which case runs."""
        self._bar.update(self._task, description=_short(nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case when it has run, or when it was skipped or broke off before."""
        if report.when != "call" and not (report.when == "setup" and not report.passed):
            return
        self._counts[_WORDS[report.outcome]] += 1
        placed = (getattr(report, "kpo", None) or {}).get("placed")
        self._faulty += placed["cases"] if placed else 0
        self._bar.update(self._task, completed=self.judged, counts=self._tally())
        failed = report.outcome == "failed"
        if self.console.is_terminal:
            if failed:
                self.console.print(f"[red]{'failed':>12}[/]  {escape(_short(report.nodeid))}")
        elif failed or self.judged % _EVERY == 0 or self.judged == self._total:
            verdict = "failed" if failed else "judged"
            self.console.print(
                escape(f"{self.judged}/{self._total} {verdict} {_short(report.nodeid)} ({self._tally()})"),
                soft_wrap=True,
            )

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember Ctrl-C, which pytest.exit is not; pytest goes on to end the session."""
        self.interrupted = self.interrupted or isinstance(excinfo.value, KeyboardInterrupt)

    def _set_total(self, total: int) -> None:
        self._total = total
        self._bar.update(self._task, total=total, description="starting")

    def _tally(self) -> str:
        told = [f"{count} {word}" for word, count in sorted(self._counts.items(), reverse=True)]
        return ", ".join([*told, *([f"{self._faulty} faulty runs"] if self._faulty else [])])


def _short(nodeid: str) -> str:
    return nodeid.rpartition("::")[2]
