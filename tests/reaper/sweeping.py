"""Sweeps through the command line, in this process, and what they printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from kpo_reaper import airflow_rest, airflow_sql, sweep
from kpo_reaper.cli import main
from kpo_reaper.deadline import clock


@dataclass
class Result:
    code: int
    events: list[dict[str, Any]]
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        return self.events[-1]

    def pods(self, outcome: str) -> list[str]:
        return [event["pod"] for event in self.events[:-1] if event.get("outcome") == outcome]

    @property
    def decisions(self) -> dict[str, tuple[str, str, str]]:
        """What became of each pod that was to be deleted, by which rule and why."""
        pods = [event for event in self.events if event["event"] == "pod"]
        return {event["pod"]: (event["outcome"], event["rule"], event["reason"]) for event in pods}


Sweep = Callable[..., Result]


class Clock:
    """The clock by which a sweep's facts age, which a test can put forward; pauses and deadlines go by the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        for module in (sweep, airflow_rest, airflow_sql):
            monkeypatch.setattr(module, "clock", self)

    def __call__(self) -> float:
        return clock() + self.ahead

    def let_facts_age(self) -> None:
        """Make every fact that was read older than a DELETE may rest on."""
        self.ahead += 10 * sweep.FRESH


def sweeper(capsys: pytest.CaptureFixture[str], *, secrets: Sequence[str]) -> Sweep:
    """A function that sweeps with the flags it gets, by default the namespace airflow; no secret may be printed."""

    def run(*flags: str) -> Result:
        scope = () if "--namespace" in flags or "--all-namespaces" in flags else ("--namespace", "airflow")
        code = main(["sweep", *scope, *flags, "--output", "json"])
        captured = capsys.readouterr()
        for secret in secrets:
            assert secret not in captured.out + captured.err
        return Result(code, [json.loads(line) for line in captured.out.splitlines()], captured.err)

    return run
