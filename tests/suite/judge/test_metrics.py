"""TELL-METRICS: numbers that agree with the wire, and each way in which they may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from histories import delete, listing, pod, sweep

from kpo_suite.history import History, Sweep
from kpo_suite.judge.metrics import Scrape
from kpo_suite.judge.rules import breaches
from kpo_suite.subjects.watch import Ended, Watch

TOLD = {"candidates": 1, "deletions": 1, "skips": 1, "errors": 0, "last": 100.5}
"""One of two listed pods was deleted, in a pass that began at 100."""


def text(*, reason: str = 'reason="needed"', kind: str = "counter", without: str = "", **told: float) -> str:
    told = {**TOLD, **told}
    lines = [
        f"# TYPE reaper_candidates_total {kind}",
        f"reaper_candidates_total {told['candidates']}",
        f"reaper_deletions_total {told['deletions']}",
        f"reaper_skips_total{{{reason}}} {told['skips']}" if reason else f"reaper_skips_total {told['skips']}",
        f"reaper_errors_total {told['errors']}",
        f"reaper_last_success_timestamp_seconds {told['last']}",
    ]
    return "\n".join(line for line in lines if not without or without not in line)


def told(metrics: str, *, before: str = "", statuses: tuple[int, int] = (200, 200), **other: Any) -> list[str]:
    """What is wrong with metrics after a pass that lists two pods and deletes one of them."""
    list_status, delete_status = statuses
    one = replace(sweep(), watch=Watch(metrics=metrics, metrics_before=before, began=100.0), **other)
    exchanges = [replace(listing(pod("a"), pod("b")), status=list_status), delete("a", status=delete_status)]
    return observed([one], exchanges)


def observed(sweeps: list[Sweep], exchanges: list[Any]) -> list[str]:
    found = History(fates=[], sweeps=sweeps, exchanges=exchanges)
    return [each.observed for each in breaches(found, "TELL-METRICS")]


def test_the_text_format_is_read() -> None:
    found = Scrape.parse(
        '# HELP a b\n# TYPE a gauge\na{x="1",y="\\"}"} 2.5e3 1700000000\na{x="2"} 1\nb NaN\nc +Inf\nno metric\n'
    )
    assert found.samples["a"] == {(("x", "1"), ("y", '\\"}')): 2500.0, (("x", "2"),): 1.0}
    assert (found.gauges, found.total("a"), found.total("z")) == (frozenset(("a",)), 2501.0, 0)
    assert set(found.samples) == {"a", "b", "c"}


def test_what_agrees_is_none() -> None:
    assert told(text()) == []


def test_counters_are_compared_with_those_before() -> None:
    before = text(candidates=7, deletions=7, skips=7, errors=7)
    after = {"candidates": 8, "deletions": 8, "skips": 8, "errors": 7}
    assert told(text(**after), before=before) == []
    assert len(told(text(), before=before)) == 3


def test_a_gauge_tells_of_the_last_sweep() -> None:
    assert told(text(kind="gauge"), before=text(kind="gauge", candidates=9, deletions=0, skips=0)) == []


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (text(deletions=2), "reaper_deletions_total grew by 2 in pass 1, in which 1 were committed."),
        (text(deletions=0), "reaper_deletions_total grew by 0 in pass 1, in which 1 were committed."),
        (text(candidates=0), "reaper_candidates_total says 0 of pass 1, in which 1 pods were deleted and 2 listed."),
        (text(candidates=3), "reaper_candidates_total says 3 of pass 1, in which 1 pods were deleted and 2 listed."),
        (text(skips=0), "reaper_skips_total says 0 of pass 1, in which 2 pods were listed and 1 deleted."),
        (text(skips=3), "reaper_skips_total says 3 of pass 1, in which 2 pods were listed and 1 deleted."),
        (text(errors=1), "reaper_errors_total grew by 1 in pass 1, in which 0 requests failed."),
        (text(last=0), "reaper_last_success_timestamp_seconds is older than pass 1, which succeeded."),
        (text(last=98.5), "reaper_last_success_timestamp_seconds is older than pass 1, which succeeded."),
        (text(without="errors"), "There is no metric reaper_errors_total."),
        (text(reason=""), "reaper_skips_total counts pods without the label reason."),
        (text(reason='reason=""'), "reaper_skips_total counts pods without the label reason."),
        ("", "No metrics could be read after pass 1."),
    ],
)
def test_each_number_that_does_not_is_a_breach(metrics: str, said: str) -> None:
    assert told(metrics) == [said]


def test_a_moment_may_be_cut_to_whole_seconds() -> None:
    assert told(text(last=99.5)) == []


def test_a_deletion_that_failed_is_an_error_and_no_deletion() -> None:
    assert told(text(deletions=0, errors=1), statuses=(200, 500), faulty=True) == []
    assert told(text(errors=0), statuses=(200, 500), faulty=True) == [
        "reaper_deletions_total grew by 1 in pass 1, in which 0 were committed.",
        "reaper_errors_total grew by 0 in pass 1, in which 1 requests failed.",
    ]


@pytest.mark.parametrize("status", [404, 409])
def test_what_somebody_else_was_quicker_at_is_no_error(status: int) -> None:
    assert told(text(deletions=0), statuses=(200, status)) == []


@pytest.mark.parametrize("status", [0, 401, 403, 429, 500, 503])
def test_a_list_that_failed_is_no_success(status: int) -> None:
    exchanges = [replace(listing(), status=status)]
    numbers = {"candidates": 0, "deletions": 0, "skips": 0, "errors": 1}
    failed = replace(sweep(exit_code=1), faulty=True)
    for last, said in (
        (99.0, []),
        (100.5, ["reaper_last_success_timestamp_seconds is that of pass 1, whose LIST of pods failed."]),
    ):
        one = replace(failed, watch=Watch(metrics=text(last=last, **numbers), began=100.0))
        assert observed([one], exchanges) == said


def test_nobody_is_left_to_be_asked_after_its_end() -> None:
    one = replace(sweep(), watch=Watch(ends=(Ended(caller="", exit_code=0, at=1.0),)))
    assert observed([one], []) == []
    assert observed([sweep()], []) == []
