"""Live scenarios on real API servers: the issue's own DAG on a real kubelet, simulated nodes behind a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import conformance, left_behind

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(
    ("cluster", "scenario", "fates"),
    [
        pytest.param(
            "kind",
            "workers_of_two_tasks_die",
            {
                "kpo_zombie_dag.zombie_kpo_task": ("zombie", "deleted"),
                "kpo_zombie_dag.mapped_kpo_task[0]": ("zombie", "deleted"),
                "kpo_zombie_dag.healthy_kpo_task": ("live", "gone"),
                "kpo_zombie_dag.mapped_kpo_task[1]": ("live", "gone"),
            },
            marks=pytest.mark.kind,
        ),
        pytest.param(
            "envtest",
            "retry_adopts_the_pod_of_the_first_try",
            {
                "kpo_retry_dag.retried_kpo_task": ("live", "gone"),
                "kpo_retry_dag.abandoned_kpo_task": ("zombie", "deleted"),
            },
            marks=pytest.mark.envtest,
        ),
    ],
)
def test_the_reference_passes(cluster: str, scenario: str, fates: dict[str, tuple[str, str]], tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run", "--live", "--cluster", cluster, "--select", scenario, timeout=800)
    assert ended.code == 0, ended
    told = json.loads((tmp_path / "conformance-report" / "report.json").read_text())
    assert (told["environment"]["cluster"], told["environment"]["emulated"]) == (cluster, False)
    assert {result["verdict"] for result in told["results"]} == {"pass"}
    assert all(result["replay"].endswith(f",cluster={cluster},live") for result in told["results"])
    pods = {pod["task"].partition(" ")[0]: pod for result in told["results"] for pod in result["pods"]}
    assert {name: (pod["fate"], pod["outcome"]) for name, pod in pods.items()} == fates
    assert left_behind(tmp_path) == []
