"""One pass over the scope: list the pods, then read the task instances, judge, delete what no one needs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from kpo_reaper.airflow_source import StateSource, state_source
from kpo_reaper.cluster import Cluster, Deletion
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import ClusterError, OutcomeUnknownError, ReaperError, StateSourceError, UnauthorizedError
from kpo_reaper.kubeconfig import api_client
from kpo_reaper.pods import Attempts, PodFacts
from kpo_reaper.policy import Decision, Snapshot, Verdict, by_attempts, decide, keep_by_itself
from kpo_reaper.report import Outcome, Report
from kpo_reaper.settings import Settings

FRESH = 5.0
"""Seconds since the reading of the states began in which a DELETE may rest on it; then they are read again."""
MOST_PAUSES = 3
"""Times that one pod's DELETE is tried again after the API server asked for a pause."""
MOST_FAILURES = 100
"""Deletions that may fail before a sweep gives up: enough that a few pods that cannot be deleted hide no others."""


def sweep(settings: Settings, report: Report) -> None:
    """Sweep the scope once and tell ``report`` about it, failures included. Raises SettingsError before it began."""
    with both_stores(settings) as (cluster, source):
        Sweep(settings, cluster, source, report).run()


@contextmanager
def both_stores(settings: Settings) -> Iterator[tuple[Cluster, StateSource]]:
    """The cluster and Airflow, under one deadline that begins now. Raises SettingsError."""
    deadline = Deadline(settings.deadline)
    with ExitStack() as stack:
        client = api_client(settings.kubeconfig)
        cluster = stack.enter_context(Cluster(client, request_timeout=settings.request_timeout, deadline=deadline))
        source = state_source(settings, deadline)
        stack.callback(source.close)
        yield cluster, source


