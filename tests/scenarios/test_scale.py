"""Size: few zombies among very many pods, few tasks among very many rows. The reference reaper has to stay frugal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from kpo_fixtures.faults import Plan
from kpo_suite import World, catalogue, scenario
from kpo_suite.cost import queries
from kpo_suite.history import History
from kpo_suite.runner import record, run_replay, write
from kpo_suite.scenario import Pass, Scenario
from kpo_suite.settings import settle
from kpo_suite.subjects import Subject, open_subject
from kpo_suite.sweeping import sweep
from kpo_suite.testbed import Testbed

PAGE, MIB = 500, 1 << 20
LIMITED = sys.platform == "linux"
"""Whether a limit of memory is kept here."""


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as started:
        yield started


@pytest.fixture(scope="module")
def subject(testbed: Testbed) -> Iterator[Subject]:
    with open_subject(testbed.settings.reaper) as opened:
        yield opened


def mapped(pods: int, zombies: int) -> Scenario:
    """Map indexes of one task that run, each with its pod, and some among them that have failed."""

    @scenario(examines="REAP-EVERY-PAGE")
    def few_among_many(world: World) -> None:
        """So many pods.

        a zombie now and then
        """
        for index in range(pods):
            over = index % (pods // zombies) == 0
            pod = world.pod(world.task(map_index=index, state="failed" if over else "running"))
            if over:
                pod.zombie("its map index failed")
            else:
                pod.live("its map index runs", examines="KEEP-UNFINISHED")

    return few_among_many


def swept(testbed: Testbed, subject: Subject, made: Scenario, *, rows: int = 0, plan: str = "") -> History:
    """One sweep over such a world, with so many more rows of tasks that ended long ago. It has to be right."""
    (case,) = made.cases()
    written = write(case, testbed, subject, "3.3")
    testbed.timeline.arm(Plan.parse(plan), [], stage=written.stage, version=written.version)
    if rows:
        add_finished_rows(testbed, rows)
    done = sweep(subject, testbed, Pass(), 1)
    assert done.exit_code == 0, done.failure
    history = record(written, testbed, subject, [done])
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    assert {deletion.uid for deletion in history.deletions()} == zombies
    return history


def test_few_zombies_among_ten_thousand_pods(testbed: Testbed, subject: Subject) -> None:
    pods, zombies = 10_000, 50
    history = swept(testbed, subject, mapped(pods, zombies), plan="PR7@sweep-1" if LIMITED else "")
    assert not history.unreached
    pages = list(history.requests(verb="list", resource="pods"))
    assert len(pages) == 1 + pods // PAGE  # twin and control are on a page of their own
    assert max(len(page.response_body) for page in pages) < 4 * MIB
    assert queries(history) < zombies


def retained(pods: int) -> Scenario:
    """Pods of one task that were kept on purpose, so that nothing has to be known of them but that."""

    @scenario(examines="KEEP-RETAINED")
    def kept_among_many(world: World) -> None:
        """So many pods.

        all of them kept
        """
        task = world.task(state="success")
        for _ in range(pods):
            world.pod(task, shape="succeeded", labels={"already_checked": "True"}).kept("its author asked to keep it")

    return kept_among_many


@pytest.mark.skipif(not LIMITED, reason="needs a limit of memory that is kept")
def test_who_lists_without_a_limit_takes_more_memory(testbed: Testbed, subject: Subject) -> None:
    """Of pods of which nothing has to be known the reference keeps nothing, and never has more than a page."""
    taken: dict[str, list[int]] = {"pages": [], "whole": []}
    for pods in (10, 2_000):
        (paged,) = swept(testbed, subject, retained(pods), plan="PR7@sweep-1").sweeps
        with open_subject(catalogue.shipped_reapers()["lists-without-a-limit"].file) as wasteful:
            whole = sweep(wasteful, testbed, Pass(), 2)
        assert whole.exit_code == 0, whole.failure
        for way, done in (("pages", paged), ("whole", whole)):
            assert done.memory is not None
            taken[way].append(done.memory)
    more = {way: many - few for way, (few, many) in taken.items()}
    assert more["whole"] > 4 * more["pages"], taken


def test_few_tasks_among_many_rows_are_found_by_an_index(testbed: Testbed, subject: Subject) -> None:
    rows = 20_000
    swept(testbed, subject, mapped(20, 2), rows=rows)
    with psycopg.connect(testbed.server.dsn(testbed.database.name), autocommit=True) as connection:
        found = connection.execute(
            "SELECT coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables "
            "WHERE relname = 'task_instance'"
        ).fetchone()
    assert found is not None
    scanned, fetched = found
    assert scanned < rows  # a scan of the whole table reads each of them
    assert fetched > 0


def test_a_slow_api_server_makes_a_sweep_slow_and_not_wrong(testbed: Testbed, subject: Subject) -> None:
    (case,) = mapped(6, 3).cases()
    history = run_replay(case, testbed, subject, "3.3", plan=Plan.parse("SC6@list-pods-1"))
    faulty, clean = history.sweeps
    assert (faulty.exit_code, clean.exit_code) == (0, 0)
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    assert {each.uid for each in history.deletions() if each.exchange.step <= faulty.last_step} == zombies
    steps = [step for step in history.steps if step.channel == "kubernetes"]
    assert [bool(step.faults) for step in steps] == [step.ordinal <= faulty.last_step for step in steps]


def add_finished_rows(testbed: Testbed, rows: int) -> None:
    """Copies of a finished row under other map indexes, and what PostgreSQL has to know to plan for so many."""
    with psycopg.connect(testbed.server.dsn(testbed.database.name), autocommit=True) as connection:
        named = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'task_instance'"
        ).fetchall()
        instead = {"id": "gen_random_uuid()", "map_index": "1000000 + number"}
        columns = [name for (name,) in named]
        connection.execute(
            sql.SQL(
                "INSERT INTO task_instance ({}) SELECT {} FROM task_instance, generate_series(1, {}) AS number "
                "WHERE dag_id = 'twin'"
            ).format(
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(
                    sql.SQL(instead[each]) if each in instead else sql.Identifier(each) for each in columns
                ),
                rows,
            )
        )
        connection.execute("ANALYZE task_instance")
        connection.execute("SELECT pg_stat_reset()")
