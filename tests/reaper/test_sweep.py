"""Whole sweeps through the command line, against a fake API server and a real PostgreSQL with Airflow's tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kpo_fixtures.airflow.recorded import StateDatabase, TaskInstanceRow
from kpo_reaper.cli import main

from .fake_api import FakeApi, Manifest, failure
from .fake_server import Reply, Request, always, once
from .sweeping import Clock, Sweep, sweeper
from .worlds import DAG, RUN, TASK, ago, manifest


@pytest.fixture
def sweep(
    api: FakeApi,
    database: StateDatabase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Sweep:
    monkeypatch.setenv("KUBECONFIG", api.kubeconfig(tmp_path))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", database.sql_alchemy_conn(read_only=True))
    return sweeper(capsys, secrets=("s3cr3t", database.server.reader_password))


def ti(state: str | None = "failed", try_number: int = 1, **more: Any) -> TaskInstanceRow:
    key = {"dag_id": DAG, "run_id": RUN, "task_id": TASK} | more
    return TaskInstanceRow(state=state, try_number=try_number, **key)


@pytest.fixture
def zombies(api: FakeApi, database: StateDatabase) -> list[Manifest]:
    """Three pods of finished task instances, z0 the oldest, and the pod of one that runs."""
    database.write([ti(task_id=f"z{n}") for n in range(3)] + [ti("running", task_id="live")])
    pods = [manifest(f"z{n}", task_id=f"z{n}", created=ago(hours=9 - n)) for n in (2, 0, 1)]
    api.add(*pods, manifest("live", task_id="live"))
    return pods


def test_zombies_go_and_the_rest_stays(api: FakeApi, zombies: list[Manifest], sweep: Sweep) -> None:
    result = sweep()
    assert result.code == 0
    assert api.names == ["live"]
    assert result.pods("deleted") == ["z0", "z1", "z2"]
    event = result.events[0]
    assert event["uid"] == next(pod for pod in zombies if pod["metadata"]["name"] == "z0")["metadata"]["uid"]
    assert event["task_instance"] == {
        "dag_id": DAG,
        "run_id": RUN,
        "task_id": "z0",
        "map_index": -1,
        "try_number": 1,
        "state": "failed",
    }
    assert event["rule"] == "REAP-FINISHED"
    assert result.summary == {
        "event": "summary",
        "dry_run": False,
        "candidates": 3,
        "deleted": 3,
        "would_delete": 0,
        "gone": 0,
        "spared": 0,
        "failed": 0,
        "left": 0,
        "budget_reached": False,
        "breaker_tripped": False,
        "kept": {"KEEP-UNFINISHED": 1},
        "errors": [],
    }
    assert [request.method for request in api.requests] == ["GET", "DELETE", "DELETE", "DELETE"]


@pytest.mark.usefixtures("zombies")
def test_a_second_sweep_writes_nothing(api: FakeApi, sweep: Sweep) -> None:
    for pod in api.pods.values():
        pod["spec"]["nodeName"] = "node"  # they terminate, and are still there
    assert sweep().summary["deleted"] == 3
    again = sweep()
    assert again.summary["kept"] == {"DELETE-ONCE": 3, "KEEP-UNFINISHED": 1}
    assert len(api.sent("DELETE")) == 3


@pytest.mark.usefixtures("zombies")
def test_a_dry_run_decides_the_same_and_writes_nothing(api: FakeApi, sweep: Sweep) -> None:
    dry = sweep("--dry-run")
    assert {request.method for request in api.requests} == {"GET"}
    real = sweep()
    assert dry.pods("would-delete") == real.pods("deleted")
    assert dry.summary["kept"] == real.summary["kept"]


@pytest.mark.usefixtures("zombies")
def test_the_budget_takes_the_oldest_and_is_said(api: FakeApi, sweep: Sweep) -> None:
    result = sweep("--max-deletions", "2")
    assert result.code == 0
    assert result.pods("deleted") == ["z0", "z1"]
    assert result.summary["budget_reached"] is True
    assert result.summary["left"] == 1
    assert sweep("--max-deletions", "1").summary["budget_reached"] is False


@pytest.mark.usefixtures("zombies")
def test_a_pod_that_cannot_be_deleted_holds_no_other_up(api: FakeApi, sweep: Sweep) -> None:
    api.before.append(always("DELETE", failure(403, "Forbidden"), containing="z0"))
    result = sweep("--max-deletions", "1")
    assert result.code == 1
    assert result.pods("failed") == ["z0"]
    assert result.pods("deleted") == ["z1"]
    assert "because of Forbidden" in result.err


def test_rows_are_read_after_the_last_page(api: FakeApi, database: StateDatabase, sweep: Sweep) -> None:
    database.write([ti("running")])
    api.page = 1
    api.add(manifest("a"), manifest("b"))

    def finish(_: Request) -> None:
        database.set_state(DAG, RUN, TASK, state="failed")

    api.before.append(once("GET", finish, nth=2))
    assert sweep().pods("deleted") == ["a", "b"]


class TestWhatFails:
    @pytest.mark.usefixtures("zombies")
    def test_without_the_database_nothing_is_deleted(
        self, api: FakeApi, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://a:b@127.0.0.1:1/airflow")
        result = sweep()
        assert result.code == 1
        assert "could not be read" in result.err
        assert api.sent("DELETE") == []

    def test_an_empty_database_deletes_nothing(self, api: FakeApi, sweep: Sweep) -> None:
        api.add(manifest("a"))
        result = sweep("--exclusive-scope")
        assert result.code == 1
        assert "no task instance at all" in result.err
        assert api.names == ["a"]

    @pytest.mark.usefixtures("zombies")
    def test_an_unknown_airflow_deletes_nothing_and_is_said(
        self, api: FakeApi, database: StateDatabase, sweep: Sweep
    ) -> None:
        with psycopg.connect(database.server.dsn(database.name), autocommit=True) as owner:
            owner.execute("UPDATE alembic_version SET version_num = 'abcdefabcdef'")
            try:
                result = sweep()
            finally:
                owner.execute("UPDATE alembic_version SET version_num = 'd2f4e1b3c5a7'")
        assert result.code == 1
        assert "abcdefabcdef" in result.err
        assert api.sent("DELETE") == []

    @pytest.mark.usefixtures("zombies")
    def test_one_namespace_holds_no_other_up(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(always("GET", failure(403, "Forbidden"), containing="/forbidden/"))
        result = sweep("--namespace", "forbidden", "--namespace", "airflow")
        assert result.code == 1
        assert result.summary["deleted"] == 3
        assert len(result.summary["errors"]) == 1

    @pytest.mark.usefixtures("zombies")
    def test_a_cut_list_deletes_nothing(self, api: FakeApi, sweep: Sweep) -> None:
        api.page = 2
        api.after.append(once("GET", Reply(200, {"kind": "PodList"}, cut=5), nth=2))
        assert sweep().code == 1
        assert api.sent("DELETE") == []

    @pytest.mark.usefixtures("zombies")
    def test_credentials_that_expire_end_the_sweep(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(once("DELETE", failure(401, "Unauthorized"), nth=2))
        result = sweep()
        assert result.code == 1
        assert result.pods("deleted") == ["z0"]
        assert result.summary["left"] == 2
        assert len(api.sent("DELETE")) == 2

    @pytest.mark.usefixtures("zombies")
    def test_what_was_not_committed_is_not_counted(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(always("DELETE", failure(500, "InternalError")))
        result = sweep()
        assert result.code == 1
        assert result.summary["deleted"] == 0
        assert result.summary["failed"] == 3

    @pytest.mark.usefixtures("zombies")
    def test_an_unknown_outcome_uses_up_the_budget(self, api: FakeApi, sweep: Sweep) -> None:
        api.after += [always("DELETE", Reply(200, {}, cut=0)), always("GET", Reply(200, {}, cut=0), containing="pods/")]
        result = sweep("--max-deletions", "2")
        assert result.code == 1
        assert result.summary["deleted"] == 0
        assert len(api.sent("DELETE")) == 2

    @pytest.mark.usefixtures("zombies")
    def test_a_sweep_ends_with_its_deadline(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(always("DELETE", Reply(200, b" " * 500, drip=True)))
        result = sweep("--deadline", "1", "--request-timeout", "5")
        assert result.code == 1
        assert "deadline" in result.err


class TestRaces:
    @pytest.mark.usefixtures("zombies")
    def test_a_pod_that_churns_is_judged_again_and_deleted(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(once("DELETE", lambda _: touched(api, "z0")))
        result = sweep()
        assert result.code == 0
        assert result.pods("deleted") == ["z0", "z1", "z2"]
        assert len(api.sent("DELETE")) == 4

    @pytest.mark.usefixtures("zombies")
    def test_a_pod_that_keeps_changing_is_left(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(lambda request: touched(api, "z0") if request.path.endswith("z0") else None)
        result = sweep()
        assert result.code == 0
        assert result.pods("spared") == ["z0"]
        assert len([request for request in api.sent("DELETE") if request.path.endswith("z0")]) == 2

    @pytest.mark.usefixtures("zombies")
    def test_a_pod_of_the_same_name_survives(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(once("DELETE", lambda _: api.replace("z0")))
        result = sweep()
        assert result.code == 0
        assert result.pods("gone") == ["z0"]
        assert api.names == ["live", "z0"]

    @pytest.mark.usefixtures("zombies")
    def test_a_task_instance_that_was_cleared_keeps_its_changed_pod(
        self, api: FakeApi, database: StateDatabase, sweep: Sweep
    ) -> None:
        def clear(_: Request) -> None:
            api.touch("z0")
            database.set_state(DAG, RUN, "z0", state=None)

        api.before.append(once("DELETE", clear))
        result = sweep()
        assert result.code == 0
        assert result.pods("spared") == ["z0"]
        assert result.pods("deleted") == ["z1", "z2"]

    @pytest.mark.usefixtures("zombies")
    def test_an_opt_out_in_the_last_moment_counts(self, api: FakeApi, sweep: Sweep) -> None:
        def opt_out(_: Request) -> None:
            api.touch("z0")["metadata"]["annotations"] = {"kpo-reaper/keep": "true"}

        api.before.append(once("DELETE", opt_out))
        assert sweep().pods("spared") == ["z0"]

    @pytest.mark.usefixtures("zombies")
    def test_another_reaper_is_no_error(self, api: FakeApi, sweep: Sweep) -> None:
        def overtake(_: Request) -> None:
            del api.pods["airflow", "z0"]

        api.before.append(once("DELETE", overtake))
        result = sweep()
        assert result.code == 0
        assert result.pods("gone") == ["z0"]
        assert result.summary["deleted"] == 2

    @pytest.mark.usefixtures("zombies")
    def test_after_a_pause_rows_are_read_again(
        self, api: FakeApi, database: StateDatabase, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(monkeypatch)

        def busy(_: Request) -> Reply:
            database.set_state(DAG, RUN, "z1", state=None)
            clock.let_facts_age()
            return failure(429, "TooManyRequests", **{"Retry-After": "1"})

        api.before.append(once("DELETE", busy))
        result = sweep()
        assert result.code == 0
        assert result.pods("spared") == ["z1"]
        assert result.pods("deleted") == ["z0", "z2"]
        first, second = api.sent("DELETE")[:2]
        assert second.at - first.at >= 1

    @pytest.mark.usefixtures("zombies")
    def test_endless_pauses_end(self, api: FakeApi, sweep: Sweep) -> None:
        api.before.append(always("DELETE", failure(429, "Busy", **{"Retry-After": "0"}), containing="z0"))
        result = sweep()
        assert result.code == 1
        assert result.pods("failed") == ["z0"]
        assert result.pods("deleted") == ["z1", "z2"]


def touched(api: FakeApi, name: str) -> None:
    api.touch(name)


def test_an_overtaken_pod_goes_although_its_task_runs(api: FakeApi, database: StateDatabase, sweep: Sweep) -> None:
    database.write([ti("running", 2, pod_identifier=("new", "airflow"))])
    api.add(
        manifest("old", try_number=1, created=ago(hours=2)),
        manifest("new", try_number=2, created=ago(hours=1)),
    )
    result = sweep()
    assert result.pods("deleted") == ["old"]
    assert result.events[0]["rule"] == "REAP-OVERTAKEN"


def test_a_pod_that_airflow_remembers_stays(api: FakeApi, database: StateDatabase, sweep: Sweep) -> None:
    database.write([ti("running", 2, pod_identifier=("old", "airflow"))])
    api.add(
        manifest("old", try_number=1, created=ago(hours=2)),
        manifest("new", try_number=2, created=ago(hours=1)),
    )
    assert sweep().summary["candidates"] == 0


def test_an_overtaken_pod_that_churns_is_judged_beside_the_newer_one(
    api: FakeApi, database: StateDatabase, sweep: Sweep
) -> None:
    database.write([ti("running", 2)])
    api.add(
        manifest("old", try_number=1, created=ago(hours=2)),
        manifest("new", try_number=2, created=ago(hours=1)),
    )
    api.before.append(once("DELETE", lambda _: touched(api, "old")))
    assert sweep().pods("deleted") == ["old"]


def test_rowless_pods_go_from_an_exclusive_scope_only(api: FakeApi, database: StateDatabase, sweep: Sweep) -> None:
    database.write([ti("running", run_id="another")])
    api.add(manifest("rowless"), manifest("foreign", dag_id="unknown"), manifest("young", created=ago(minutes=1)))
    assert sweep().summary["kept"] == {"KEEP-FOREIGN-DEPLOYMENT": 3}
    result = sweep("--exclusive-scope")
    assert result.pods("deleted") == ["rowless"]
    assert result.events[0]["task_instance"] is None
    assert result.summary["kept"] == {"KEEP-FOREIGN-DEPLOYMENT": 1, "KEEP-YOUNG": 1}


def test_all_namespaces_are_swept(api: FakeApi, database: StateDatabase, sweep: Sweep) -> None:
    database.write([ti()])
    api.add(manifest("a", namespace="a"), manifest("b", namespace="b"))
    assert sweep("--all-namespaces").pods("deleted") == ["a", "b"]


def test_the_lines_for_people(
    api: FakeApi, zombies: list[Manifest], sweep: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "--namespace", "airflow", "--max-deletions", "1"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    uid = api.sent("DELETE")[0].body["preconditions"]["uid"]
    assert first == f"deleted       airflow/z0  uid {uid}: {DAG}.z0 of run {RUN} is failed (REAP-FINISHED)"
    assert last == (
        "kpo-reaper: 3 to delete, 1 deleted, 2 left because the budget was reached, "
        "1 kept (KEEP-UNFINISHED 1), 0 errors"
    )


class TestCommand:
    @pytest.mark.parametrize(
        "flags",
        [
            ["--max-deletions", "0"],
            ["--min-age", "-1"],
            ["--min-age", "0"],
            ["--terminal-age", "0"],
            ["--all-namespaces"],
            ["--config", "/nowhere"],
            ["--kubeconfig", "/nowhere"],
            ["--sql-alchemy-conn", "nonsense"],
        ],
    )
    def test_what_cannot_be_obeyed_is_one_sentence(
        self, flags: list[str], api: FakeApi, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["sweep", "--namespace", "airflow", *flags]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("kpo-reaper: ")
        assert captured.err.count("\n") == 1
        assert api.requests == []

    @pytest.mark.parametrize("argv", [[], ["sweep", "--max-delations", "1"], ["sweep", "--dry"], ["watch"]])
    def test_what_is_not_known_is_usage(self, argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main(argv)
        assert caught.value.code == 2
        capsys.readouterr()

    @pytest.mark.usefixtures("zombies")
    def test_as_a_process(self, api: FakeApi, sweep: Sweep) -> None:
        command = [sys.executable, "-m", "kpo_reaper", "sweep", "--namespace", "airflow", "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout.splitlines()[-1])["deleted"] == 3

    @pytest.mark.usefixtures("zombies")
    def test_when_no_one_reads_no_more_is_deleted(self, api: FakeApi, sweep: Sweep) -> None:
        command = [sys.executable, "-m", "kpo_reaper", "sweep", "--namespace", "airflow"]
        unread, out = os.pipe()
        os.close(unread)
        try:
            done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)
        finally:
            os.close(out)
        assert (done.returncode, done.stderr) == (1, b"")
        assert len(api.sent("DELETE")) == 1


class TestBreaker:
    @pytest.fixture
    def many(self, api: FakeApi, database: StateDatabase) -> None:
        """Six zombies among ten pods."""
        database.write(ti("failed" if n < 6 else "running", task_id=f"t{n}") for n in range(10))
        api.add(*(manifest(f"p{n}", task_id=f"t{n}") for n in range(10)))

    @pytest.mark.usefixtures("many")
    def test_too_large_a_share_is_an_alarm(self, api: FakeApi, sweep: Sweep) -> None:
        result = sweep("--breaker-floor", "5")
        assert result.code == 1
        assert "6 of 10 pods look like zombies, more than 5 and more than 50%" in result.err
        assert api.sent("DELETE") == []
        assert [event["event"] for event in result.events] == ["alarm", "summary"]
        assert result.events[0]["alarm"] == "breaker"
        assert (result.summary["breaker_tripped"], result.summary["left"], result.summary["candidates"]) == (True, 6, 6)

    @pytest.mark.usefixtures("many")
    @pytest.mark.parametrize(
        "flags", [(), ("--breaker-floor", "6"), ("--breaker-floor", "0", "--breaker-share", "0.6")]
    )
    def test_few_zombies_or_a_smaller_share_are_none(self, flags: tuple[str, ...], sweep: Sweep) -> None:
        result = sweep(*flags)
        assert result.code == 0
        assert result.summary["deleted"] == 6
        assert result.summary["breaker_tripped"] is False

    @pytest.mark.usefixtures("many")
    def test_a_dry_run_raises_the_same_alarm(self, sweep: Sweep) -> None:
        dry = sweep("--breaker-floor", "5", "--dry-run")
        assert (dry.code, dry.pods("would-delete"), dry.summary["breaker_tripped"]) == (1, [], True)

    @pytest.mark.usefixtures("many")
    def test_a_small_budget_does_not_hide_them(self, sweep: Sweep) -> None:
        assert sweep("--breaker-floor", "5", "--max-deletions", "1").summary["breaker_tripped"] is True

    @pytest.mark.usefixtures("many")
    def test_people_are_told(self, sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["sweep", "--namespace", "airflow", "--breaker-floor", "5"]) == 1
        captured = capsys.readouterr()
        assert "6 left because they are implausibly many" in captured.out
        assert "none is deleted" in captured.err


class TestCluster:
    def test_the_right_one_is_swept(self, api: FakeApi, zombies: list[Manifest], sweep: Sweep) -> None:
        result = sweep("--cluster-uid", api.uid)
        assert (result.code, api.names) == (0, ["live"])
        assert api.requests[0].path == "/api/v1/namespaces/kube-system"

    def test_in_another_one_nothing_is_even_listed(self, api: FakeApi, zombies: list[Manifest], sweep: Sweep) -> None:
        result = sweep("--cluster-uid", "6c7a3a1e-0000-4000-8000-000000000002")
        assert result.code == 1
        assert f"this is another cluster: kube-system has the uid {api.uid}" in str(result.events)
        assert [request.path for request in api.requests] == ["/api/v1/namespaces/kube-system"]

    @pytest.mark.parametrize(
        "reply", [failure(403, "Forbidden"), Reply(200, {"kind": "PodList"}), Reply(200, {"kind": "Namespace"})]
    )
    def test_one_that_does_not_say_is_not_swept(
        self, reply: Reply, api: FakeApi, zombies: list[Manifest], sweep: Sweep
    ) -> None:
        api.before.append(once("GET", reply))
        assert sweep("--cluster-uid", api.uid).code == 1
        assert len(api.names) == 4

    def test_who_is_not_told_does_not_ask(self, api: FakeApi, zombies: list[Manifest], sweep: Sweep) -> None:
        assert sweep().code == 0
        assert "/api/v1/namespaces/kube-system" not in [request.path for request in api.requests]
