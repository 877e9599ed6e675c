"""Whole sweeps through the command line with the REST API as their state source, and no database anywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .fake_airflow import BASIC, PASSWORD, TOKEN, USER, FakeAirflow, Ti, refusal
from .fake_api import FakeApi, failure
from .fake_server import Reply, Request, always, once
from .sweeping import Clock, Sweep, sweeper
from .worlds import DAG, ago, manifest

VERSIONS = ["2.7.3", "2.9.3", "2.10.5", "2.11.2", "3.0.6", "3.1.8", "3.2.2", "3.3.2"]


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as fake:
        yield fake


@pytest.fixture
def sweep(
    api: FakeApi,
    airflow: FakeAirflow,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Sweep:
    monkeypatch.setenv("KUBECONFIG", api.kubeconfig(tmp_path))
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    monkeypatch.setenv("KPO_REAPER_AIRFLOW_URL", airflow.url)
    monkeypatch.setenv("KPO_REAPER_AIRFLOW_USERNAME", USER)
    monkeypatch.setenv("KPO_REAPER_AIRFLOW_PASSWORD", PASSWORD)
    return sweeper(capsys, secrets=("s3cr3t", BASIC))


@pytest.fixture
def zombies(api: FakeApi, airflow: FakeAirflow) -> None:
    """Three pods of finished task instances, z0 the oldest, and the pod of one that runs."""
    airflow.add(*(Ti("failed", 1, task_id=f"z{n}") for n in range(3)), Ti("running", task_id="live"))
    api.add(*(manifest(f"z{n}", task_id=f"z{n}", created=ago(hours=9 - n)) for n in (2, 0, 1)))
    api.add(manifest("live", task_id="live"))


@pytest.mark.usefixtures("zombies")
@pytest.mark.parametrize("version", VERSIONS)
def test_zombies_go_and_the_rest_stays(version: str, api: FakeApi, airflow: FakeAirflow, sweep: Sweep) -> None:
    airflow.version = version
    result = sweep()
    assert (result.code, result.err) == (0, "")
    assert api.names == ["live"]
    assert result.pods("deleted") == ["z0", "z1", "z2"]
    assert result.events[0]["task_instance"]["task_id"] == "z0"
    assert result.summary["kept"] == {"KEEP-UNFINISHED": 1}
    assert {request.method for request in airflow.requests} <= {"GET", "POST"}


@pytest.mark.usefixtures("zombies")
def test_a_dry_run_decides_the_same(api: FakeApi, sweep: Sweep) -> None:
    dry = sweep("--dry-run")
    assert dry.pods("would-delete") == ["z0", "z1", "z2"]
    assert len(api.names) == 4
    assert sweep().pods("deleted") == dry.pods("would-delete")


@pytest.mark.usefixtures("zombies")
def test_states_are_read_after_the_last_pod(api: FakeApi, airflow: FakeAirflow, sweep: Sweep) -> None:
    def finish(_: Request) -> None:
        assert airflow.requests == []
        airflow.instances[-1].state = "failed"

    api.page = 1
    api.before.append(once("GET", finish, nth=4))
    assert len(sweep().pods("deleted")) == 4


class TestWhatFails:
    @pytest.mark.usefixtures("zombies")
    @pytest.mark.parametrize("path", ["/version", "/token", "/dags", "/dagRuns/list", "/taskInstances/list"])
    @pytest.mark.parametrize("status", [401, 403, 500, 302])
    def test_any_refusal_deletes_nothing(
        self, status: int, path: str, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.before.append(lambda request: refusal(status) if request.path.endswith(path) else None)
        result = sweep("--exclusive-scope")
        assert result.code == 1
        assert str(status) in result.err
        assert api.sent("DELETE") == []

    @pytest.mark.usefixtures("zombies")
    def test_an_unknown_airflow_deletes_nothing_and_is_said(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.version = "3.4.0"
        result = sweep("--exclusive-scope")
        assert result.code == 1
        assert "3.4.0" in result.err
        assert api.sent("DELETE") == []

    def test_an_empty_airflow_deletes_nothing(self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep) -> None:
        api.add(manifest("a"))
        airflow.more_dags.append(DAG)
        result = sweep("--exclusive-scope")
        assert result.code == 1
        assert "no task instance at all" in result.err
        assert api.names == ["a"]

    @pytest.mark.usefixtures("zombies")
    def test_a_token_that_expires_before_the_second_reading_ends_the_sweep(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(monkeypatch)

        def busy(_: Request) -> Reply:
            clock.let_facts_age()
            return failure(429, "TooManyRequests", **{"Retry-After": "0"})

        api.before.append(once("DELETE", busy, nth=2))
        airflow.before.append(once("POST", refusal(401), containing="/taskInstances/list", nth=2))
        result = sweep()
        assert result.code == 1
        assert "401" in result.err
        assert result.pods("deleted") == ["z0"]
        assert result.summary["left"] == 2

    @pytest.mark.usefixtures("zombies")
    def test_a_sweep_ends_with_its_deadline(self, airflow: FakeAirflow, sweep: Sweep, api: FakeApi) -> None:
        airflow.before.append(always("POST", Reply(200, b" " * 500, drip=True), containing="/list"))
        result = sweep("--deadline", "1", "--request-timeout", "5")
        assert result.code == 1
        assert api.sent("DELETE") == []


class TestRaces:
    @pytest.mark.usefixtures("zombies")
    def test_after_a_pause_states_are_read_again(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(monkeypatch)

        def busy(_: Request) -> Reply:
            airflow.instances[1].state = None
            clock.let_facts_age()
            return failure(429, "TooManyRequests", **{"Retry-After": "0"})

        api.before.append(once("DELETE", busy))
        result = sweep()
        assert result.code == 0
        assert result.pods("spared") == ["z1"]
        assert result.pods("deleted") == ["z0", "z2"]
        second = airflow.sent("POST", containing="/taskInstances/list")[1]
        assert second.body["task_ids"] == ["z0", "z1", "z2"]

    @pytest.mark.usefixtures("zombies")
    def test_a_task_instance_that_was_cleared_keeps_its_changed_pod(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        def clear(_: Request) -> None:
            api.touch("z0")
            airflow.instances[0].state = None

        api.before.append(once("DELETE", clear))
        assert sweep().pods("spared") == ["z0"]

    @pytest.mark.usefixtures("zombies")
    def test_states_that_are_slow_to_come_delete_nothing(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock(monkeypatch)

        def slow(_: Request) -> None:
            clock.let_facts_age()

        airflow.before.append(lambda request: slow(request) if "taskInstances" in request.path else None)
        result = sweep()
        assert result.code == 1
        assert "to tell a few states" in result.err
        assert api.sent("DELETE") == []


class TestHidden:
    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("scope", [(), ("--exclusive-scope",)])
    def test_pods_of_hidden_dags_stay(
        self, scope: tuple[str, ...], version: str, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.version = version
        airflow.add(Ti("failed", task_id="twin"), Ti("running", dag_id="hidden"), Ti("failed", dag_id="hidden x " * 9))
        airflow.hidden |= {"hidden", "hidden x " * 9}
        api.add(manifest("twin", task_id="twin"), manifest("p", dag_id="hidden"), manifest("q", dag_id="hidden x " * 9))
        result = sweep(*scope)
        assert result.code == 0
        assert result.pods("deleted") == ["twin"]

    def test_a_label_that_a_hidden_dag_shares_keeps_the_pod(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.add(
            Ti("failed", dag_id="trail-0fc596528"), Ti("running", dag_id="trail_"), Ti("failed", task_id="twin")
        )
        api.add(manifest("p", dag_id="trail_"), manifest("twin", task_id="twin"))
        airflow.hidden.add("trail_")
        result = sweep("--exclusive-scope")
        assert result.pods("deleted") == ["twin"]
        assert result.summary["kept"] == {"KEEP-HIDDEN": 1}

    @pytest.mark.parametrize("path", ["/dagRuns/list", "/taskInstances/list"])
    @pytest.mark.parametrize("version", ["2.11.2", "3.3.2"])
    def test_rights_that_are_taken_away_meanwhile_keep_the_pods(
        self, version: str, path: str, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.version = version
        airflow.add(Ti("failed", task_id="twin"), Ti("running", dag_id="d"), Ti("running", dag_id="trail_"))
        airflow.add(Ti("failed", dag_id="trail-0fc596528"))
        api.add(manifest("twin", task_id="twin"), manifest("p", dag_id="d"), manifest("q", dag_id="trail_"))

        def take_away(_: Request) -> None:
            airflow.hidden |= {"d", "trail_"}

        airflow.before.append(once("POST", take_away, containing=path))
        result = sweep("--exclusive-scope")
        assert result.code == 0
        assert result.pods("deleted") == ["twin"]

    def test_rowless_pods_go_from_an_exclusive_scope(self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep) -> None:
        airflow.add(Ti("running", run_id="another"))
        api.add(manifest("rowless"), manifest("foreign", dag_id="unknown"), manifest("young", created=ago(minutes=1)))
        assert sweep().summary["kept"] == {"KEEP-FOREIGN-DEPLOYMENT": 3}
        assert sweep("--exclusive-scope").pods("deleted") == ["rowless"]

    def test_encoded_ids_are_reaped_where_nothing_is_hidden(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        odd: dict[str, Any] = {"dag_id": "группа", "run_id": "läuft", "task_id": "x" * 90}
        airflow.add(Ti("failed", **odd))
        api.add(manifest("p", **odd))
        assert sweep().pods("deleted") == ["p"]


class TestOvertaken:
    @pytest.fixture(autouse=True)
    def two_tries(self, api: FakeApi) -> None:
        api.add(
            manifest("old", try_number=1, created=ago(hours=2)),
            manifest("new", try_number=2, created=ago(hours=1)),
        )

    @pytest.mark.parametrize("version", VERSIONS)
    def test_the_older_pod_goes(self, version: str, airflow: FakeAirflow, sweep: Sweep) -> None:
        airflow.version = version
        airflow.add(Ti("running", 2, memory={"name": "new", "namespace": "airflow"}))
        result = sweep()
        assert result.pods("deleted") == ["old"]
        assert result.events[0]["rule"] == "REAP-OVERTAKEN"
        assert len(airflow.sent("GET", containing="state-store")) == (version == "3.3.2")

    @pytest.mark.parametrize("memory", [{"name": "old", "namespace": "airflow"}, "unreadable", {"name": None}])
    def test_unless_airflow_remembers_it_or_may(self, memory: object, airflow: FakeAirflow, sweep: Sweep) -> None:
        airflow.add(Ti("running", 2, memory=memory))
        assert sweep().summary["kept"] == {"KEEP-UNFINISHED": 2}

    @pytest.mark.parametrize(("status", "code"), [(401, 1), (403, 1), (500, 1), (404, 0)])
    def test_unless_that_cannot_be_read(
        self, status: int, code: int, api: FakeApi, airflow: FakeAirflow, sweep: Sweep
    ) -> None:
        airflow.add(Ti("running", 2))
        airflow.before.append(always("GET", refusal(status), containing="state-store"))
        assert sweep().code == code
        assert api.sent("DELETE") == []

    def test_no_one_else_is_asked_about(self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep) -> None:
        airflow.add(Ti("running", 2), *(Ti("running", task_id=f"t{n}") for n in range(20)))
        api.add(*(manifest(f"p{n}", task_id=f"t{n}") for n in range(20)))
        assert sweep().pods("deleted") == ["old"]
        assert len(airflow.sent("GET", containing="state-store")) == 1


class TestSettings:
    @pytest.mark.usefixtures("zombies")
    def test_airflows_own_variables_are_enough(
        self, api: FakeApi, airflow: FakeAirflow, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("URL", "USERNAME", "PASSWORD"):
            monkeypatch.delenv(f"KPO_REAPER_AIRFLOW_{name}")
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", airflow.url + "/")
        monkeypatch.setenv("AIRFLOW_CLI_TOKEN", TOKEN)
        assert sweep().summary["deleted"] == 3

    @pytest.mark.usefixtures("zombies", "sweep")
    def test_a_rest_sweep_imports_no_database_driver(self) -> None:
        import subprocess

        code = (
            "import sys; from kpo_reaper.cli import main; code = main(['sweep', '--namespace', 'airflow']);"
            "sys.exit(code or bool({'sqlalchemy', 'psycopg'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "3 deleted" in done.stdout
