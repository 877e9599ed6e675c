"""SOURCE: statements that would write, questions that grow with kept pods, Airflows that nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, exchange, fate, history, pod, sweep

from kpo_fixtures.gateways import Exchange, Statement
from kpo_suite.history import History, Sweep
from kpo_suite.judge.rules import breaches

ASKED = "SELECT state FROM task_instance"


def asking(one: Sweep, *statements: str, rest: int = 0) -> Sweep:
    told = [Statement(role="reader", database="airflow", sql=each) for each in statements]
    return replace(one, statements=told, rest=rest)


@pytest.mark.parametrize("sql", [ASKED, "BEGIN", "SET statement_timeout = 5"])
def test_reading_is_no_breach(sql: str) -> None:
    assert list(breaches(history(sweeps=[asking(sweep(), sql)]), "SOURCE-READ-ONLY")) == []


@pytest.mark.parametrize(
    "sql", ["DELETE FROM dag_run", "SELECT 1 FROM task_instance FOR UPDATE", "UPDATE dag SET x = 1"]
)
def test_writing_and_locking_are(sql: str) -> None:
    sweeps = [asking(sweep(), ASKED), asking(sweep(2), ASKED, sql)]
    [found] = breaches(history(sweeps=sweeps), "SOURCE-READ-ONLY")
    assert found.observed == f"Sweep 2 asked the database to {sql!r}."
    assert found.because == "the role that it was given can only read; another role would have done it."


def test_a_long_statement_is_quoted_on_one_line_and_cut() -> None:
    [found] = breaches(history(sweeps=[asking(sweep(), "DELETE\n  FROM " + "x" * 300)]), "SOURCE-READ-ONLY")
    assert found.observed == f"Sweep 1 asked the database to {'DELETE FROM ' + 'x' * 148!r}."


def grown(
    first: Sweep, last: Sweep, *, pods: int = 49, exchanges: list[Exchange] | None = None, between: bool = False
) -> History:
    middle = [asking(sweep(2, steps=(8, 9)), *[ASKED] * 99)] if between else []
    kept = [pod(f"kept-{number}") for number in range(pods)]
    return replace(history(), sweeps=[first, *middle, last], after=kept, exchanges=exchanges or [])


FIRST, LAST = sweep(1, steps=(1, 10)), sweep(2, steps=(11, 20))


def test_as_many_questions_are_no_breach() -> None:
    same = grown(asking(FIRST, ASKED, rest=3), asking(LAST, ASKED, rest=3))
    assert list(breaches(same, "SOURCE-BOUNDED")) == []


def test_a_page_more_for_fifty_pods_is_none() -> None:
    assert list(breaches(grown(FIRST, asking(LAST, ASKED), pods=50), "SOURCE-BOUNDED")) == []
    assert list(breaches(grown(FIRST, asking(LAST, rest=2), pods=100), "SOURCE-BOUNDED")) == []


def test_more_queries_are_a_breach() -> None:
    [found] = breaches(grown(asking(FIRST, ASKED), asking(LAST, *[ASKED] * 3), pods=50), "SOURCE-BOUNDED")
    assert found.observed == "Sweep 2 sent 3 queries, sweep 1 1; 50 pods were there."
    assert found.because == "2 would do for as many pages."


def test_what_is_no_question_does_not_count() -> None:
    assert list(breaches(grown(FIRST, asking(LAST, "BEGIN", "COMMIT")), "SOURCE-BOUNDED")) == []


def test_more_rest_requests_are_a_breach() -> None:
    [found] = breaches(grown(asking(FIRST, rest=1), asking(LAST, rest=2)), "SOURCE-BOUNDED")
    assert found.observed == "Sweep 2 sent 2 requests to Airflow, sweep 1 1; 49 pods were there."


@pytest.mark.parametrize("path", ["/api/v1/namespaces/airflow/pods", "/api/v1/namespaces/airflow/pods/x"])
@pytest.mark.parametrize("step", [11, 20])
def test_more_reads_of_the_cluster_are_a_breach(path: str, step: int) -> None:
    [found] = breaches(grown(FIRST, LAST, exchanges=[exchange("GET", path, step=step)]), "SOURCE-BOUNDED")
    assert found.observed == "Sweep 2 sent 1 requests to the API server, sweep 1 0; 49 pods were there."


def test_deletions_and_reads_of_other_sweeps_do_not_count() -> None:
    others = [delete("x", step=12), exchange("GET", "/version", step=21)]
    assert list(breaches(grown(FIRST, LAST, exchanges=others), "SOURCE-BOUNDED")) == []
    both = [exchange("GET", "/version", step=1), exchange("GET", "/version", step=12)]
    assert list(breaches(grown(FIRST, LAST, exchanges=both), "SOURCE-BOUNDED")) == []
    assert list(breaches(grown(FIRST, LAST, exchanges=[exchange("GET", "/version", step=10)]), "SOURCE-BOUNDED")) == []


def test_the_last_sweep_is_measured_at_the_first() -> None:
    assert list(breaches(grown(FIRST, replace(LAST, ordinal=3), between=True), "SOURCE-BOUNDED")) == []


def test_one_sweep_cannot_grow() -> None:
    assert list(breaches(replace(history(), sweeps=[]), "SOURCE-BOUNDED")) == []
    assert list(breaches(replace(history(), sweeps=[asking(sweep(), ASKED)]), "SOURCE-BOUNDED")) == []


LIVE = fate("live", "live", "SOURCE-EVERY-AIRFLOW")
ZOMBIE = fate("zombie", "zombie", "SOURCE-EVERY-AIRFLOW")


def test_right_verdicts_are_no_breach() -> None:
    right = history(LIVE, ZOMBIE, after=[pod("live")], exchanges=[delete("zombie", step=3)])
    assert list(breaches(right, "SOURCE-EVERY-AIRFLOW")) == []


def test_each_wrong_verdict_is_one() -> None:
    wrong = history(LIVE, ZOMBIE, after=[pod("zombie")], exchanges=[delete("live", step=3)])
    assert len(list(breaches(wrong, "SOURCE-EVERY-AIRFLOW"))) == 2


@pytest.mark.parametrize(("code", "refused", "count"), [(0, True, 1), (1, True, 0), (None, True, 0), (0, False, 0)])
def test_an_airflow_that_nobody_knows_is_refused(code: int | None, refused: bool, count: int) -> None:
    found = list(breaches(history(sweeps=[replace(sweep(exit_code=code), refused=refused)]), "SOURCE-EVERY-AIRFLOW"))
    assert [each.observed for each in found] == [
        "Sweep 1 read the database of an Airflow that nobody knows and ended with 0."
    ] * count
    assert all(each.because == "its alembic_version is none of a release." for each in found)
