"""Forms that change the world under a subject's hands: what they change is done, and told to the judge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpo_fixtures.faults import Effect, Plan, forms
from kpo_reports import Verdict
from kpo_suite import World, catalogue, scenario
from kpo_suite.history import History
from kpo_suite.judge import Judgement, verdict
from kpo_suite.runner import run_replay
from kpo_suite.settings import settle
from kpo_suite.subjects import Hosts, open_subject
from kpo_suite.testbed import Testbed

SINGLE = "RESIST-ANY-SINGLE-FAULT"
READS_FIRST, PLAIN = "naive-controller", "plain"
ANYWHERE = ("XS1", "XS3", "XS4", "DB13")
READ = {"RC2": "get-pods-2", "RC2/after": "get-pods-2", "RC5": "get-pods-2", "RC6": "get-pods-2", "RC7": "get-pods-2"}


@scenario(examines=SINGLE)
def one_zombie(world: World) -> None:
    """A task has failed and its pod is left.

    etl.load    failed
    """
    world.pod(world.task(state="failed"), shape="sidecar", name="etl-load").zombie("its task failed")


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        yield hosts


class Ring:
    """Runs the one world with faults."""

    def __init__(self, testbed: Testbed, hosts: Hosts) -> None:
        self.testbed, self.hosts = testbed, hosts

    def run(self, reaper: str, plan: str) -> tuple[History, Judgement]:
        [case] = one_zombie.cases()
        with open_subject(catalogue.shipped_reapers()[reaper].file, self.hosts) as subject:
            history = run_replay(case, self.testbed, subject, "3.3", plan=Plan.parse(plan))
        return history, verdict(history, SINGLE)


@pytest.fixture(scope="module")
def ring(testbed: Testbed, hosts: Hosts) -> Ring:
    return Ring(testbed, hosts)


OF_THE_WORLD = [each.id for each in forms().values() if each.effect is Effect.WORLD and each.fault != "PR5"]
"""PR5 is about a daemon's lease: ``lease_cannot_be_renewed_once`` shows that it is done."""


@pytest.mark.parametrize("form", [each for each in OF_THE_WORLD if each not in READ])
def test_who_names_what_was_judged_resists_whatever_others_do(form: str, ring: Ring) -> None:
    history, found = ring.run(PLAIN, f"{form}@delete-pods-1")
    assert found.verdict is Verdict.PASS, found.reason
    assert [str(placement) for _, placement in history.injected()] == [f"{form}@delete-pods-1"]
    assert history.unreached == []


@pytest.mark.parametrize("form", ["DL1", "RC2/after"])
def test_a_pod_that_takes_the_name_is_live_and_has_a_row(form: str, ring: Ring) -> None:
    history, found = ring.run(READS_FIRST, f"{form}@{READ.get(form, 'delete-pods-1')}")
    assert found.verdict is Verdict.FAIL
    assert "a later run of its task runs on it" in found.observed
    assert "no LIST showed it to the reaper" in found.because
    [new] = [fate for fate in history.fates if fate.pod == "airflow/etl-load" and fate.kind == "live"]
    assert new.truth == "running, try 1"


def test_a_read_shows_what_has_taken_the_name(ring: Ring) -> None:
    history, found = ring.run(READS_FIRST, "RC2@get-pods-2")
    assert found.verdict is Verdict.PASS, found.reason
    assert [fate.kind for fate in history.fates if fate.pod == "airflow/etl-load"] == ["zombie", "live"]


@pytest.mark.parametrize(
    ("form", "kept_by_the_reader"),
    [("RC5@get-pods-2", False), ("RC7@get-pods-2", True), ("RC7/late@delete-pods-1", False)],
)
def test_what_is_to_be_kept_from_now_on_is_no_zombie_any_more(form: str, kept_by_the_reader: bool, ring: Ring) -> None:
    history, found = ring.run(READS_FIRST, form)
    assert [fate.kind for fate in history.fates if fate.pod == "airflow/etl-load"] == ["kept"]
    assert found.verdict is (Verdict.PASS if kept_by_the_reader else Verdict.FAIL)


def test_a_twin_that_is_to_be_kept_is_no_witness_any_more(ring: Ring) -> None:
    history, found = ring.run(PLAIN, "RC7/late@delete-pods-2")
    assert found.verdict is Verdict.PASS, found.reason
    assert [fate.role for fate in history.fates if fate.kind == "kept"] == ["examined"]


@pytest.mark.parametrize(("form", "at"), [("RC6", "get-pods-2"), ("DL7/ending", "delete-pods-1")])
def test_another_hand_asks_a_pod_to_end(form: str, at: str, ring: Ring) -> None:
    history, found = ring.run(READS_FIRST, f"{form}@{at}")
    assert found.verdict is Verdict.PASS, found.reason
    [zombie] = [fate for fate in history.fates if fate.pod == "airflow/etl-load"]
    left = history.pod(zombie)
    assert left is not None
    assert "deletionTimestamp" in left["metadata"]


def test_a_pod_is_born_beside_any_step(ring: Ring) -> None:
    history, found = ring.run(PLAIN, "XS1@list-pods-1")
    assert found.verdict is Verdict.PASS, found.reason
    [born] = [fate for fate in history.fates if fate.why == "a later run of its task runs on it"]
    assert history.listed(born)


@pytest.mark.parametrize(("form", "truth"), [("XS3", "running"), ("XS4", "queued"), ("DB13", None)])
@pytest.mark.parametrize("at", ["query-2", "delete-pods-1"])
def test_a_task_goes_on_and_its_pod_is_needed_all_the_time(form: str, truth: str | None, at: str, ring: Ring) -> None:
    history, found = ring.run(PLAIN, f"{form}@{at}")
    assert found.verdict is Verdict.PASS, found.reason
    assert history.unreached == []
    [row] = [each for each in ring.testbed.database.task_instances() if each.dag_id == "control"]
    assert (row.state, row.try_number) == (truth, 2)


@pytest.mark.parametrize("form", [each for each in OF_THE_WORLD if each not in (*READ, *ANYWHERE)])
def test_what_is_gone_cannot_be_changed(form: str, ring: Ring) -> None:
    history, found = ring.run(PLAIN, f"DL7/gone@delete-pods-1+{form}@delete-pods-1")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert history.unreached == [f"{form}@delete-pods-1"]
