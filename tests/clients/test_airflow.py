"""Airflow's own clients in real Airflow environments: the operator, its trigger, and the executor's watcher."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from client_environments import CLIENTS, Answers, answers_of_program
from places import Place

from kpo_fixtures.airflow.environments import AirflowEnvironment, install
from kpo_fixtures.clusters.interface import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.client_airflow]

FAILED = "AirflowException"
OPERATOR: dict[str, Any] = {
    "finished_with_xcom": {"result": {"answer": 42}, "left": [], "followed": ["one", "two"]},
    "finishing": {
        "keep-pod-good": [None, [["Succeeded", "True"]]],
        "keep-pod-bad": [FAILED, [["Failed", "True"]]],
        "delete-pod-good": [None, []],
        "delete-pod-bad": [FAILED, []],
        "delete-succeeded-pod-good": [None, []],
        "delete-succeeded-pod-bad": [FAILED, [["Failed", "True"]]],
    },
    "callbacks": ["created Pending", "line", "completed Succeeded", "cleaned"],
    "a_retry_runs_on_the_pod_of_the_older_try": {"same": True, "try": ["1"], "left": [["Succeeded", "True"]]},
    "killed": [],
    "deleted_by_somebody": {"raised": FAILED, "left": []},
    "deferred_and_finished": {"event": "success", "result": {"answer": 42}, "left": []},
    "deferred_and_failed": {"event": "failed", "result": FAILED, "left": [["Failed", "True"]]},
    "deferred_and_never_started": {"event": "timeout", "result": FAILED, "left": []},
}
EXECUTOR: dict[str, Any] = {
    "watching": {"succeeding": "None", "failing": "failed", "unpullable": "failed", "deleted": "failed"},
    "adopted": [["adopted", "adopted"]],
    "too_old": [410, "Expired"],
}


GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "finishing": ("airflow_operator.py", ("finishing", "killed")),
    "running": ("airflow_operator.py", tuple(name for name in OPERATOR if name not in {"finishing", "killed"})),
    "executor": ("airflow_executor.py", tuple(EXECUTOR)),
}


@pytest.fixture(scope="module", params=["3.3.2", "2.11.2"])
def environment(request: pytest.FixtureRequest) -> AirflowEnvironment:
    return install(request.param)


@pytest.fixture(scope="module")
def answers(environment: AirflowEnvironment, places: Callable[[str], Place]) -> dict[str, Answers]:
    """By group of chapters: they run side by side, since each of them waits most of the time."""
    version = environment.version.replace(".", "-")
    made = {name: places(f"{name}-{version}") for name in GROUPS}

    def play(name: str) -> Answers:
        script, chapters = GROUPS[name]
        place = made[name]
        command = [environment.python, CLIENTS / "scripts" / script, *chapters]
        return answers_of_program(command, cwd=place.folder, env=environment.variables(settings(place)))

    with ThreadPoolExecutor(len(GROUPS)) as pool:
        return dict(zip(GROUPS, pool.map(play, GROUPS), strict=True))


def settings(place: Place) -> dict[str, str]:
    executor = {
        "NAMESPACE": place.namespace,
        "IN_CLUSTER": "False",
        "CONFIG_FILE": str(place.kubeconfig),
        "WORKER_POD_PENDING_FATAL_CONTAINER_STATE_REASONS": "ErrImagePull,InvalidImageName",
    }
    return {
        **place.variables,
        **{f"AIRFLOW__KUBERNETES_EXECUTOR__{name}": value for name, value in executor.items()},
        "AIRFLOW_HOME": str(place.folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }


@pytest.mark.parametrize("chapter", OPERATOR)
def test_the_operator(chapter: str, answers: dict[str, Answers]) -> None:
    group = next(name for name, (_, chapters) in GROUPS.items() if chapter in chapters)
    assert answers[group][chapter] == OPERATOR[chapter]


@pytest.mark.parametrize("chapter", EXECUTOR)
def test_the_executor(chapter: str, answers: dict[str, Answers], cluster: Cluster) -> None:
    answer = answers["executor"][chapter]
    # A real server that has not run for five minutes still holds its first version.
    fresh = chapter == "too_old" and not cluster.emulated and answer is None
    assert fresh or answer == EXECUTOR[chapter]
