from datetime import timedelta
from typing import Any

import pytest

from kpo_reaper.pods import PodFacts
from kpo_reaper.policy import FINISHED, Decision, Snapshot, StoredPod, Verdict, decide

from .worlds import AIRFLOW, ALONE, DAG, NOW, RUN, ago, pod, row, snapshot

UNFINISHED = [
    None,
    "scheduled",
    "queued",
    "running",
    "restarting",
    "up_for_retry",
    "up_for_reschedule",
    "deferred",
    "awaiting_input",
    "shutdown",
    "a_state_of_2030",
]


def judge(judged: PodFacts, rows: Snapshot, *beside: PodFacts, **settings: Any) -> Decision:
    rules = settings.pop("rules", AIRFLOW)
    return decide([judged, *beside], rows, now=settings.pop("now", NOW), rules=rules)[0]


@pytest.mark.parametrize("state", UNFINISHED)
@pytest.mark.parametrize("phase", ["Pending", "Running", "Succeeded", "Failed", "Unknown"])
def test_a_pod_of_an_unfinished_task_instance_is_kept(state: str | None, phase: str) -> None:
    finished = ago(minutes=50) if phase in ("Succeeded", "Failed") else None
    decision = judge(pod(phase=phase, finished=finished), snapshot(row(state)))
    assert (decision.verdict, decision.rule) == (Verdict.KEEP, "KEEP-UNFINISHED")


@pytest.mark.parametrize("state", sorted(FINISHED))
@pytest.mark.parametrize(
    ("phase", "rule"),
    [("Pending", "REAP-PENDING"), ("Running", "REAP-FINISHED"), ("Unknown", "REAP-NODE-LOST")],
)
def test_a_pod_of_a_finished_task_instance_is_reaped(state: str, phase: str, rule: str) -> None:
    decision = judge(pod(phase=phase, created=ago(seconds=1)), snapshot(row(state)))
    assert (decision.verdict, decision.rule) == (Verdict.REAP, rule)
    assert f"etl.load of run {RUN} is {state}" in decision.reason


@pytest.mark.parametrize(
    ("finished", "verdict"),
    [(ago(minutes=5), Verdict.REAP), (ago(minutes=4), Verdict.KEEP), (ago(minutes=-60), Verdict.KEEP)],
)
def test_a_pod_that_ended_is_left_for_its_operator_to_read(finished: Any, verdict: Verdict) -> None:
    ended = pod(phase="Succeeded", created=ago(days=1), finished=finished)
    assert judge(ended, snapshot(row("success"))).verdict is verdict


def test_without_a_clock_ages_keep() -> None:
    ended = pod(phase="Succeeded", finished=ago(days=9))
    assert judge(ended, snapshot(row("success")), now=None).verdict is Verdict.KEEP
    assert judge(pod(created=ago(days=9)), snapshot(), now=None, rules=ALONE).verdict is Verdict.KEEP
    assert judge(pod(), snapshot(row("success")), now=None).verdict is Verdict.REAP


@pytest.mark.parametrize(
    ("unusual", "rule"),
    [
        ({"labels": {"kubernetes_pod_operator": None}}, "KEEP-NOT-KPO"),
        ({"labels": {"kubernetes_pod_operator": "true"}}, "KEEP-NOT-KPO"),
        ({"labels": {"spark_kubernetes_operator": "True"}}, "KEEP-NOT-KPO"),
        ({"labels": {"spark-role": "driver"}}, "KEEP-NOT-KPO"),
        ({"labels": {"kubernetes_executor": "True"}}, "KEEP-WORKER"),
        ({"labels": {"airflow-worker": "17"}}, "KEEP-WORKER"),
        ({"metadata": {"ownerReferences": [{"kind": "Job", "name": "j", "controller": True}]}}, "KEEP-CONTROLLED"),
        ({"metadata": {"deletionTimestamp": "2026-06-01T11:59:00Z"}}, "DELETE-ONCE"),
        ({"metadata": {"annotations": {"kpo-reaper/keep": "true"}}}, "KEEP-OPTED-OUT"),
        ({"labels": {"already_checked": "True"}}, "KEEP-RETAINED"),
        ({"labels": {"run_id": None}}, "KEEP-MALFORMED"),
        ({"labels": {"dag_id": ""}}, "KEEP-MALFORMED"),
        ({"labels": {"task_id": None}}, "KEEP-MALFORMED"),
        ({"labels": {"try_number": "01"}}, "KEEP-MALFORMED"),
        ({"labels": {"map_index": "-1"}}, "KEEP-MALFORMED"),
        ({"namespace": "elsewhere"}, "KEEP-OUT-OF-SCOPE"),
        ({"metadata": {"uid": ""}}, "API-ODD-POD"),
        ({"phase": "Dreaming"}, "API-ODD-POD"),
    ],
)
def test_what_a_pod_is_can_keep_it(unusual: dict[str, Any], rule: str) -> None:
    decision = judge(pod(**unusual), snapshot(row("failed")), rules=ALONE)
    assert (decision.verdict, decision.rule) == (Verdict.KEEP, rule)


