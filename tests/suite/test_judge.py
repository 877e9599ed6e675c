"""Every rule of the judge against histories made by hand, good ones and bad ones."""

from __future__ import annotations

import pytest
from histories import CONTROL, TWIN, delete, exchange, fate, history, listing, pod, sweep

from kpo_fixtures.clusters.interface import ObjectChange
from kpo_reports import Verdict
from kpo_suite.fates import TaskEnd
from kpo_suite.history import History
from kpo_suite.judge import judged, verdict

LIVE = fate("live", "live", "KEEP-UNFINISHED")
KEPT = fate("kept", "kept", "KEEP-RETAINED")
ZOMBIE = fate("zombie", "zombie", "REAP-FINISHED")


def test_a_live_pod_that_is_left_alone_is_a_pass() -> None:
    assert verdict(history(LIVE, after=[pod("live")]), "KEEP-UNFINISHED").verdict is Verdict.PASS


def test_a_deleted_live_pod_is_a_failure_that_names_step_and_reason() -> None:
    found = verdict(history(LIVE, exchanges=[delete("live", step=3)]), "KEEP-UNFINISHED")
    assert found.verdict is Verdict.FAIL
    assert found.reason == "DELETE airflow/live (uid uid-..) committed at step 3; live is live."
    assert "no LIST showed it" in found.because
    assert "carried no precondition" in found.because


def test_what_the_reaper_was_shown_is_told() -> None:
    before = [pod("live")]
    attempt = delete("live", step=3, body={"preconditions": {"uid": "uid-live"}})
    found = verdict(history(LIVE, before=before, exchanges=[attempt]), "KEEP-UNFINISHED")
    assert found.because == "the reaper listed it at step 1; its task instance etl.load was: running, try 1."


@pytest.mark.parametrize("status", [0, 403, 409, 500])
def test_a_refused_delete_of_a_live_pod_is_no_deletion(status: int) -> None:
    attempt = delete("live", step=3, status=status)
    assert verdict(history(LIVE, exchanges=[attempt]), "KEEP-UNFINISHED").verdict is Verdict.PASS


@pytest.mark.parametrize(("body", "query"), [({"dryRun": ["All"]}, ""), (None, "dryRun=All")])
def test_a_dry_run_deletes_nothing(body: object, query: str) -> None:
    attempt = delete("live", step=3, body=body, query=query)
    assert verdict(history(LIVE, exchanges=[attempt]), "KEEP-UNFINISHED").verdict is Verdict.PASS


def test_deleting_another_incarnation_of_the_name_is_not_this_pods_deletion() -> None:
    other = exchange(
        "DELETE",
        "/api/v1/namespaces/airflow/pods/live",
        step=3,
        answer={"kind": "Pod", "metadata": {"name": "live", "uid": "uid-of-an-older-one"}},
    )
    assert verdict(history(LIVE, exchanges=[other]), "KEEP-UNFINISHED").verdict is Verdict.PASS


def test_a_status_as_answer_names_the_deleted_uid_too() -> None:
    attempt = exchange(
        "DELETE",
        "/api/v1/namespaces/airflow/pods/live",
        step=3,
        answer={"kind": "Status", "status": "Success", "details": {"name": "live", "uid": "uid-live"}},
    )
    assert verdict(history(LIVE, exchanges=[attempt]), "KEEP-UNFINISHED").verdict is Verdict.FAIL


def test_an_eviction_is_a_deletion() -> None:
    eviction = exchange("POST", "/api/v1/namespaces/airflow/pods/live/eviction", step=3, status=201, body={})
    change = ObjectChange(resource_version=8, type="MODIFIED", resource="pods", object=pod("live", deleting=True))
    found = history(LIVE, exchanges=[eviction], changes=[change])
    assert verdict(found, "KEEP-UNFINISHED").verdict is Verdict.FAIL


def test_a_collection_takes_every_pod_that_the_changes_show() -> None:
    collection = exchange("DELETE", "/api/v1/namespaces/airflow/pods", step=3, answer={"kind": "Status"})
    change = ObjectChange(resource_version=8, type="DELETED", resource="pods", object=pod("live"))
    elsewhere = ObjectChange(resource_version=9, type="DELETED", resource="pods", object=pod("kept", namespace="other"))
    found = history(LIVE, KEPT, exchanges=[collection], changes=[change, elsewhere])
    assert verdict(found, "KEEP-UNFINISHED").verdict is Verdict.FAIL
    assert verdict(found, "KEEP-RETAINED").verdict is Verdict.PASS