class Sweep:
    """One sweep with its two stores. ``run`` is called once."""

    def __init__(self, settings: Settings, cluster: Cluster, source: StateSource, report: Report) -> None:
        self._settings = settings
        self._rules = settings.rules
        self._cluster = cluster
        self._source = source
        self._report = report
        self._siblings: dict[Attempts, list[PodFacts]] = {}
        self._judged_at = 0.0

    def run(self) -> None:
        """List, judge, reap, sum up."""
        try:
            kept = self._list()
            pods = [pod for same in self._siblings.values() for pod in same]
            decisions = self._judge(pods, self._siblings.keys())
            self._report.judged(decisions, kept)
            candidates = _oldest_first(decisions)
            del decisions  # a hundred thousand take a lot of memory while the few zombies go
            if self._plausible(zombies=len(candidates), listed=len(pods) + kept.total()):
                self._reap(candidates)
        except ReaperError as error:
            self._report.error(str(error))
        self._report.summary()

    def explain(self, namespace: str, name: str) -> Decision | None:
        """What would be done with one pod, None if there is none of that name. Raises ReaperError."""
        self._list()
        pod = self._cluster.read_pod(PodFacts(namespace=namespace, name=name))
        return self._judge_changed(pod) if pod else None

    def _list(self) -> Counter[str]:
        """Learn of the pods of every namespace that can be listed; those of the others are not judged.

        Those that are kept for what they are, whatever their task instances are, are only counted, by rule.
        """
        if self._settings.cluster_uid:
            self._cluster.check_identity(self._settings.cluster_uid)
        kept: Counter[str] = Counter()
        for namespace in self._settings.namespaces or (None,):
            try:
                listed = self._cluster.list_pods(namespace)
            except UnauthorizedError:
                raise
            except ClusterError as error:
                self._report.error(str(error))
                continue
            kept.update(decision.rule for pod in listed if (decision := keep_by_itself(pod, self._rules)))
            for attempts, pods in by_attempts(listed, self._rules).items():
                same = self._siblings.setdefault(attempts, pods)
                if same is not pods:
                    same += pods
        return kept

    def _judge_changed(self, pod: PodFacts) -> Decision:
        """Decide on a pod as it is now, which from now on is that among those of its task instances."""
        judged = by_attempts([pod], self._rules)
        attempts = pod.attempts
        if attempts:
            others = [other for other in self._siblings.get(attempts, ()) if other.uid != pod.uid]
            self._siblings[attempts] = [*others, *judged.get(attempts, ())]
        (decision,) = self._judge([pod], judged.keys())
        return decision

    def _judge(self, pods: Sequence[PodFacts], wanted: Collection[Attempts]) -> list[Decision]:
        """Decide on ``pods`` by the task instances ``wanted`` as they are now, beside all pods of the same ones."""
        snapshot = self._source.read(wanted) if wanted else Snapshot(instances=(), dag_ids=(), as_of=clock())
        self._judged_at = snapshot.as_of

        def judged_by(known: Snapshot) -> list[Decision]:
            now = self._cluster.first_answer
            return decide(pods, known, now=now, rules=self._rules, siblings=self._siblings)

        decisions = judged_by(snapshot)
        overtaken = {each.instance for each in decisions if each.rule == "REAP-OVERTAKEN" and each.instance}
        recalled = self._source.recall(snapshot, overtaken, self._report.error)
        return decisions if recalled is snapshot else judged_by(recalled)

    def _plausible(self, *, zombies: int, listed: int) -> bool:
        """Whether so many zombies can be; if not, it is an alarm."""
        floor, share = self._settings.breaker_floor, self._settings.breaker_share
        if zombies <= floor or zombies <= share * listed:
            return True
        self._report.breaker_tripped(
            f"{zombies} of {listed} pods look like zombies, more than {floor} and more than {share:.0%}: "
            "none is deleted (is this the right Airflow? see --breaker-share and --breaker-floor)"
        )
        return False

    def _reap(self, candidates: Iterable[Decision]) -> None:
        waiting = deque(candidates)
        pauses: Counter[str] = Counter()
        spent = failures = 0
        while waiting:
            if failures >= MOST_FAILURES:
                raise ClusterError(f"{failures} deletions failed: the sweep gives up")
            if spent >= self._settings.max_deletions:
                self._report.budget_reached()
                return
            if self._settings.dry_run:
                self._report.pod(waiting.popleft(), Outcome.WOULD_DELETE)
                spent += 1
                continue
            self._cluster.sit_out()
            if self._stale:
                waiting = self._judge_again(waiting)
                if self._stale:
                    raise StateSourceError(f"Airflow takes more than {FRESH:g} seconds to tell a few states")
                continue
            decision = waiting.popleft()
            try:
                decision, outcome = self._delete(decision)
            except UnauthorizedError:
                raise
            except ClusterError as error:
                self._report.pod(decision, Outcome.FAILED, str(error))
                failures += 1
                spent += isinstance(error, OutcomeUnknownError)
                continue
            if outcome is not None:
                self._report.pod(decision, outcome, "" if outcome is not Outcome.SPARED else decision.reason)
                spent += outcome is Outcome.DELETED
            elif pauses[decision.pod.uid] < MOST_PAUSES:
                pauses[decision.pod.uid] += 1
                waiting.appendleft(decision)
            else:
                self._report.pod(decision, Outcome.FAILED, f"pod {decision.pod}: the API server stayed too busy")
                failures += 1

    @property
    def _stale(self) -> bool:
        return clock() - self._judged_at > FRESH

    def _judge_again(self, waiting: Iterable[Decision]) -> deque[Decision]:
        """Decide anew on what waits to be deleted, and tell of what is kept now."""
        again: deque[Decision] = deque()
        pods = [decision.pod for decision in waiting]
        for decision in self._judge(pods, by_attempts(pods, self._rules).keys()):
            if decision.verdict is Verdict.REAP:
                again.append(decision)
            else:
                self._report.pod(decision, Outcome.SPARED)
        return again

    def _delete(self, decision: Decision) -> tuple[Decision, Outcome | None]:
        """Delete one pod; the outcome is None where the API server asked for a pause instead.

        A pod that changed is read and judged once more; one that changes faster than that is left to the next sweep.
        """
        deletion = self._cluster.delete_pod(decision.pod)
        if deletion is Deletion.CONFLICT:
            found = self._cluster.read_pod(decision.pod)
            if found is None or found.uid != decision.pod.uid or found.terminating:
                return decision, Outcome.GONE
            decision = self._judge_changed(found)
            if decision.verdict is Verdict.KEEP:
                return decision, Outcome.SPARED
            deletion = self._cluster.delete_pod(decision.pod)
        return decision, _OUTCOME[deletion]


_OUTCOME = {
    Deletion.DELETED: Outcome.DELETED,
    Deletion.GONE: Outcome.GONE,
    Deletion.CONFLICT: Outcome.SPARED,
    Deletion.THROTTLED: None,
}


def _oldest_first(decisions: Iterable[Decision]) -> list[Decision]:
    reaped = [decision for decision in decisions if decision.verdict is Verdict.REAP]
    return sorted(reaped, key=lambda decision: (decision.pod.created, decision.pod.namespace, decision.pod.name))