def test_an_owner_that_does_not_control_does_not_keep() -> None:
    owned = pod(metadata={"ownerReferences": [{"kind": "ConfigMap", "name": "c"}]})
    assert judge(owned, snapshot(row("failed"))).verdict is Verdict.REAP


def test_in_all_namespaces_every_namespace_is_in_scope() -> None:
    import msgspec

    everywhere = msgspec.structs.replace(AIRFLOW, namespaces=None)
    assert judge(pod(namespace="elsewhere"), snapshot(row("failed")), rules=everywhere).verdict is Verdict.REAP


class TestWithoutARow:
    def test_nothing_proves_that_the_pod_is_ours(self) -> None:
        decision = judge(pod(), snapshot())
        assert (decision.verdict, decision.rule) == (Verdict.KEEP, "KEEP-FOREIGN-DEPLOYMENT")

    def test_in_an_exclusive_scope_a_pod_of_a_known_dag_is_reaped(self) -> None:
        decision = judge(pod(), snapshot(), rules=ALONE)
        assert (decision.verdict, decision.rule) == (Verdict.REAP, "REAP-ROWLESS")

    def test_a_dag_that_is_gone_proves_nothing(self) -> None:
        assert judge(pod(), snapshot(dag_ids=("other",)), rules=ALONE).rule == "KEEP-FOREIGN-DEPLOYMENT"

    @pytest.mark.parametrize("created", [ago(minutes=4), ago(seconds=-1), ago(days=-400)])
    def test_a_young_pod_is_kept(self, created: Any) -> None:
        assert judge(pod(created=created), snapshot(), rules=ALONE).rule == "KEEP-YOUNG"


class TestIdentity:
    def test_absent_index_is_not_index_zero(self) -> None:
        rows = snapshot(row("running"), row("failed", map_index=0))
        assert judge(pod(), rows).verdict is Verdict.KEEP
        assert judge(pod(map_index=0), rows).verdict is Verdict.REAP

    def test_a_mapped_sibling_decides_nothing(self) -> None:
        rows = snapshot(row("failed", map_index=1), row("running", map_index=10))
        assert judge(pod(map_index=10), rows).verdict is Verdict.KEEP
        assert judge(pod(map_index=1), rows).verdict is Verdict.REAP

    @pytest.mark.parametrize("other", [{"dag_id": "elt"}, {"run_id": "r2"}, {"task_id": "load2"}])
    def test_the_same_text_in_another_key_decides_nothing(self, other: dict[str, str]) -> None:
        rows = snapshot(row("failed", **other), row("running"))
        assert judge(pod(), rows).verdict is Verdict.KEEP

    def test_encoded_ids_fit(self) -> None:
        ids = {"dag_id": "x" * 80, "run_id": "manual__2026-01-01T00:00:00+00:00", "task_id": "группа.шаг_"}
        assert judge(pod(**ids), snapshot(row("failed", **ids))).verdict is Verdict.REAP

    @pytest.mark.parametrize("states", [("failed", "running"), ("running", "failed"), (None, "success")])
    def test_two_task_instances_under_one_label_must_both_be_finished(self, states: tuple[str, str]) -> None:
        rows = snapshot(row(states[0], dag_id="trail_"), row(states[1], dag_id="trail-0fc596528"))
        decision = judge(pod(dag_id="trail_"), rows)
        assert (decision.verdict, decision.rule) == (Verdict.KEEP, "KEEP-AMBIGUOUS")

    def test_two_finished_task_instances_under_one_label_do_not_keep(self) -> None:
        rows = snapshot(row("success", dag_id="trail_"), row("failed", dag_id="trail-0fc596528"))
        assert judge(pod(dag_id="trail_"), rows).verdict is Verdict.REAP


