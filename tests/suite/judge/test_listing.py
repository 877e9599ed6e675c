"""API: LISTs that expire, break off, never end or are not of the present."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from histories import delete, exchange, fate, history, pod, sweep

from kpo_fixtures.gateways import Exchange
from kpo_fixtures.gateways.exchange import Answer
from kpo_suite.history import History
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Claims

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


class TestRepeatedToken:
    def test_a_page_or_two_more_are_no_circle(self) -> None:
        pages = [page(step, "t", "t") for step in range(1, 11)]
        assert found("API-REPEATED-TOKEN", *pages) == []

    def test_a_circle_is_one_breach(self) -> None:
        pages = [page(step, "ab"[step % 2], "ba"[step % 2]) for step in range(1, 31)]
        swept = replace(run(*pages), sweeps=[replace(sweep(steps=(1, 40)), faulty=True)])
        [breach] = breaches(swept, "API-REPEATED-TOKEN")
        assert breach.observed == f"Sweep 1 asked 15 times for the same page of {PODS}."

    def test_first_pages_are_not_the_same_page(self) -> None:
        """Each LIST has one; how many LISTs there are is another matter."""
        assert found("API-REPEATED-TOKEN", *[page(step) for step in range(1, 9)] * 3) == []

    def test_hanging_is_endless(self) -> None:
        [breach] = found("API-REPEATED-TOKEN", page(1, "", "a"), page(2, "a", "b"), exit_code=None)
        assert breach.observed == ("Sweep 1 hung: it was still running after 5 s and was killed after 2 pages of pods.")

    def test_the_stated_time_counts_for_who_was_asked_to_be_impatient(self) -> None:
        slow = replace(sweep(exit_code=1), faulty=True, seconds=9.0)
        stated = replace(run(page(1)), claims=Claims(deadline=4), sweeps=[slow])
        assert list(breaches(stated, "API-REPEATED-TOKEN")) == []
        impatient = replace(stated, sweeps=[replace(slow, options=("impatient",))])
        [breach] = breaches(impatient, "API-REPEATED-TOKEN")
        assert "took 9.0 s although it states to end within 4 s" in breach.observed
        allowed = replace(impatient, sweeps=[replace(slow, options=("impatient",), seconds=6.9)])
        assert list(breaches(allowed, "API-REPEATED-TOKEN")) == []

    def test_too_many_pages_are_endless(self) -> None:
        pages = [page(1, str(number), str(number + 1)) for number in range(20_001)]
        [breach] = found("API-REPEATED-TOKEN", *pages)
        assert breach.observed == "Sweep 1 went on after 20001 pages of pods."


class TestBrokenList:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ({"items": None}, "a PodList whose items are null"),
            ({"kind": "NodeList"}, "a NodeList"),
            ({"kind": None}, "a document of no kind"),
            ({"metadata": None}, "a PodList without metadata"),
        ],
    )
    def test_what_is_broken_is_named(self, answer: dict[str, Any], words: str) -> None:
        [breach] = found("API-BROKEN-LIST", replace(page(1, **answer), altered=True), exit_code=0)
        assert breach.observed.endswith(f"although GET {PODS} at step 1 was answered with {words}.")

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b'{"kind":"PodList","metadata":{}}', "a PodList without items"),
            (b'{"kind":"PodList","metadata":{},"items":[{"meta', "something else than a JSON object"),
            (b"<html>", "something else than a JSON object"),
            (b"", "something else than a JSON object"),
            (b"[]", "something else than a JSON object"),
        ],
    )
    def test_bodies_that_are_no_list(self, body: bytes, words: str) -> None:
        broken = replace(page(1), altered=True, response_body=body)
        breaches_found = found("API-BROKEN-LIST", broken, delete("x", step=2), exit_code=1)
        assert [breach.observed for breach in breaches_found] == [
            f"airflow/x was deleted at step 2, after GET {PODS} at step 1 was answered with {words}."
        ]

    def test_a_failed_sweep_is_right(self) -> None:
        assert found("API-BROKEN-LIST", replace(page(1, items=None), altered=True)) == []

    def test_so_is_another_look(self) -> None:
        anew = (page(2), delete("x", step=3))
        assert found("API-BROKEN-LIST", replace(page(1, items=None), altered=True), *anew, exit_code=0) == []

    def test_what_the_server_itself_said_and_refusals_are_not_broken(self) -> None:
        assert found("API-BROKEN-LIST", page(1, kind="Table"), exit_code=0) == []
        assert found("API-BROKEN-LIST", replace(refused(1, status=500), altered=True), exit_code=0) == []
        assert found("API-BROKEN-LIST", replace(page(1), altered=True), exit_code=0) == []


class TestOddPod:
    def shown(self, *others: dict[str, Any]) -> Exchange:
        true = {"kind": "PodList", "metadata": {}, "items": [pod("odd"), *others]}
        told = {**true, "items": [{"metadata": {"name": "odd", "labels": None}}, *others]}
        actual = Answer(status=200, body=json.dumps(true).encode())
        return replace(exchange("GET", PODS, step=1, answer=told), altered=True, actual=actual)

    def found(self, *exchanges: Exchange, examines: str = "API-ODD-POD", task: str = "etl.other") -> list[Failure]:
        other = replace(fate("other", "zombie", "API-ODD-POD"), task=task)
        fates = [fate("odd", "zombie", examines), other]
        swept = replace(history(*fates), sweeps=[replace(sweep(), faulty=True)])
        asked = replace(swept, exchanges=list(exchanges), fates=fates)
        return list(breaches(asked, "API-ODD-POD"))

    def test_the_odd_one_is_kept_and_the_other_deleted(self) -> None:
        assert self.found(self.shown(pod("other")), delete("other", step=2)) == []

    def test_the_odd_one_is_deleted(self) -> None:
        [breach] = self.found(self.shown(pod("other")), delete("other", step=2), delete("odd", step=3))
        assert breach.observed == (
            "airflow/odd (uid uid-..) was deleted at step 3 although the LIST at step 1 showed it in a shape that no "
            "pod has."
        )

    def test_it_may_be_when_it_is_only_unusual(self) -> None:
        deleted = (delete("other", step=2), delete("odd", step=3))
        assert self.found(self.shown(pod("other")), *deleted, examines="REAP-FINISHED") == []

    def test_it_may_be_when_it_was_read_again(self) -> None:
        read = exchange("GET", f"{PODS}/odd", step=2, answer=pod("odd"))
        deleted = (delete("other", step=3), delete("odd", step=4))
        assert self.found(self.shown(pod("other")), read, *deleted) == []
        assert len(self.found(self.shown(pod("other")), replace(read, step=8), *deleted)) == 1

    def test_the_other_is_left_where_only_the_odd_one_could_tell_that_it_is_over(self) -> None:
        assert self.found(self.shown(pod("other")), task="etl.load") == []

    def test_the_other_had_been_deleted_before(self) -> None:
        fates = [fate("odd", "zombie"), fate("other", "zombie")]
        swept = history(*fates, before=[pod("other", deleting=True)])
        swept = replace(
            swept, sweeps=[replace(sweep(), faulty=True)], fates=fates, exchanges=[self.shown(pod("other"))]
        )
        assert list(breaches(swept, "API-ODD-POD")) == []

    def test_the_other_is_left(self) -> None:
        [breach] = self.found(self.shown(pod("other")))
        assert breach.observed == (
            "airflow/other (uid uid-..) was not deleted in sweep 1, in which another pod was shown odd."
        )
        assert breach.because == "it was shown at step 1, and other is zombie."

    def test_a_list_as_it_should_be_asks_for_nothing(self) -> None:
        assert self.found(page(1)) == []


def test_a_stale_list_costs_a_live_pod() -> None:
    deleted = history(fate("x", "live", "API-STALE-LIST"), exchanges=[delete("x", step=3)])
    [breach] = breaches(deleted, "API-STALE-LIST")
    assert breach.observed == "DELETE airflow/x (uid uid-..) committed at step 3; x is live."
    assert list(breaches(history(fate("x", "live", "API-STALE-LIST")), "API-STALE-LIST")) == []


class TestNamespaceFails:
    """Two namespaces with a zombie each; the LIST of reports is refused."""

    REFUSED = replace(refused(2, status=403, path=OTHERS), altered=True)

    def found(self, *exchanges: Exchange, exit_code: int | None = 1) -> list[Failure]:
        fates = [
            fate("here", "zombie", "API-NAMESPACE-FAILS"),
            replace(fate("there", "zombie", "API-NAMESPACE-FAILS"), namespace="reports"),
        ]
        swept = [replace(sweep(exit_code=exit_code), faulty=True)]
        asked = replace(history(), fates=fates, sweeps=swept, exchanges=list(exchanges))
        return list(breaches(asked, "API-NAMESPACE-FAILS"))

    def there(self, step: int, *, status: int = 200) -> Exchange:
        path = f"{OTHERS}/there"
        return exchange("DELETE", path, step=step, status=status, answer=pod("there", namespace="reports"))

    def test_the_other_is_swept_and_the_sweep_fails(self) -> None:
        assert self.found(page(1), self.REFUSED, delete("here", step=3)) == []

    def test_the_other_is_left(self) -> None:
        [breach] = self.found(page(1), self.REFUSED)
        assert breach.observed == "airflow/here (uid uid-..) was not deleted in sweep 1; here is zombie."
        assert breach.because == ("list pods reports at step 2 (HTTP 403) failed, which is about namespace reports.")

    def test_the_failing_one_is_swept_all_the_same(self) -> None:
        [breach] = self.found(page(1), self.REFUSED, delete("here", step=3), self.there(4))
        assert breach.observed.startswith("reports/there was deleted at step 4, after GET")

    def test_nobody_is_told(self) -> None:
        [breach] = self.found(page(1), self.REFUSED, delete("here", step=3), exit_code=0)
        assert breach.observed == f"Sweep 1 ended with exit code 0 although GET {OTHERS} at step 2 was answered 403."

    def test_it_may_be_asked_again(self) -> None:
        again = (page(3, path=OTHERS), delete("here", step=4), self.there(5))
        assert self.found(page(1), self.REFUSED, *again, exit_code=0) == []

    def test_a_delete_that_is_forbidden_spoils_its_namespace_only(self) -> None:
        forbidden = replace(self.there(3, status=403), altered=True)
        assert self.found(page(1), page(2, path=OTHERS), forbidden, delete("here", step=4)) == []
        [breach] = self.found(page(1), page(2, path=OTHERS), forbidden)
        assert breach.observed.startswith("airflow/here")

    def test_who_lists_all_namespaces_at_once_has_nothing_left(self) -> None:
        cluster = replace(refused(1, status=403, path="/api/v1/pods"), altered=True)
        assert self.found(cluster) == []
