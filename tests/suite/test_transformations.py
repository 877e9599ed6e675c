"""What a world goes through changes no verdict, and each transformation changes what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.request import Request, urlopen

import pytest

from kpo_reports import Verdict
from kpo_suite import Case, World, catalogue
from kpo_suite.errors import UsageError
from kpo_suite.judge import verdict
from kpo_suite.runner import build, run_replay
from kpo_suite.settings import DEFAULT_AIRFLOW, settle
from kpo_suite.stage import Stage
from kpo_suite.subjects import Subject, open_subject, reference
from kpo_suite.testbed import Testbed
from kpo_suite.transformations import PLAIN, TRANSFORMATIONS, permuted, renamed, unrelated

CASES = [
    case
    for scenario in catalogue.scenarios()
    if scenario.kind == "replay" and scenario.possible(airflow=DEFAULT_AIRFLOW, source="sql")
    if not scenario.is_disturbed  # its faults stand at the names and pages of the plain world
    for case in scenario.cases()
]
SOME = CASES[::2]
OTHERS = [name for name in TRANSFORMATIONS if name != PLAIN]


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    with open_subject(reference()) as subject:
        yield subject


@pytest.mark.parametrize(("ordinal", "case"), list(enumerate(SOME)), ids=[case.id for case in SOME])
def test_no_transformation_changes_a_verdict(ordinal: int, case: Case, testbed: Testbed, subject: Subject) -> None:
    """Every other case goes through one transformation, in turn, so that each meets every kind of scenario.

    ``kpo-conformance run --worlds all`` takes each case through all of them.
    """
    worlds = OTHERS[ordinal % len(OTHERS)]
    supported = case.supported(reference())
    found = run_replay(case, testbed, subject, DEFAULT_AIRFLOW, worlds=worlds) if supported else None
    for requirement in supported:
        assert found is not None
        judgement = verdict(found, requirement)
        assert judgement.verdict is Verdict.PASS, f"{worlds}: {requirement}: {judgement.reason}"


def world() -> World:
    made = World(scope=("airflow", "second"))
    task = made.task(state="running")
    pod = made.pod(task, name="first").live("its task runs")
    made.remember_pod(task, pod)
    for ordinal in range(9):
        made.pod(made.task(task_id=f"t{ordinal}", state="failed"), namespace="second").zombie("its task failed")
    made.bystanders.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "second"}})
    made.bystanders.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "second"}})
    return made


def places(of: World) -> list[tuple[str, str]]:
    return [(pod.manifest["metadata"]["namespace"], pod.name) for pod in of.pods]


@pytest.mark.parametrize("transformation", list(TRANSFORMATIONS.values()), ids=list(TRANSFORMATIONS))
def test_fates_and_the_world_that_was_given_stay_as_they_are(transformation: Any) -> None:
    given = world()
    before = places(given), list(given.tasks), [pod.fate for pod in given.pods]
    changed = transformation.world(given)
    assert (places(given), list(given.tasks), [pod.fate for pod in given.pods]) == before
    fates = sorted((str(pod.task), pod.fate, pod.why) for pod in given.pods)
    assert [each for each in fates if each not in sorted((str(p.task), p.fate, p.why) for p in changed.pods)] == []


def test_unrelated_pods_are_in_every_namespace_and_none_of_any_requirement() -> None:
    given, changed = world(), unrelated(world())
    more = changed.pods[len(given.pods) :]
    assert {pod.manifest["metadata"]["namespace"] for pod in more} == {"airflow", "second"}
    assert {pod.fate for pod in more} == {"live", "kept"}
    assert not any(pod.examines for pod in more)
    kpo = [pod for pod in more if "kubernetes_pod_operator" in pod.manifest["metadata"]["labels"]]
    assert {pod.task.state for pod in kpo if pod.task} == {"running"}
    assert {pod.name[0] for pod in more} == {"a", "z"}
    changed.check()


def test_a_permuted_world_has_other_names_in_another_order() -> None:
    given, changed = world(), permuted(world())
    assert not set(places(given)) & set(places(changed))
    assert {name.partition("-")[2] for _, name in places(changed)} == {name for _, name in places(given)}
    order = [name.partition("-")[2] for _, name in sorted(places(changed))]
    assert order != sorted(order)
    assert sorted(map(str, changed.tasks)) != list(map(str, changed.tasks))
    [remembered] = [task.pod_identifier for task in changed.tasks if task.pod_identifier]
    assert remembered in [(name, namespace) for namespace, name in places(changed)]


def test_a_renamed_world_is_in_other_namespaces_and_so_is_what_its_subject_is_given() -> None:
    changed = renamed(world())
    assert changed.scope == ("renamed-airflow", "renamed-second")
    assert {namespace for namespace, _ in places(changed)} == set(changed.scope)
    assert [name for _, name in places(changed)] == [name for _, name in places(world())]
    assert [each["metadata"]["name"] for each in changed.bystanders] == ["renamed-second", "second"]
    [remembered] = [task.pod_identifier for task in changed.tasks if task.pod_identifier]
    assert remembered == ("first", "renamed-airflow")


class Recording:
    def __init__(self) -> None:
        self.seeded: list[dict[str, Any]] = []

    def seed(self, objects: Any) -> list[dict[str, Any]]:
        self.seeded += objects
        return []

    def compact(self) -> str:
        return "compacted"


def test_what_an_action_seeds_is_changed_too_and_all_else_is_the_clusters_own() -> None:
    given = world()
    answers: list[object] = []

    def act(stage: Stage) -> None:
        stage.cluster.seed([{"kind": "Pod", "metadata": {"name": "late", "namespace": "airflow"}}])
        answers.append(stage.cluster.compact())  # type: ignore[attr-defined]

    given.after_sweep(1, act)
    cluster = Recording()
    for action in renamed(given).actions[1]:
        action(Stage(cluster=cluster, database=None, world=None, subject=None, company=None))  # type: ignore[arg-type]
    assert cluster.seeded == [{"kind": "Pod", "metadata": {"name": "late", "namespace": "renamed-airflow"}}]
    assert answers == ["compacted"]


def test_a_shifted_world_is_ahead_in_every_clock(testbed: Testbed, subject: Subject) -> None:
    [case] = [case for case in CASES if case.id == "retry_runs_on_the_pod_of_the_older_try"]
    found = run_replay(case, testbed, subject, DEFAULT_AIRFLOW, worlds="shifted")
    ahead = timedelta(hours=5)
    now = datetime.now(UTC)
    assert all(
        datetime.fromisoformat(pod["metadata"]["creationTimestamp"]) - now > ahead - timedelta(hours=2)
        for pod in found.before
    )
    assert testbed.present() - now > ahead
    request = Request(f"{testbed.gateway.endpoint.url}/version")
    request.add_header("Authorization", f"Bearer {testbed.gateway.endpoint.token}")
    with urlopen(request, context=testbed.gateway.endpoint.ssl_context(), timeout=10) as answer:
        assert parsedate_to_datetime(answer.headers["Date"]) - now > ahead
    run_replay(case, testbed, subject, DEFAULT_AIRFLOW)
    assert abs(testbed.present() - now) < timedelta(minutes=5)


def test_a_paged_world_is_listed_in_more_pages(testbed: Testbed, subject: Subject) -> None:
    [case] = [case for case in CASES if case.id == "retry_runs_on_the_pod_of_the_older_try"]
    pages = {
        worlds: sum(
            each.verb == "list" for each in run_replay(case, testbed, subject, DEFAULT_AIRFLOW, worlds=worlds).exchanges
        )
        for worlds in (PLAIN, "paged")
    }
    assert pages == {PLAIN: 1, "paged": 2}


def test_only_replay_worlds_can_be_changed() -> None:
    with pytest.raises(UsageError, match="--worlds permuted is for replay scenarios"):
        settle(reaper=None, cluster=None, airflow="3.3.2", live=True, worlds="permuted")
    with pytest.raises(UsageError, match="'twisted' is no kind of world; known are plain, unrelated,"):
        settle(reaper=None, cluster=None, airflow=None, worlds="twisted")


def test_a_run_tells_its_worlds_apart() -> None:
    every = settle(reaper=None, cluster=None, airflow="all", worlds="all")
    assert every.transformations == tuple(TRANSFORMATIONS)
    assert every.distinct("name", "2.9", PLAIN) == "name@2.9"
    assert every.distinct("name", "2.9", "paged") == "name@2.9~paged"
    assert every.where("2.9", "paged") == "airflow=2.9,worlds=paged"
    one = settle(reaper=None, cluster=None, airflow=None)
    assert one.transformations == (PLAIN,)
    assert one.distinct("name", "3.3", PLAIN) == "name"
    assert one.where("3.3") == "airflow=3.3"


def test_every_world_can_be_built_changed_and_checked() -> None:
    for case in CASES:
        for transformation in TRANSFORMATIONS.values():
            transformation.world(build(case, reference().claims, DEFAULT_AIRFLOW)).check()
