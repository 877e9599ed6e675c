"""API: LISTs that expire, break off, never end or are not of the present."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from histories import delete, exchange, history, pod, sweep

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History
from kpo_suite.judge.rules import Failure, breaches

PODS = "/api/v1/namespaces/airflow/pods"
OTHERS = "/api/v1/namespaces/reports/pods"


def page(step: int, token: str = "", following: str = "", *, path: str = PODS, **answer: Any) -> Exchange:
    metadata = {"continue": following} if following else {}
    whole = {"kind": "PodList", "metadata": metadata, "items": [pod("x")], **answer}
    return exchange("GET", path, step=step, query=f"limit=500&continue={token}", answer=whole)


def refused(step: int, token: str = "", *, status: int = 410, path: str = PODS) -> Exchange:
    return exchange("GET", path, step=step, status=status, query=f"limit=500&continue={token}")


def run(*exchanges: Exchange, exit_code: int | None = 1, faulty: bool = True) -> History:
    swept = replace(sweep(exit_code=exit_code), faulty=faulty)
    return replace(history(sweeps=[swept]), exchanges=list(exchanges))


def found(requirement: str, *exchanges: Exchange, exit_code: int | None = 1, faulty: bool = True) -> list[Failure]:
    return list(breaches(run(*exchanges, exit_code=exit_code, faulty=faulty), requirement))


class TestExpired:
    BEGUN = (page(1, following="t"), refused(2, "t"))

    def test_a_sweep_may_fail(self) -> None:
        assert found("API-EXPIRED", *self.BEGUN) == []

    def test_a_list_may_begin_anew_and_be_used(self) -> None:
        anew = (page(3, following="u"), page(4, "u"), delete("x", step=5))
        assert found("API-EXPIRED", *self.BEGUN, *anew, exit_code=0) == []

    def test_what_was_deleted_before_the_410_rests_on_nothing_missing(self) -> None:
        assert found("API-EXPIRED", page(1, following="t"), delete("x", step=2), refused(3, "t")) == []

    def test_deletions_on_a_part_are_named(self) -> None:
        [breach] = found("API-EXPIRED", *self.BEGUN, delete("x", step=3))
        assert breach.observed == f"airflow/x was deleted at step 3, after GET {PODS} at step 2 was answered 410."
        assert breach.because == "no LIST from the beginning came to its end in between."

    def test_a_list_that_goes_on_elsewhere_is_not_whole(self) -> None:
        elsewhere = (page(3, "other"), delete("x", step=4))
        assert len(found("API-EXPIRED", *self.BEGUN, *elsewhere)) == 1

    def test_a_list_anew_counts_only_once_it_has_ended(self) -> None:
        assert len(found("API-EXPIRED", *self.BEGUN, page(3, following="u"), delete("x", step=4), page(5, "u"))) == 1

    def test_content_with_a_part(self) -> None:
        [breach] = found("API-EXPIRED", *self.BEGUN, exit_code=0)
        assert breach.observed == f"Sweep 1 ended with exit code 0 although GET {PODS} at step 2 was answered 410."

    def test_hanging_is_no_end(self) -> None:
        [breach] = found("API-EXPIRED", *self.BEGUN, exit_code=None)
        assert breach.observed.startswith("Sweep 1 hung although")

    def test_other_namespaces_are_not_spoilt(self) -> None:
        assert found("API-EXPIRED", page(1, path=OTHERS), refused(2), page(3, path=OTHERS)) == []
        spoilt = found("API-EXPIRED", refused(2, path=OTHERS), page(3), delete("x", step=4))
        assert spoilt == []

    def test_a_clean_sweep_is_not_asked(self) -> None:
        assert found("API-EXPIRED", *self.BEGUN, delete("x", step=3), exit_code=0, faulty=False) == []
