"""API: how long a reaper waits for an API server, and how long it leaves one alone that asks for it."""

from __future__ import annotations

from dataclasses import replace

from histories import delete, exchange, history, sweep

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import Sweep
from kpo_suite.judge.rules import Failure, breaches

PODS = "/api/v1/namespaces/airflow/pods"


def at(step: int, began: float, *, pause: float | None = None) -> Exchange:
    """A LIST that takes a tenth of a second."""
    status = 200 if pause is None else 429
    listed = exchange("GET", PODS, step=step, status=status)
    return replace(listed, began=began, ended=began + 0.1, pause=pause)


def found(requirement: str, *exchanges: Exchange, swept: Sweep | None = None) -> list[Failure]:
    sweeps = [swept or replace(sweep(), faulty=True)]
    return list(breaches(replace(history(), sweeps=sweeps, exchanges=list(exchanges)), requirement))


class TestRetryAfter:
    def test_a_pause_that_is_kept(self) -> None:
        assert found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), at(2, 1.1), at(3, 1.3)) == []

    def test_one_that_is_not(self) -> None:
        [breach] = found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), at(2, 0.6), at(3, 1.3))
        assert breach.observed == (
            "list pods airflow at step 2 (HTTP 200) came 0.50 s after list pods airflow at step 1 (HTTP 429), which "
            "had asked for a pause of 1.00 s."
        )

    def test_it_is_for_every_request(self) -> None:
        other = replace(delete("x", step=2), began=0.2, ended=0.3)
        assert len(found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), other, at(3, 1.3))) == 1

    def test_clocks_may_differ_by_a_little(self) -> None:
        assert found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), at(2, 1.06)) == []
        assert len(found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), at(2, 1.04))) == 1

    def test_what_was_under_way_could_not_know(self) -> None:
        assert found("API-RETRY-AFTER", at(1, 0.0, pause=1.0), at(2, 0.05), at(3, 1.2)) == []

    def test_a_pause_is_no_end(self) -> None:
        [breach] = found("API-RETRY-AFTER", at(1, 0.0, pause=1.0))
        assert breach.observed == (
            "Sweep 1 sent nothing more after list pods airflow at step 1 (HTTP 429) had asked for a pause of 1.00 s."
        )

    def test_a_long_one_may_be(self) -> None:
        assert found("API-RETRY-AFTER", at(1, 0.0, pause=5.1)) == []
        assert len(found("API-RETRY-AFTER", at(1, 0.0, pause=5.0))) == 1

    def test_the_next_sweep_is_another_process(self) -> None:
        first = replace(sweep(steps=(1, 1)), faulty=True)
        both = replace(history(), sweeps=[first, sweep(2, steps=(2, 9))], exchanges=[at(1, 0.0, pause=9.0), at(2, 0.2)])
        assert list(breaches(both, "API-RETRY-AFTER")) == []

    def test_no_pause_was_asked_for(self) -> None:
        assert found("API-RETRY-AFTER", at(1, 0.0), at(2, 0.1)) == []
