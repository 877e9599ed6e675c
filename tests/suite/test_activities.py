"""What a journal says was done in a run: the world, each sweep, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from histories import fate, history, sweep

from kpo_suite.activities import activities

STARTED = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


def test_the_world_and_each_sweep_in_their_own_time() -> None:
    sweeps = [replace(sweep(steps=(1, 4)), began=130.0), replace(sweep(2, exit_code=3, steps=(5, 5)), began=140.5)]
    told = history(fate("late", "zombie"), sweeps=sweeps)
    came, first, second = activities("a_world", told, started=STARTED, clock=100.0, seconds=50)
    assert (came.started, came.seconds, came.prepares, came.failure) == (STARTED, 30.0, True, "")
    assert came.output["airflow/late"] == "zombie: late is zombie"
    assert (first.name, first.started, first.output["steps"]) == ("sweep 1", STARTED + timedelta(seconds=30), 4)
    assert second.started == STARTED + timedelta(seconds=40.5)
    assert (first.failure, first.prepares) == ("", False)
    assert second.failure == "The sweep ended with exit code 3, saying nothing."


def test_a_world_that_did_not_come_about() -> None:
    (came,) = activities("a_world", None, started=STARTED, clock=100.0, seconds=180, failure="no pod in time")
    assert (came.seconds, came.failure, came.output, came.prepares) == (180, "no pod in time", None, True)
