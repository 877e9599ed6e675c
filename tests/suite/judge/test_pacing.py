"""API: how long a reaper waits for an API server, and how long it leaves one alone that asks for it."""

from __future__ import annotations

from dataclasses import replace

from histories import delete, exchange, history, sweep

from kpo_fixtures.faults import Placement, Step
from kpo_fixtures.gateways import Exchange
from kpo_suite.history import Sweep
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Claims

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


class TestDeadline:
    IMPATIENT = replace(sweep(exit_code=1), faulty=True, options=("impatient",), seconds=6.9)

    def found(self, swept: Sweep, *exchanges: Exchange, request_timeout: float | None = 1) -> list[Failure]:
        claims = Claims(deadline=4, request_timeout=request_timeout)
        asked = replace(history(), sweeps=[swept], exchanges=list(exchanges), claims=claims)
        return list(breaches(asked, "API-DEADLINE"))

    def test_a_sweep_that_ends_in_time(self) -> None:
        assert self.found(self.IMPATIENT, at(1, 0.0)) == []

    def test_one_that_takes_longer_than_it_states(self) -> None:
        [breach] = self.found(replace(self.IMPATIENT, seconds=7.1))
        assert breach.observed == "Sweep 1 took 7.1 s although it states to end within 4 s."
        assert breach.because == "the server kept it waiting (by no fault of ours)."

    def test_who_was_not_asked_to_be_impatient_has_all_its_time(self) -> None:
        assert self.found(replace(self.IMPATIENT, seconds=50.0, options=())) == []

    def test_nobody_may_hang(self) -> None:
        [breach] = self.found(replace(self.IMPATIENT, exit_code=None, options=()))
        assert breach.observed == "Sweep 1 hung: it was still running after 5 s and was killed."

    def test_a_clean_sweep_is_measured_elsewhere(self) -> None:
        assert self.found(replace(self.IMPATIENT, seconds=50.0, faulty=False)) == []

    def test_each_request_where_a_time_is_stated_for_it(self) -> None:
        slow = replace(at(1, 0.0), ended=4.1)
        [breach] = self.found(self.IMPATIENT, slow)
        assert breach.observed == "list pods airflow at step 1 (HTTP 200) was waited for for 4.1 s."
        assert breach.because == "the reaper states to end each request within 1 s."
        assert self.found(self.IMPATIENT, slow, request_timeout=None) == []
        assert self.found(self.IMPATIENT, replace(slow, ended=4.0)) == []
        assert self.found(self.IMPATIENT, replace(slow, step=99)) == []

    def test_the_fault_is_named(self) -> None:
        placement = Placement.parse("DL15@delete-pods-1")
        step = Step(ordinal=2, channel="kubernetes", point=placement.point, faults=(placement,))
        hung = replace(history(), sweeps=[replace(self.IMPATIENT, exit_code=None)], steps=[step])
        [breach] = breaches(hung, "API-DEADLINE")
        assert breach.because == "the server kept it waiting (DL15@delete-pods-1)."
