"""The reaper on the API emulator: TLS, real deletion rules, the two stores as the suite provides them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kpo_fixtures.airflow.recorded import StateDatabase, TaskInstanceRow
from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_reaper.cli import main

from .worlds import DAG, RUN, manifest


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as running:
        yield running


@pytest.fixture
def flags(cluster: EmbeddedCluster, database: StateDatabase, tmp_path: Path) -> Iterator[list[str]]:
    kubeconfig = cluster.endpoint.write_kubeconfig(tmp_path / "kubeconfig")
    conn = database.sql_alchemy_conn(read_only=True)
    yield ["sweep", "--namespace", "airflow", "--kubeconfig", str(kubeconfig), "--sql-alchemy-conn", conn]
    cluster.reset()


def test_zombies_go_from_every_page_and_running_ones_keep_their_grace(
    cluster: EmbeddedCluster, database: StateDatabase, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    ids = [(f"p{number:04}", f"task{number:04}") for number in range(1101)]
    dead = {name for number, (name, _) in enumerate(ids) if number % 100 == 0}
    database.write(
        TaskInstanceRow(
            dag_id=DAG, run_id=RUN, task_id=task, state="failed" if name in dead else "running", try_number=1
        )
        for name, task in ids
    )
    pods = [manifest(name, task_id=task, created=old) for name, task in ids]
    pods[0]["spec"]["nodeName"] = "node"
    cluster.seed(pods)

    assert main([*flags, "--output", "json"]) == 0
    *events, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert {event["pod"] for event in events} == dead
    assert (summary["deleted"], summary["kept"]) == (12, {"KEEP-UNFINISHED": 1089})

    left = {pod["metadata"]["name"]: pod for pod in cluster.objects("pods", namespace="airflow")}
    assert set(left) == {name for name, _ in ids} - dead | {"p0000"}
    assert left["p0000"]["metadata"]["deletionGracePeriodSeconds"] == 30

    assert main([*flags, "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == {"DELETE-ONCE": 1, "KEEP-UNFINISHED": 1089}


def test_an_authority_that_is_not_trusted_gets_no_token(
    cluster: EmbeddedCluster, database: StateDatabase, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    database.write([TaskInstanceRow(dag_id=DAG, run_id=RUN, task_id="t", state="failed", try_number=1)])
    cluster.seed([manifest("p", task_id="t")])
    path = Path(flags[flags.index("--kubeconfig") + 1])
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "authority" not in line))
    assert main(flags) == 1
    assert "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().err
    assert len(cluster.objects("pods", namespace="airflow")) == 1


def test_a_check_finds_the_rights_of_an_administrator(
    flags: list[str], database: StateDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    database.write([TaskInstanceRow(dag_id=DAG, run_id=RUN, task_id="t", state="failed", try_number=1)])
    assert main(["check", *flags[1:]]) == 0
    assert capsys.readouterr().out.count("ok ") == 4