def test_each_requirement_is_judged_by_its_own_pods() -> None:
    found = history(LIVE, KEPT, exchanges=[delete("kept", step=3)])
    assert verdict(found, "KEEP-RETAINED").verdict is Verdict.FAIL
    assert verdict(found, "KEEP-UNFINISHED").verdict is Verdict.PASS


def test_a_task_that_the_sweep_cost_is_a_failure() -> None:
    end = TaskEnd(task="etl.load", expected="success", actual="failed", examines=frozenset({"KEEP-UNFINISHED"}))
    found = verdict(history(LIVE, ends=[end]), "KEEP-UNFINISHED")
    assert found.reason == "etl.load ended failed; it had to end success."


def test_a_zombie_that_is_gone_is_a_pass() -> None:
    found = history(ZOMBIE, exchanges=[delete("zombie", step=3)])
    assert verdict(found, "REAP-FINISHED").verdict is Verdict.PASS


def test_a_terminating_zombie_is_a_pass() -> None:
    found = history(ZOMBIE, exchanges=[delete("zombie", step=3)], after=[pod("zombie", deleting=True)])
    assert verdict(found, "REAP-FINISHED").verdict is Verdict.PASS


def test_a_zombie_that_stayed_is_a_failure() -> None:
    found = verdict(history(ZOMBIE, after=[pod("zombie")]), "REAP-FINISHED")
    assert found.verdict is Verdict.FAIL
    assert "was still there after 1 sweep; zombie is zombie" in found.reason


def test_more_failures_than_one_are_counted() -> None:
    second = fate("second", "zombie", "REAP-FINISHED")
    found = verdict(history(ZOMBIE, second, after=[pod("zombie"), pod("second")]), "REAP-FINISHED")
    assert found.reason.endswith("(1 more)")


def test_who_leaves_the_twin_shows_nothing_by_what_it_keeps() -> None:
    found = verdict(history(LIVE, after=[pod("live")], twin_goes=False), "KEEP-UNFINISHED")
    assert found.verdict is Verdict.VACUOUS
    assert "twin zombie" in found.reason


def test_who_takes_the_control_shows_nothing_by_what_it_deletes() -> None:
    found = verdict(history(ZOMBIE, exchanges=[delete("zombie"), delete("control")]), "REAP-FINISHED")
    assert found.verdict is Verdict.VACUOUS
    assert "control pod" in found.reason


@pytest.mark.parametrize(
    ("code", "stderr", "words"),
    [
        (3, "Traceback\nKeyError: 'x'", "ended with exit code 3, saying: KeyError: 'x'."),
        (1, "", "ended with exit code 1, saying nothing."),
        (-11, "", "died of signal 11."),
        (None, "", "hung: it was still running after 5 s and was killed."),
    ],
)
def test_a_sweep_that_did_not_complete_is_never_a_pass(code: int | None, stderr: str, words: str) -> None:
    found = verdict(
        history(LIVE, after=[pod("live")], sweeps=[sweep(exit_code=code, stderr=stderr)]), "KEEP-UNFINISHED"
    )
    assert found.verdict is Verdict.VACUOUS
    assert found.reason == f"Sweep 1 {words}"


def test_a_failure_outweighs_a_crash_and_tells_of_it() -> None:
    found = verdict(history(ZOMBIE, after=[pod("zombie")], sweeps=[sweep(exit_code=2)]), "REAP-FINISHED")
    assert found.verdict is Verdict.FAIL
    assert "ended with exit code 2" in found.because


def test_without_a_sweep_nothing_is_shown() -> None:
    found = verdict(History(fates=[LIVE, TWIN, CONTROL], sweeps=[], exchanges=[]), "KEEP-UNFINISHED")
    assert found.verdict is Verdict.VACUOUS


@pytest.mark.parametrize(
    "path", ["/api/v1/namespaces/airflow/pods", "/api/v1/namespaces/airflow/pods/", "/api/v1/pods"]
)
@pytest.mark.parametrize("status", [200, 403])
def test_a_delete_without_a_name_is_one_of_a_collection(path: str, status: int) -> None:
    found = verdict(history(exchanges=[exchange("DELETE", path, status=status)]), "DELETE-ONE-POD")
    assert found.verdict is Verdict.FAIL
    assert "deletes the collection" in found.reason


