"""Replay worlds on real API servers: the reference passes there, known-bad reapers fail there, histories are equal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpo_reports import Verdict
from kpo_suite import Case, catalogue
from kpo_suite.fingerprint import fingerprint
from kpo_suite.history import History
from kpo_suite.judge import verdict
from kpo_suite.runner import run_replay
from kpo_suite.settings import settle
from kpo_suite.subjects import Hosts, ReaperFile, open_subject, reference
from kpo_suite.testbed import Testbed

pytestmark = pytest.mark.timeout(600)
AIRFLOW = "3.3"
BACKENDS = [pytest.param("envtest", marks=pytest.mark.envtest), pytest.param("kind", marks=pytest.mark.kind)]
CASES = {case.id: case for each in catalogue.scenarios() if each.kind == "replay" for case in each.cases()}
SELECTION = (
    # One for each way in which a world leans on the cluster; the whole set is a run with --cluster.
    "retry_runs_on_the_pod_of_the_older_try",
    "pods_of_a_job_that_works_in_parallel",
    "owner_that_controls_and_owner_that_does_not",
    "pod_that_only_a_finalizer_holds",
    "pod_with_a_grace_period_of_its_own[600]",
    "pod_that_would_start_for_nobody[unschedulable]",
    "zombie_that_takes_its_time_to_terminate",
    "zombie_on_a_node_that_is_not_ready",
    "zombie_whose_node_is_gone",
    "a_zombie_in_every_namespace_of_the_scope",
    "each_namespace_is_listed_in_pages",
    "many_more_pods_of_nobody_in_the_second_sweep",
    "documented_rules_are_enough_for_a_sweep",
)
BAD = {
    "does-nothing": "running_pods_of_finished_tasks",
    "deletes-every-kpo-pod": "retry_runs_on_the_pod_of_the_older_try",
    "deletes-the-collection": "two_zombies_beside_a_live_pod",
    "forces-every-deletion": "two_zombies_beside_a_live_pod",
    "strips-finalizers": "zombie_with_finalizers",
    "deletes-again-in-every-sweep": "zombie_that_takes_its_time_to_terminate",
}


def on(cluster: str) -> Testbed:
    return Testbed(settle(reaper=None, cluster=cluster, airflow=AIRFLOW))


@pytest.fixture(scope="module", params=BACKENDS)
def testbed(request: pytest.FixtureRequest) -> Iterator[Testbed]:
    with on(request.param) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def embedded() -> Iterator[Testbed]:
    with on("embedded") as testbed:
        yield testbed


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """Reapers in Python are imported once."""
    with Hosts() as hosts:
        yield hosts


def swept(case: Case, testbed: Testbed, file: ReaperFile, hosts: Hosts) -> History:
    with open_subject(file, hosts) as subject:
        return run_replay(case, testbed, subject, AIRFLOW)


@pytest.mark.parametrize("name", SELECTION)
def test_the_reference_passes(name: str, testbed: Testbed, hosts: Hosts) -> None:
    case, file = CASES[name], reference()
    history = swept(case, testbed, file, hosts)
    found = {each: verdict(history, each) for each in case.supported(file)}
    assert found
    assert {each: (judged.verdict, judged.reason) for each, judged in found.items()} == {
        each: (Verdict.PASS, judged.reason) for each, judged in found.items()
    }


@pytest.mark.parametrize("reaper", BAD)
def test_a_known_bad_reaper_fails_where_it_does_on_the_embedded_cluster(
    reaper: str, testbed: Testbed, embedded: Testbed, hosts: Hosts
) -> None:
    case, file = CASES[BAD[reaper]], catalogue.shipped_reapers()[reaper].file
    found = {
        each.cluster.name: {one: verdict(swept(case, each, file, hosts), one).verdict for one in case.supported(file)}
        for each in (embedded, testbed)
    }
    assert Verdict.FAIL in found[testbed.cluster.name].values()
    assert found[testbed.cluster.name] == found["embedded"]


@pytest.mark.parametrize("testbed", BACKENDS[:1], indirect=True)
# The embedded cluster collects garbage, and envtest without controllers does not.
@pytest.mark.parametrize("name", [name for name in SELECTION if not name.startswith("owner_that")])
def test_the_history_is_the_embedded_clusters(name: str, testbed: Testbed, embedded: Testbed, hosts: Hosts) -> None:
    """Exchanges, changes and what is left are the same word for word, but for uids, versions and times."""
    case, file = CASES[name], reference()
    assert fingerprint(swept(case, testbed, file, hosts)) == fingerprint(swept(case, embedded, file, hosts))
