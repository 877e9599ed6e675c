"""What holds of every world: small ids and few of them, so that pods and rows meet often."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kpo_reaper.pods import Labels, Phase, PodFacts
from kpo_reaper.policy import FINISHED, Rules, StoredPod, TaskInstanceFacts, Verdict, decide, keep_by_itself

from .worlds import NOW, snapshot

DAGS = ["trail_", "trail-0fc596528", "etl"]
STATES = [None, "queued", "running", "deferred", "up_for_retry", "novel", "success", "failed", "removed"]

tries = st.integers(1, 3)
moments = st.integers(-30, 120).map(lambda minutes: NOW - timedelta(minutes=minutes))
rules = st.builds(Rules, namespaces=st.sampled_from([None, frozenset({"a"})]), exclusive_scope=st.booleans())


@st.composite
def pods(draw: st.DrawFn) -> list[PodFacts]:
    def pod(number: int) -> PodFacts:
        index = draw(st.sampled_from([None, "0", "1", "x"]))
        phase = draw(st.sampled_from(list(Phase)))
        labels = Labels(
            dag_id=draw(st.sampled_from(["trail-0fc596528", "etl", "foreign", ""])),
            run_id="r",
            task_id="t",
            map_index=index,
            try_number=str(draw(tries)),
            kubernetes_pod_operator=draw(st.sampled_from(["True", "True", "True", None])),
            already_checked=draw(st.sampled_from([None, None, None, "True"])),
        )
        return PodFacts(
            namespace=draw(st.sampled_from(["a", "a", "b"])),
            name=f"pod-{number}",
            uid=f"uid-{number}",
            resource_version="1",
            created=draw(moments),
            finished=draw(moments) if phase.terminal else None,
            phase=phase,
            labels=labels,
            terminating=draw(st.sampled_from([False, False, True])),
        )

    return [pod(number) for number in range(draw(st.integers(1, 6)))]


@st.composite
def rows(draw: st.DrawFn) -> list[TaskInstanceFacts]:
    keys = draw(st.lists(st.tuples(st.sampled_from(DAGS), st.sampled_from([-1, 0, 1])), unique=True, max_size=6))
    stored = st.sampled_from([None, None, StoredPod("a", "pod-0"), StoredPod(None, None)])
    return [
        TaskInstanceFacts(
            dag_id=dag,
            run_id="r",
            task_id="t",
            map_index=index,
            state=draw(st.sampled_from(STATES)),
            try_number=draw(st.one_of(tries, st.none())),
            stored_pod=draw(stored),
        )
        for dag, index in keys
    ]


@given(pods(), rows(), rules, st.booleans())
def test_only_an_overtaken_pod_of_an_unfinished_task_instance_is_reaped(
    some: list[PodFacts], instances: list[TaskInstanceFacts], settings: Rules, plain_tries: bool
) -> None:
    found = snapshot(*instances, dag_ids=tuple(DAGS), plain_tries=plain_tries)
    for decision in decide(some, found, now=NOW, rules=settings):
        fitting = [row for row in instances if row.attempts == decision.pod.attempts]
        unfinished = [row for row in fitting if row.state not in FINISHED]
        if decision.verdict is Verdict.REAP:
            assert keep_by_itself(decision.pod, settings) is None
            assert fitting or settings.exclusive_scope
        if decision.verdict is Verdict.REAP and unfinished:
            assert decision.rule == "REAP-OVERTAKEN"
            assert len(fitting) == 1
            assert any(
                other.attempts == decision.pod.attempts
                and other.labels.try_number == str(unfinished[0].try_number)
                and int(other.labels.try_number) > int(decision.pod.labels.try_number or 0)
                for other in some
            )
            assert not (unfinished[0].stored_pod and unfinished[0].stored_pod.may_be(decision.pod))


@given(pods(), rows(), rules, st.randoms(use_true_random=False))
def test_order_changes_no_decision(
    some: list[PodFacts], instances: list[TaskInstanceFacts], settings: Rules, luck
) -> None:  # type: ignore[no-untyped-def]
    def verdicts() -> dict[str, tuple[Verdict, str]]:
        decisions = decide(some, snapshot(*instances, dag_ids=tuple(DAGS)), now=NOW, rules=settings)
        return {decision.pod.uid: (decision.verdict, decision.rule) for decision in decisions}

    before = verdicts()
    luck.shuffle(some)
    luck.shuffle(instances)
    assert verdicts() == before


@given(pods(), pods(), rows(), rules)
def test_pods_of_other_runs_change_no_decision(
    some: list[PodFacts], more: list[PodFacts], instances: list[TaskInstanceFacts], settings: Rules
) -> None:
    import msgspec

    others = [
        msgspec.structs.replace(
            pod, uid=f"other-{pod.uid}", labels=msgspec.structs.replace(pod.labels, run_id="another")
        )
        for pod in more
    ]
    found = snapshot(*instances, dag_ids=tuple(DAGS))
    alone = decide(some, found, now=NOW, rules=settings)
    together = decide([*others, *some], found, now=NOW, rules=settings)
    assert together[len(others) :] == alone


@given(pods(), rows(), rules, st.integers(1, 300))
def test_a_later_clock_only_ever_frees_pods(
    some: list[PodFacts], instances: list[TaskInstanceFacts], settings: Rules, minutes: int
) -> None:
    found = snapshot(*instances, dag_ids=tuple(DAGS))
    early = decide(some, found, now=NOW - timedelta(minutes=minutes), rules=settings)
    late = decide(some, found, now=NOW, rules=settings)
    for before, after in zip(early, late, strict=True):
        assert before.verdict is Verdict.KEEP or after.verdict is Verdict.REAP
