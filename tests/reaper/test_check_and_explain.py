"""``kpo-reaper check`` and ``kpo-reaper explain``, with either state source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpo_fixtures.airflow.recorded import StateDatabase, TaskInstanceRow
from kpo_reaper.cli import main

from .fake_airflow import TOKEN, FakeAirflow, Ti, refusal
from .fake_api import FakeApi, failure
from .fake_server import Reply, always
from .worlds import DAG, RUN, TASK, ago, manifest

CHECK = ["check", "--namespace", "airflow"]


@pytest.fixture(autouse=True)
def kubeconfig(api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", api.kubeconfig(tmp_path))


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAirflow]:
    with FakeAirflow() as fake:
        monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
        monkeypatch.setenv("KPO_REAPER_AIRFLOW_URL", fake.url)
        monkeypatch.setenv("KPO_REAPER_AIRFLOW_TOKEN", TOKEN)
        yield fake


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


class TestCheck:
    def test_all_is_well_with_the_database(
        self, database: StateDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        database.write([TaskInstanceRow(dag_id=DAG, run_id=RUN, task_id=TASK, state="running", try_number=1)])
        monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", database.sql_alchemy_conn(read_only=True))
        assert main(CHECK) == 0
        out = capsys.readouterr().out
        assert [line.split()[0] for line in out.splitlines()] == ["ok"] * 4
        assert "reading Airflow 3.3 through its database" in out

    @pytest.mark.parametrize("version", ["2.7.3", "2.11.2", "3.3.2"])
    def test_all_is_well_with_the_rest_api(
        self,
        version: str,
        api: FakeApi,
        airflow: FakeAirflow,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        airflow.version = version
        if version < "3":
            monkeypatch.delenv("KPO_REAPER_AIRFLOW_TOKEN")
            monkeypatch.setenv("KPO_REAPER_AIRFLOW_USERNAME", "reaper")
            monkeypatch.setenv("KPO_REAPER_AIRFLOW_PASSWORD", "s3cr3t-password")
        airflow.add(Ti())
        assert main([*CHECK, "--output", "json"]) == 0
        told = lines(capsys)
        assert all(line["event"] == "check" and line["ok"] for line in told)
        assert told[-1]["what"].startswith(f"reading Airflow {version} through its REST API")
        asked = [request.body["spec"]["resourceAttributes"] for request in api.sent("POST")]
        assert [(each["verb"], each["namespace"]) for each in asked] == [
            ("get", "airflow"),
            ("list", "airflow"),
            ("delete", "airflow"),
        ]

    def test_a_right_that_is_missing_is_said(
        self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        airflow.add(Ti())
        api.denied.add("delete")
        assert main(["check", "--all-namespaces", "--output", "json"]) == 1
        assert [line["what"] for line in lines(capsys) if not line["ok"]] == ["right to delete pods in all namespaces"]

    @pytest.mark.parametrize(
        "reply", [failure(401, "Unauthorized"), failure(403, "Forbidden"), Reply(200, {}), Reply(201, b"<html>")]
    )
    def test_an_api_server_that_does_not_tell_is_a_failure(
        self, reply: Reply, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        airflow.add(Ti())
        api.before.append(always("POST", reply))
        assert main([*CHECK, "--output", "json"]) == 1
        assert [line["ok"] for line in lines(capsys)] == [False, False, False, True]

    @pytest.mark.parametrize("version", ["3.4.0", "2.6.0"])
    def test_an_unknown_airflow_is_said(
        self, version: str, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        airflow.before.append(always("GET", Reply(200, {"version": version}), containing="version"))
        assert main(CHECK) == 1
        out = capsys.readouterr().out
        assert "failed  reading Airflow:" in out
        assert version in out

    def test_credentials_that_are_refused_are_said(
        self, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        airflow.before.append(always("GET", refusal(403), containing="/dags"))
        assert main(CHECK) == 1
        assert "403" in capsys.readouterr().out

    def test_settings_come_first(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
        assert main(["check"]) == 2
        assert capsys.readouterr().out == ""


class TestExplain:
    def test_a_zombie(self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]) -> None:
        airflow.add(Ti("failed"))
        api.add(manifest("p"))
        assert main(["explain", "airflow/p"]) == 0
        assert capsys.readouterr().out.startswith("reap  airflow/p  uid ")
        assert api.names == ["p"]

    def test_as_json(self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]) -> None:
        airflow.add(Ti("running"))
        api.add(manifest("p"))
        assert main(["explain", "airflow/p", "--output", "json"]) == 0
        [line] = lines(capsys)
        assert (line["event"], line["verdict"], line["rule"]) == ("decision", "keep", "KEEP-UNFINISHED")
        assert (line["namespace"], line["pod"], line["task_instance"]["state"]) == ("airflow", "p", "running")

    def test_beside_a_newer_pod(self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]) -> None:
        airflow.add(Ti("running", 2))
        api.add(manifest("old", created=ago(hours=2)), manifest("new", try_number=2, created=ago(hours=1)))
        assert main(["explain", "airflow/old"]) == 0
        assert "REAP-OVERTAKEN" in capsys.readouterr().out

    def test_a_pod_that_no_sweep_would_list(
        self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        api.add(manifest("w", labels={"kubernetes_pod_operator": None}))
        assert main(["explain", "airflow/w"]) == 0
        assert "KEEP-NOT-KPO" in capsys.readouterr().out
        assert airflow.requests == []

    def test_a_pod_out_of_the_scope(
        self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        airflow.add(Ti())
        api.add(manifest("p", namespace="other"))
        assert main(["explain", "other/p", "--namespace", "airflow"]) == 0
        assert "KEEP-OUT-OF-SCOPE" in capsys.readouterr().out

    def test_no_such_pod(self, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]) -> None:
        airflow.add(Ti())
        assert main(["explain", "airflow/p"]) == 1
        assert "there is no pod airflow/p" in capsys.readouterr().err

    def test_an_airflow_that_fails(
        self, api: FakeApi, airflow: FakeAirflow, capsys: pytest.CaptureFixture[str]
    ) -> None:
        api.add(manifest("p"))
        airflow.before.append(always("GET", refusal(500)))
        assert main(["explain", "airflow/p"]) == 1
        assert "500" in capsys.readouterr().err

    @pytest.mark.parametrize("pod", ["p", "/p", "airflow/", "a/b/c"])
    def test_what_names_no_pod_is_usage(self, pod: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["explain", pod])
        assert caught.value.code == 2
        assert "a namespace, a slash" in capsys.readouterr().err
