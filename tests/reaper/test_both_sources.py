"""The same rows through Airflow's database and its REST API, for every generation: the same is read and decided."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase, TaskInstanceRow, generations
from kpo_fixtures.airflow.rest import RestFace, RestUser
from kpo_reaper import airflow_rest
from kpo_reaper.airflow_rest import AirflowRest, Credentials
from kpo_reaper.airflow_sql import AirflowDatabase
from kpo_reaper.airflow_versions import REST_GENERATIONS
from kpo_reaper.deadline import Deadline
from kpo_reaper.errors import StateSourceError
from kpo_reaper.labels import label_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, TaskInstanceFacts

from .fake_api import FakeApi
from .sweeping import Result, Sweep, sweeper
from .worlds import ago, manifest

DAGS = ["etl", "trail_", "trail-0fc596528", "x" * 90, "группа"]
RUNS = ["manual__2026-06-01T11:00:00+00:00", "scheduled__2026-06-01T11:00:00+00:00", "r"]
TASKS = ["load", "group.load", "шаг", "t" * 80]
STATES = [None, "scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"]
STATES += ["success", "failed", "skipped", "upstream_failed", "removed"]
ALL = RestUser(name="reaper", password="s3cr3t-of-rest")
SOME = RestUser(name="some", password="s3cr3t-of-some", readable_dags=frozenset({"etl", "x" * 90}))


@pytest.fixture(scope="module", params=generations())
def recorded(request: pytest.FixtureRequest, server: PostgresServer) -> Iterator[StateDatabase]:
    with RecordedAirflow(server, request.param).fresh() as database:
        yield database


@pytest.fixture(scope="module")
def running_face(recorded: StateDatabase) -> Iterator[RestFace]:
    with RestFace(recorded, users=[ALL, SOME]) as face:
        yield face


@pytest.fixture
def face(running_face: RestFace) -> Iterator[RestFace]:
    yield running_face
    running_face.database.reset()
    running_face.clear()


def some_rows(seed: int, number: int = 60) -> list[TaskInstanceRow]:
    luck = random.Random(seed)
    keys = {
        (luck.choice(DAGS), luck.choice(RUNS), luck.choice(TASKS), luck.choice([-1, 0, 1, 10])) for _ in range(number)
    }
    return [
        TaskInstanceRow(
            dag_id=dag,
            run_id=run,
            task_id=task,
            map_index=index,
            state=luck.choice(STATES),
            try_number=luck.randint(1, 3),
            pod_identifier=luck.choice([None, (f"pod-{luck.randint(0, 90)}", "airflow")]),
        )
        for dag, run, task, index in sorted(keys)
    ]


def some_pods(seed: int, number: int = 60) -> list[dict[str, Any]]:
    """Pods of the rows of a seed, a few of no row, some with a second one of a newer try."""
    luck = random.Random(-seed)
    rows = some_rows(seed)
    pods = []
    for n in range(number):
        row = luck.choice(rows)
        pods.append(
            manifest(
                f"pod-{n}",
                dag_id=row.dag_id,
                run_id=luck.choice([row.run_id] * 5 + ["gone"]),
                task_id=row.task_id,
                map_index=row.map_index,
                try_number=max(1, row.try_number - luck.randint(0, 1)),
                created=ago(minutes=luck.randint(0, 200)),
            )
        )
    return [*pods, manifest("foreign", dag_id="foreign"), manifest("foreign-too", dag_id="группа foreign")]


def attempts(row: TaskInstanceRow) -> Attempts:
    return Attempts(label_of(row.dag_id), label_of(row.run_id), label_of(row.task_id), row.map_index)


def by_key(found: Snapshot) -> dict[tuple[str, str, str, int], TaskInstanceFacts]:
    assert len({(r.dag_id, r.run_id, r.task_id, r.map_index) for r in found.instances}) == len(found.instances)
    return {(row.dag_id, row.run_id, row.task_id, row.map_index): row for row in found.instances}


def through_sql(database: StateDatabase, wanted: set[Attempts]) -> Snapshot:
    source = AirflowDatabase(database.sql_alchemy_conn(read_only=True), timeout=10, deadline=Deadline(30))
    try:
        return source.read(wanted)
    finally:
        source.close()


def through_rest(face: RestFace, wanted: set[Attempts], *, recall: bool = True) -> Snapshot:
    credentials = Credentials(username=ALL.name, password=ALL.password)
    source = AirflowRest(face.url, credentials, timeout=10, deadline=Deadline(30))
    try:
        found = source.read(wanted)
        told: list[str] = []
        found = source.recall(found, found.instances, told.append) if recall else found
        assert told == []
        return found
    finally:
        source.close()


def test_every_generation_is_known() -> None:
    assert set(generations()) == set(REST_GENERATIONS)


@pytest.mark.parametrize("seed", range(2))
def test_the_same_is_read(seed: int, face: RestFace) -> None:
    rows = some_rows(seed)
    face.database.write(rows)
    wanted = {attempts(row) for row in rows[::2]} | {Attempts("foreign", "r", "t", -1)}
    sql, rest = through_sql(face.database, wanted), through_rest(face, wanted)
    assert by_key(rest) == by_key(sql)
    assert len(by_key(rest)) >= len(rows) // 2
    assert rest.dag_ids == sql.dag_ids == {row.dag_id for row in rows}
    assert rest.plain_tries == sql.plain_tries
    assert not rest.hides_dags


@pytest.mark.parametrize("page", [2, 7])
def test_the_same_is_read_in_small_pages(page: int, face: RestFace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_rest, "PAGE", page)
    monkeypatch.setattr(airflow_rest, "LARGEST_PAGE", page)
    rows = some_rows(7)
    face.database.write(rows)
    wanted = {attempts(row) for row in rows}
    assert by_key(through_rest(face, wanted)) == by_key(through_sql(face.database, wanted))


def test_a_database_without_task_instances_is_refused_by_both(face: RestFace) -> None:
    wanted = {attempts(some_rows(1)[0])}
    with pytest.raises(StateSourceError, match="no task instance at all"):
        through_sql(face.database, wanted)
    with pytest.raises(StateSourceError, match="no task instance at all"):
        through_rest(face, wanted)


def test_requests_do_not_grow_with_the_pods(face: RestFace) -> None:
    rows = [
        TaskInstanceRow(dag_id=f"dag_{n % 30}", run_id=f"run {n}", task_id="t", state="running", try_number=1)
        for n in range(600)
    ]
    face.database.write(rows)
    counts = []
    for number in (1, 600):
        face.clear()
        found = through_rest(face, {attempts(row) for row in rows[:number]}, recall=False)
        assert len(found.instances) == number
        counts.append(len(face.requests()))
    assert counts[0] == counts[1] <= 6


class TestSweeps:
    @pytest.fixture
    def sweep(
        self, api: FakeApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> Sweep:
        monkeypatch.setenv("KUBECONFIG", api.kubeconfig(tmp_path))
        for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__API__BASE_URL", "AIRFLOW_CLI_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        return sweeper(capsys, secrets=("s3cr3t",))

    @staticmethod
    def sql(face: RestFace) -> list[str]:
        return ["--sql-alchemy-conn", face.database.sql_alchemy_conn(read_only=True)]

    @staticmethod
    def rest(face: RestFace, user: RestUser = ALL) -> list[str]:
        return ["--airflow-url", face.url, "--airflow-username", user.name, "--airflow-password", user.password]

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("scope", [(), ("--exclusive-scope",)])
    def test_the_same_is_decided(
        self, seed: int, scope: tuple[str, ...], face: RestFace, api: FakeApi, sweep: Sweep
    ) -> None:
        face.database.write(some_rows(seed))
        api.add(*some_pods(seed))
        flags = (*scope, "--dry-run", "--breaker-share", "1")
        sql, rest = sweep(*flags, *self.sql(face)), sweep(*flags, *self.rest(face))
        assert (sql.code, sql.err, rest.code, rest.err) == (0, "", 0, "")
        assert rest.events == sql.events
        assert rest.summary["candidates"] > 5
        assert rest.summary["kept"]["KEEP-UNFINISHED"] > 5

    def test_the_same_is_overtaken(self, face: RestFace, api: FakeApi, sweep: Sweep) -> None:
        stored = [None, ("t1-old", "airflow"), ("t2-new", "airflow"), ("t3-old", "elsewhere")]
        face.database.write(
            TaskInstanceRow(
                dag_id="etl", run_id="r", task_id=f"t{n}", state="running", try_number=2, pod_identifier=stored[n]
            )
            for n in range(4)
        )
        for n in range(4):
            which: dict[str, Any] = {"dag_id": "etl", "run_id": "r", "task_id": f"t{n}"}
            api.add(manifest(f"t{n}-old", try_number=1, created=ago(hours=2), **which))
            api.add(manifest(f"t{n}-new", try_number=2, created=ago(hours=1), **which))
        sql, rest = sweep("--dry-run", *self.sql(face)), sweep("--dry-run", *self.rest(face))
        assert rest.events == sql.events
        remembered = {"t1-old"} if face.generation == "3.3" else set()
        assert set(rest.pods("would-delete")) == {f"t{n}-old" for n in range(4)} - remembered

    @pytest.mark.parametrize("seed", range(2))
    def test_a_user_who_may_not_read_all_reaps_less_and_nothing_else(
        self, seed: int, face: RestFace, api: FakeApi, sweep: Sweep
    ) -> None:
        face.database.write(some_rows(seed))
        api.add(*some_pods(seed))
        flags = ("--exclusive-scope", "--dry-run", "--breaker-share", "1")
        everything, less = sweep(*flags, *self.sql(face)), sweep(*flags, *self.rest(face, SOME))
        assert less.decisions.items() <= everything.decisions.items()
        hidden = {event["pod"] for event in everything.events[:-1] if event["labels"]["dag_id"] not in self.readable()}
        assert hidden
        assert not hidden & less.decisions.keys()
        assert refused_or_fewer(less, everything, face)

    @staticmethod
    def readable() -> set[str]:
        assert SOME.readable_dags is not None
        return {label_of(dag_id) for dag_id in SOME.readable_dags}


def refused_or_fewer(less: Result, everything: Result, face: RestFace) -> bool:
    """Airflow 3.0 refuses such a user every list (the dag_id ~ is not its own); the others show it what is its own."""
    if face.generation == "3.0":
        return less.code == 1 and "403" in less.err
    return less.code == 0 and 0 < len(less.decisions) < len(everything.decisions)