def test_a_delete_with_a_name_names_one_pod() -> None:
    assert verdict(history(), "DELETE-ONE-POD").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/api/v1/namespaces/airflow/pods/x"),
        ("PUT", "/api/v1/namespaces/airflow/pods/x/status"),
        ("POST", "/api/v1/namespaces/airflow/pods/x/exec"),
        ("POST", "/api/v1/namespaces/airflow/pods"),
        ("DELETE", "/api/v1/namespaces/airflow"),
        ("POST", "/api/v1/namespaces/airflow/configmaps"),
    ],
)
def test_other_writes_than_a_reapers_own_are_a_failure(method: str, path: str) -> None:
    assert verdict(history(exchanges=[exchange(method, path, step=3)]), "DELETE-NOTHING-ELSE").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/namespaces/airflow/pods/x"),
        ("POST", "/api/v1/namespaces/airflow/events"),
        ("POST", "/apis/events.k8s.io/v1/namespaces/airflow/events"),
        ("POST", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases"),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/reaper"),
        ("POST", "/api/v1/namespaces/airflow/pods/x/eviction"),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
    ],
)
def test_a_reapers_own_writes_are_none_of_others(method: str, path: str) -> None:
    assert verdict(history(exchanges=[exchange(method, path, step=3)]), "DELETE-NOTHING-ELSE").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("body", "query", "expected"),
    [
        (None, "", Verdict.PASS),
        ({"gracePeriodSeconds": 30}, "", Verdict.PASS),
        ({"gracePeriodSeconds": 0}, "", Verdict.FAIL),
        ({"gracePeriodSeconds": 29}, "", Verdict.FAIL),
        (None, "gracePeriodSeconds=0", Verdict.FAIL),
    ],
)
def test_a_running_pods_grace_is_its_own(body: object, query: str, expected: Verdict) -> None:
    attempt = delete("zombie", step=3, body=body, query=query)
    found = history(ZOMBIE, before=[pod("zombie")], exchanges=[attempt])
    assert verdict(found, "DELETE-GRACEFULLY").verdict is expected


def test_only_running_pods_are_owed_grace() -> None:
    attempt = delete("zombie", step=3, body={"gracePeriodSeconds": 0})
    found = history(ZOMBIE, before=[pod("zombie", phase="Failed")], exchanges=[attempt])
    assert verdict(found, "DELETE-GRACEFULLY").verdict is Verdict.PASS


def test_only_the_first_delete_owes_grace() -> None:
    attempts = [delete("zombie", step=3), delete("zombie", step=4, body={"gracePeriodSeconds": 0})]
    found = history(ZOMBIE, before=[pod("zombie")], exchanges=attempts)
    assert verdict(found, "DELETE-GRACEFULLY").verdict is Verdict.PASS


def test_one_delete_is_enough() -> None:
    found = history(ZOMBIE, exchanges=[delete("zombie", step=3)])
    assert verdict(found, "DELETE-ONCE").verdict is Verdict.PASS


def test_a_second_delete_of_the_same_incarnation_is_one_too_many() -> None:
    found = verdict(history(ZOMBIE, exchanges=[delete("zombie", step=3), delete("zombie", step=4)]), "DELETE-ONCE")
    assert found.verdict is Verdict.FAIL
    assert "sent 2 DELETEs" in found.reason


def test_a_pod_that_was_terminating_before_is_left_alone() -> None:
    found = history(ZOMBIE, before=[pod("zombie", deleting=True)], exchanges=[delete("zombie", step=3)])
    assert "terminating already" in verdict(found, "DELETE-ONCE").reason


def test_a_write_in_the_second_sweep_is_a_failure() -> None:
    sweeps = [sweep(1, steps=(1, 3)), sweep(2, steps=(4, 5))]
    quiet = history(ZOMBIE, exchanges=[delete("zombie", step=3), listing(step=4)], sweeps=sweeps)
    assert verdict(quiet, "RESIST-REPEAT").verdict is Verdict.PASS
    loud = history(ZOMBIE, exchanges=[delete("zombie", step=4)], sweeps=sweeps)
    assert verdict(loud, "RESIST-REPEAT").verdict is Verdict.FAIL


def test_a_requirement_without_a_rule_cannot_be_judged() -> None:
    assert "NOBODY-JUDGES" not in judged()
    with pytest.raises(KeyError):
        verdict(history(), "NOBODY-JUDGES")