class TestTries:
    @pytest.mark.parametrize("state", [None, "up_for_retry", "scheduled", "queued", "running", "deferred"])
    def test_an_older_label_proves_nothing(self, state: str | None) -> None:
        assert judge(pod(try_number=1), snapshot(row(state, 2))).verdict is Verdict.KEEP

    def test_a_row_with_an_older_try_than_the_pod_lags(self) -> None:
        decision = judge(pod(try_number=2), snapshot(row("failed", 1)))
        assert (decision.verdict, decision.rule) == (Verdict.KEEP, "SOURCE-LAGGING")
        assert judge(pod(try_number=2), snapshot(row("failed", None))).verdict is Verdict.KEEP

    def test_until_2_9_a_finished_row_may_be_one_try_low(self) -> None:
        assert judge(pod(try_number=2), snapshot(row("failed", 1), plain_tries=False)).verdict is Verdict.REAP

    def test_a_finished_row_with_a_newer_try_reaps(self) -> None:
        assert judge(pod(try_number=1), snapshot(row("failed", 3))).verdict is Verdict.REAP


class TestOvertaken:
    older = pod("older", try_number=1, created=ago(minutes=60))
    newer = pod("newer", try_number=2, created=ago(minutes=10))

    def test_a_newer_try_with_its_own_pod_overtakes(self) -> None:
        decision = judge(self.older, snapshot(row("running", 2)), self.newer)
        assert (decision.verdict, decision.rule) == (Verdict.REAP, "REAP-OVERTAKEN")
        assert "airflow/newer" in decision.reason

    def test_the_newer_pod_is_kept(self) -> None:
        assert judge(self.newer, snapshot(row("running", 2)), self.older).verdict is Verdict.KEEP

    @pytest.mark.parametrize(("plain_tries", "verdict"), [(True, Verdict.REAP), (False, Verdict.KEEP)])
    def test_while_deferred_the_try_counts_since_2_10(self, plain_tries: bool, verdict: Verdict) -> None:
        rows = snapshot(row("deferred", 2), plain_tries=plain_tries)
        assert judge(self.older, rows, self.newer).verdict is verdict

    @pytest.mark.parametrize("state", [state for state in UNFINISHED if state not in ("running", "deferred")])
    def test_a_try_that_is_still_to_come_may_adopt_either(self, state: str | None) -> None:
        assert judge(self.older, snapshot(row(state, 2)), self.newer).verdict is Verdict.KEEP

    @pytest.mark.parametrize("running", [1, 3, None])
    def test_the_newer_pod_must_be_of_the_try_that_runs(self, running: int | None) -> None:
        assert judge(self.older, snapshot(row("running", running)), self.newer).verdict is Verdict.KEEP

    @pytest.mark.parametrize(
        "unusual",
        [
            {"labels": {"already_checked": "True"}},
            {"metadata": {"deletionTimestamp": "2026-06-01T11:59:00Z"}},
            {"labels": {"airflow-worker": "1"}},
            {"map_index": 0},
            {"run_id": "another"},
            {"try_number": 1},
            {"created": ago(minutes=61)},
        ],
    )
    def test_what_is_no_newer_pod_of_the_task_instance(self, unusual: dict[str, Any]) -> None:
        newer = pod("newer", **({"try_number": 2, "created": ago(minutes=10)} | unusual))
        assert judge(self.older, snapshot(row("running", 2)), newer).verdict is Verdict.KEEP

    @pytest.mark.parametrize(
        ("stored", "verdict"),
        [
            (StoredPod("airflow", "older"), Verdict.KEEP),
            (StoredPod(None, None), Verdict.KEEP),
            (StoredPod("airflow", "newer"), Verdict.REAP),
            (StoredPod("elsewhere", "older"), Verdict.REAP),
        ],
    )
    def test_a_pod_that_airflow_remembers_is_not_overtaken(self, stored: StoredPod, verdict: Verdict) -> None:
        rows = snapshot(row("running", 2, stored_pod=stored))
        assert judge(self.older, rows, self.newer).verdict is verdict

    def test_under_an_ambiguous_label_no_pod_is_overtaken(self) -> None:
        ids = {"dag_id": "trail_", "created": ago(minutes=30)}
        rows = snapshot(row("running", 2, dag_id="trail_"), row("success", 5, dag_id="trail-0fc596528"))
        assert judge(pod(**ids), rows, pod(**(ids | {"try_number": 2}))).verdict is Verdict.KEEP


def test_ages_are_those_of_the_rules() -> None:
    import msgspec

    patient = msgspec.structs.replace(ALONE, min_age=timedelta(days=2), terminal_age=timedelta(days=2))
    assert judge(pod(created=ago(days=1)), snapshot(dag_ids=(DAG,)), rules=patient).verdict is Verdict.KEEP
    ended = pod(phase="Failed", created=ago(days=1), finished=ago(days=1))
    assert judge(ended, snapshot(row("failed")), rules=patient).verdict is Verdict.KEEP
