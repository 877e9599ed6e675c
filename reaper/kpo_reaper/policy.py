"""Which pods may go: a pure function from pods and task instances to decisions. No I/O, no clock, no order.

Each verdict names the requirement of the kpo-conformance ledger that it obeys. Whatever is not understood is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from kpo_reaper.labels import label_of, tail_of
from kpo_reaper.pods import Attempts, Phase, PodFacts

FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""The states after which nothing runs (airflow.utils.state.State.finished, the same from 2.7 to 3.3). Every other
state, also NULL and any word yet unknown, is unfinished."""


class Verdict(StrEnum):
    """What is to happen to a pod."""

    KEEP = "keep"
    REAP = "reap"


class StoredPod(msgspec.Struct, frozen=True):
    """The pod that Airflow 3.3 remembers for a task instance (task_state_store, key pod_identifier).

    None stands for a part that could not be read; it may be any.
    """

    namespace: str | None
    name: str | None

    @classmethod
    def from_json(cls, value: bytes | msgspec.Raw) -> StoredPod:
        """The pod that a stored value names; one that may be any where the value has another shape."""
        try:
            return _stored_pods.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cls(None, None)

    def may_be(self, pod: PodFacts) -> bool:
        """Whether the memory may mean ``pod``."""
        return self.namespace in (None, pod.namespace) and self.name in (None, pod.name)


_stored_pods = msgspec.json.Decoder(StoredPod)


class TaskInstanceFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row of task_instance: its key, its state (None is NULL), its try and the pod it remembers."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int | None
    stored_pod: StoredPod | None = None

    @property
    def attempts(self) -> Attempts:
        """The key as the labels of its pods state it."""
        return Attempts(label_of(self.dag_id), label_of(self.run_id), label_of(self.task_id), self.map_index)

    def __str__(self) -> str:
        index = f"[{self.map_index}]" if self.map_index >= 0 else ""
        return f"{self.dag_id}.{self.task_id}{index} of run {self.run_id}"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What one read of the state source saw.

    ``instances`` holds at least every task instance that the labels of the judged pods fit, ``dag_ids`` every DAG that
    Airflow still knows. ``plain_tries`` is True where try_number is a plain column (Airflow 2.10 and later); before, it
    is one too low on a deferred task instance and on what became of it. ``hides_dags`` is True where Airflow may have
    more DAGs than it shows this reader. ``as_of`` is when the reading of the states began, on ``deadline.clock``.
    """

    instances: Sequence[TaskInstanceFacts]
    dag_ids: Collection[str]
    plain_tries: bool = True
    hides_dags: bool = False
    as_of: float = 0.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The settings that decisions depend on. ``namespaces`` None means all of the cluster's."""

    namespaces: frozenset[str] | None
    exclusive_scope: bool = False
    min_age: timedelta = timedelta(minutes=5)
    terminal_age: timedelta = timedelta(minutes=5)


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What is to happen to ``pod``, by which rule (a requirement's id) and why, in one sentence without its subject.

    ``instance`` is the task instance that the verdict rests on, where there is one.
    """

    pod: PodFacts
    verdict: Verdict
    rule: str
    reason: str
    instance: TaskInstanceFacts | None = None


def decide(
    pods: Sequence[PodFacts],
    snapshot: Snapshot,
    *,
    now: datetime | None,
    rules: Rules,
    siblings: Mapping[Attempts, Sequence[PodFacts]] | None = None,
) -> list[Decision]:
    """Judge every pod, in the order given.

    ``now`` is the API server's time when the first pod was listed, None if it told none; ages then keep. ``siblings``
    are the pods beside which they are judged, as ``by_attempts`` gives them, by default ``pods`` themselves. The pods
    must have been listed before the snapshot was read: a pod that existed then has its row in a snapshot taken later.
    """
    rows: dict[Attempts, list[TaskInstanceFacts]] = defaultdict(list)
    for instance in snapshot.instances:
        rows[instance.attempts].append(instance)
    beside = by_attempts(pods, rules) if siblings is None else siblings
    known_dags = {label_of(dag_id) for dag_id in snapshot.dag_ids} if rules.exclusive_scope else set()

    def judge(pod: PodFacts) -> Decision:
        kept = keep_by_itself(pod, rules)
        if kept:
            return kept
        attempts = pod.attempts
        assert attempts is not None, "a pod without identity is kept by itself"
        if snapshot.hides_dags and tail_of(attempts.dag):
            # Any other label is the dag_id itself, and the task instances of a DAG are shown all or not at all.
            return _keep(pod, "KEEP-HIDDEN", "its dag_id label may mean a DAG that Airflow does not show this user")
        fitting = rows.get(attempts)
        if not fitting:
            return _judge_rowless(pod, known=attempts.dag in known_dags, now=now, rules=rules)
        unfinished = [instance for instance in fitting if instance.state not in FINISHED]
        if unfinished:
            return _judge_unfinished(pod, fitting, unfinished, beside.get(attempts, ()), snapshot)
        return _judge_finished(pod, fitting, snapshot, now=now, rules=rules)

    return [judge(pod) for pod in pods]


def by_attempts(pods: Iterable[PodFacts], rules: Rules) -> dict[Attempts, list[PodFacts]]:
    """The pods that are not kept for what they are, with those of the same task instances."""
    found: dict[Attempts, list[PodFacts]] = {}
    for pod in pods:
        attempts = pod.attempts
        if attempts and keep_by_itself(pod, rules) is None:
            found.setdefault(attempts, []).append(pod)
    return found


def keep_by_itself(pod: PodFacts, rules: Rules) -> Decision | None:
    """The decision to keep a pod for what it is, whatever its task instance's state; None if that is not enough."""
    labels = pod.labels
    if pod.fault:
        return _keep(pod, "API-ODD-POD", f"it has an unexpected shape: {pod.fault}")
    if rules.namespaces is not None and pod.namespace not in rules.namespaces:
        return _keep(pod, "KEEP-OUT-OF-SCOPE", f"namespace {pod.namespace} is not in the scope")
    if labels.kubernetes_pod_operator != "True" or labels.spark_kubernetes_operator or labels.spark_role:
        return _keep(pod, "KEEP-NOT-KPO", "it is not labelled as a KubernetesPodOperator's own pod")
    if labels.airflow_worker is not None or labels.kubernetes_executor is not None:
        return _keep(pod, "KEEP-WORKER", "it is labelled as a KubernetesExecutor worker")
    if pod.controller:
        return _keep(pod, "KEEP-CONTROLLED", f"it is controlled by {pod.controller}")
    if pod.terminating:
        return _keep(pod, "DELETE-ONCE", "it is terminating already")
    if pod.opted_out:
        return _keep(pod, "KEEP-OPTED-OUT", "its annotation asks to keep it")
    if labels.already_checked is not None:
        return _keep(pod, "KEEP-RETAINED", "its task is done with it and kept it on purpose (already_checked)")
    if pod.attempts is None:
        return _keep(pod, "KEEP-MALFORMED", "its labels do not name one task instance and try")
    return None


def _judge_rowless(pod: PodFacts, *, known: bool, now: datetime | None, rules: Rules) -> Decision:
    if not rules.exclusive_scope:
        return _keep(pod, "KEEP-FOREIGN-DEPLOYMENT", "no task instance fits, and others may use the namespace")
    if not known:
        return _keep(pod, "KEEP-FOREIGN-DEPLOYMENT", "Airflow knows no DAG that fits its dag_id label")
    if not _older(now, pod.created, rules.min_age):
        return _keep(pod, "KEEP-YOUNG", f"no task instance fits, but it is younger than {rules.min_age}")
    return Decision(
        pod, Verdict.REAP, "REAP-ROWLESS", "its DAG is known, but no task instance fits its labels any more"
    )


def _judge_finished(
    pod: PodFacts,
    fitting: Sequence[TaskInstanceFacts],
    snapshot: Snapshot,
    *,
    now: datetime | None,
    rules: Rules,
) -> Decision:
    if snapshot.plain_tries:
        behind = next((row for row in fitting if row.try_number is None or _below(row.try_number, pod)), None)
        if behind:
            reason = f"{behind} shows try {behind.try_number}, below the pod's: the state source lags behind"
            return Decision(pod, Verdict.KEEP, "SOURCE-LAGGING", reason, behind)
    if pod.phase.terminal and not _older(now, pod.finished, rules.terminal_age):
        reason = f"it ended less than {rules.terminal_age} ago and may still be read"
        return Decision(pod, Verdict.KEEP, "KEEP-RESUMING", reason, fitting[0])
    rule = _RULE_BY_PHASE[pod.phase]
    return Decision(pod, Verdict.REAP, rule, _finish(fitting), fitting[0])


def _judge_unfinished(
    pod: PodFacts,
    fitting: Sequence[TaskInstanceFacts],
    unfinished: Sequence[TaskInstanceFacts],
    siblings: Iterable[PodFacts],
    snapshot: Snapshot,
) -> Decision:
    newer = None
    if len(fitting) == 1:
        newer = next((sibling for sibling in siblings if _overtakes(sibling, pod, fitting[0], snapshot)), None)
    if newer:
        reason = f"try {newer.try_number} of {fitting[0]} runs on its own pod {newer}"
        return Decision(pod, Verdict.REAP, "REAP-OVERTAKEN", reason, fitting[0])
    row = unfinished[0]
    rule = "KEEP-UNFINISHED" if len(fitting) == 1 else "KEEP-AMBIGUOUS"
    return Decision(pod, Verdict.KEEP, rule, f"{row} is {row.state or 'without a state'}", row)


def _overtakes(newer: PodFacts, older: PodFacts, instance: TaskInstanceFacts, snapshot: Snapshot) -> bool:
    """Whether ``newer`` proves that no attempt will come back to ``older``.

    A label never changes, so only try N makes a pod labelled N. When try N runs and such a pod exists, that attempt
    looked for a pod to adopt, did not take the older one and made its own. A retry that is still to come
    (up_for_retry, scheduled, queued) might adopt either. While deferred the column shows N only since 2.10.
    """
    if instance.try_number != newer.try_number or not _below(older.try_number, newer):
        return False
    if instance.state != "running" and not (instance.state == "deferred" and snapshot.plain_tries):
        return False
    if older.created is None or newer.created is None or newer.created < older.created:
        return False
    return instance.stored_pod is None or not instance.stored_pod.may_be(older)


_RULE_BY_PHASE = {
    Phase.PENDING: "REAP-PENDING",
    Phase.RUNNING: "REAP-FINISHED",
    Phase.UNKNOWN: "REAP-NODE-LOST",
    Phase.SUCCEEDED: "REAP-TERMINAL-PHASE",
    Phase.FAILED: "REAP-TERMINAL-PHASE",
}


def _keep(pod: PodFacts, rule: str, reason: str) -> Decision:
    return Decision(pod, Verdict.KEEP, rule, reason)


def _older(now: datetime | None, then: datetime | None, age: timedelta) -> bool:
    return now is not None and then is not None and now - then >= age


def _below(try_number: int | None, pod: PodFacts) -> bool:
    return try_number is not None and pod.try_number is not None and try_number < pod.try_number


def _finish(fitting: Sequence[TaskInstanceFacts]) -> str:
    states = ", ".join(f"{instance} is {instance.state}" for instance in fitting)
    return states if len(fitting) == 1 else f"its labels fit several task instances, all finished: {states}"
