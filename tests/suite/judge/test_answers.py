"""SOURCE under faults: deletions after an answer that failed, and what lets a sweep go on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, exchange, fate, history, sweep

from kpo_fixtures.faults import Effect, Form, Placement, Point, Step
from kpo_fixtures.faults.actions import Cut
from kpo_fixtures.faults.points import Channel
from kpo_fixtures.gateways import Exchange, Statement
from kpo_suite.history import History
from kpo_suite.judge.rules import breaches

ASKED = "SELECT state FROM task_instance"
CONNECTED = Step(ordinal=3, channel="database", point=Point("connect", 2))


def statement(step: int, sql: str = ASKED, *, rows: int | None = 3, sqlstate: str = "", faults: str = "") -> Statement:
    return Statement(
        role="reaper",
        database="airflow",
        sql=sql,
        step=step,
        rows=rows,
        sqlstate=sqlstate,
        faults=(faults,) if faults else (),
    )


def disturbed(
    token: str | Placement,
    *,
    at: int = 2,
    name: str | None = None,
    statements: tuple[Statement, ...] = (),
    deleted_at: tuple[int, ...] = (5,),
    exit_code: int | None = 0,
    further: tuple[Step, ...] = (CONNECTED,),
    rest: tuple[Exchange, ...] = (),
) -> History:
    """A faulty sweep of nine steps with one fault at step ``at``, and a sweep after it that takes the twin."""
    placement = Placement.parse(token) if isinstance(token, str) else token
    channel: Channel = "airflow" if placement.point.kind == "rest" else "database"
    about = ("task_instance" if placement.point.kind == "query" else "") if name is None else name
    named = Point(placement.point.kind, placement.point.nth, about) if about else None
    step = Step(ordinal=at, channel=channel, point=placement.point, named=named, faults=(placement,))
    told = [statement(at, rows=None, sqlstate="57014", faults=str(placement))] if step.point.kind == "query" else []
    first = replace(sweep(1, exit_code=exit_code), faulty=True, statements=[*told, *statements])
    found = history(
        fate("zombie", "zombie"),
        fate("live", "live"),
        exchanges=[delete("zombie", step=each) for each in deleted_at] + [delete("twin", step=15)],
        sweeps=[first, sweep(2, steps=(10, 19))],
        twin_goes=False,
    )
    return replace(found, steps=[step, *further], rest=rest)


def observed(found: History, requirement: str) -> list[str]:
    return [failure.observed for failure in breaches(found, requirement)]


SPOILT = [
    ("SOURCE-UNREACHABLE", "DB1/refused@connect-1"),
    ("SOURCE-UNREACHABLE", "DB1/reset@query-1"),
    ("SOURCE-UNREACHABLE", "DB6/timeout@query-1"),
    ("SOURCE-UNREACHABLE", "DB7/slots@connect-1"),
    ("SOURCE-UNREACHABLE", "DB8@query-1"),
    ("SOURCE-EMPTY", "DB2/database@connect-1"),
    ("SOURCE-EMPTY", "DB2/empty@query-1"),
    ("SOURCE-PARTIAL", "DB1/row-reset@query-1"),
    ("SOURCE-PARTIAL", "DB6/row-timeout@query-1"),
    ("SOURCE-UNAUTHORIZED", "DB18/password@connect-1"),
    ("SOURCE-UNAUTHORIZED", "DB18/denied@query-1"),
]


@pytest.mark.parametrize(("requirement", "token"), SPOILT)
def test_a_deletion_after_the_fault_is_a_breach_and_one_before_it_is_none(requirement: str, token: str) -> None:
    [said] = observed(disturbed(token, exit_code=1), requirement)
    assert said.startswith("airflow/zombie was deleted at step 5, although ")
    assert f"({token.partition('@')[0]})" in said
    assert observed(disturbed(token, at=6, exit_code=1), requirement) == []
    assert observed(disturbed(token, deleted_at=(), exit_code=1), requirement) == []
    assert observed(disturbed(token, deleted_at=(12,), exit_code=1), requirement) == []


@pytest.mark.parametrize(("requirement", "token"), SPOILT)
def test_who_asks_again_and_is_answered_may_go_on(requirement: str, token: str) -> None:
    assert observed(disturbed(token, statements=(statement(4),)), requirement) == []
    for spoilt in (
        statement(6),
        statement(4, rows=None),
        statement(4, rows=0, sqlstate="57014"),
        statement(4, faults=token),
        statement(4, "COMMIT"),
    ):
        assert observed(disturbed(token, statements=(spoilt,), exit_code=1), requirement) != []


def test_another_question_is_no_answer_to_a_query_that_failed() -> None:
    other = statement(4, "SELECT dag_id FROM dag")
    assert observed(disturbed("DB1/reset@query-1", statements=(other,)), "SOURCE-UNREACHABLE") != []
    assert observed(disturbed("DB1/refused@connect-1", statements=(other,)), "SOURCE-UNREACHABLE") == []


def test_an_answer_on_a_connection_that_was_led_astray_is_none() -> None:
    token = "DB2/database@connect-1"
    asked = (statement(4),)
    led = replace(CONNECTED, faults=(Placement.parse(token),))
    assert observed(disturbed(token, statements=asked), "SOURCE-EMPTY") == []
    assert observed(disturbed(token, statements=asked, further=()), "SOURCE-EMPTY") != []
    assert observed(disturbed(token, statements=asked, further=(led,)), "SOURCE-EMPTY") != []


def test_a_missing_row_that_nothing_shows_is_held_against_nobody_who_does_no_harm() -> None:
    assert observed(disturbed("DB3/half@query-1"), "SOURCE-PARTIAL") == []
    found = disturbed("DB3/half@query-1", deleted_at=())
    found = replace(found, exchanges=[*found.exchanges, delete("live", step=5)])
    assert len(observed(found, "SOURCE-PARTIAL")) == 1


def test_an_empty_answer_to_a_question_about_no_table_shows_no_empty_source() -> None:
    assert observed(disturbed("DB2/empty@query-1", name=""), "SOURCE-EMPTY") == []


def test_an_empty_table_of_dags_is_no_missing_task_instance() -> None:
    assert observed(disturbed("DB2/empty@query-1", name="dag"), "SOURCE-EMPTY") == []
    assert observed(disturbed("DB2/empty@query-1", name="task_instance"), "SOURCE-EMPTY") != []


def test_refused_credentials_have_to_be_reported() -> None:
    assert observed(disturbed("DB18/denied@query-1", deleted_at=()), "SOURCE-UNAUTHORIZED") == [
        "Sweep 1 ended with exit code 0 although query-1 at step 2 fails with 42501, "
        "permission denied for table task_instance (DB18/denied)."
    ]
    assert observed(disturbed("DB18/denied@query-1", deleted_at=(), exit_code=1), "SOURCE-UNAUTHORIZED") == []
    again = disturbed("DB18/denied@query-1", deleted_at=(), statements=(statement(4),))
    assert observed(again, "SOURCE-UNAUTHORIZED") == []


def test_a_slow_answer_is_an_answer() -> None:
    assert observed(disturbed("DB1/slow@query-1"), "SOURCE-UNREACHABLE") == []


def test_the_rest_api_that_answers_the_same_again_has_answered() -> None:
    reset = Form(fault="DB1", what="is reset", channel="airflow", effect=Effect.REFUSED, action=Cut(when="before"))
    fault = Placement(reset, Point("rest", 1))
    path = "/api/v2/dags/~/dagRuns/~/taskInstances"
    failed = exchange("GET", path, step=2, status=0)
    for again, breached in (
        (exchange("GET", path, step=4), False),
        (exchange("GET", path, step=4, status=503), True),
        (exchange("GET", "/api/v2/dags", step=4), True),
        (exchange("GET", path, step=12), True),
        (replace(exchange("GET", path, step=4), altered=True), True),
    ):
        found = disturbed(fault, rest=(failed, again), exit_code=1)
        assert bool(observed(found, "SOURCE-UNREACHABLE")) == breached


@pytest.mark.parametrize("requirement", ["SOURCE-LAGGING", "SOURCE-CONSISTENT"])
def test_a_live_pod_that_is_deleted_is_a_breach(requirement: str) -> None:
    live = fate("live", "live", requirement)
    assert len(observed(history(live, exchanges=[delete("live", step=3)]), requirement)) == 1
    assert observed(history(fate("live", "live"), exchanges=[delete("live", step=3)]), requirement) == []
