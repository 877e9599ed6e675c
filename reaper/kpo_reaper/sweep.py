"""One pass over the scope: list the pods, then read the task instances, judge, delete what no one needs."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from kpo_reaper.airflow_sql import AirflowDatabase
from kpo_reaper.cluster import Cluster, Deletion
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import ClusterError, OutcomeUnknownError, ReaperError, StateSourceError, UnauthorizedError
from kpo_reaper.kubeconfig import api_client
from kpo_reaper.pods import Attempts, PodFacts
from kpo_reaper.policy import Decision, Snapshot, Verdict, decide, keep_by_itself
from kpo_reaper.report import Outcome, Report
from kpo_reaper.settings import Settings

FRESH = 5.0
"""Seconds since the read of the task instances began in which a DELETE may rest on it; then they are read again."""
MOST_PAUSES = 3
"""Times that one pod's DELETE is tried again after the API server asked for a pause."""
MOST_FAILURES = 100
"""Deletions that may fail before a sweep gives up: enough that a few pods that cannot be deleted hide no others."""


def sweep(settings: Settings, report: Report) -> None:
    """Sweep the scope once and tell ``report`` about it, failures included. Raises SettingsError before it began."""
    deadline = Deadline(settings.deadline)
    with ExitStack() as stack:
        client = api_client(settings.kubeconfig)
        cluster = stack.enter_context(Cluster(client, request_timeout=settings.request_timeout, deadline=deadline))
        database = AirflowDatabase(settings.sql_alchemy_conn, timeout=settings.request_timeout, deadline=deadline)
        stack.callback(database.close)
        Sweep(settings, cluster, database, report).run()


class Sweep:
    """One sweep with its two stores. ``run`` is called once."""

    def __init__(self, settings: Settings, cluster: Cluster, database: AirflowDatabase, report: Report) -> None:
        self._settings = settings
        self._rules = settings.rules
        self._cluster = cluster
        self._database = database
        self._report = report
        self._siblings: dict[Attempts, dict[str, PodFacts]] = defaultdict(dict)
        self._judged_at = 0.0

    def run(self) -> None:
        """List, judge, reap, sum up."""
        try:
            decisions = self._judge(self._list())
            self._report.judged(decisions)
            self._reap(_oldest_first(decisions))
        except ReaperError as error:
            self._report.error(str(error))
        self._report.summary()

    def _list(self) -> list[PodFacts]:
        """The pods of every namespace that could be listed; those of the others are not judged."""
        pods: list[PodFacts] = []
        for namespace in self._settings.namespaces or (None,):
            try:
                pods += self._cluster.list_pods(namespace)
            except UnauthorizedError:
                raise
            except ClusterError as error:
                self._report.error(str(error))
        for pod in pods:
            if pod.attempts:
                self._siblings[pod.attempts][pod.uid] = pod
        return pods

    def _judge(self, pods: Sequence[PodFacts]) -> list[Decision]:
        """Decide on ``pods`` by the task instances as they are now, beside all other pods of the same ones."""
        wanted = {pod.attempts for pod in pods if pod.attempts and keep_by_itself(pod, self._rules) is None}
        snapshot = Snapshot(instances=(), dag_ids=())
        self._judged_at = clock()
        if wanted:
            snapshot = self._database.read(wanted)
        uids = {pod.uid for pod in pods}
        others = [
            sibling
            for attempts in sorted(wanted)
            for sibling in self._siblings[attempts].values()
            if sibling.uid not in uids
        ]
        now = self._cluster.first_answer
        return decide([*pods, *others], snapshot, now=now, rules=self._rules)[: len(pods)]

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
                    raise StateSourceError(f"Airflow's database takes more than {FRESH:g} seconds for a few rows")
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
        for decision in self._judge([decision.pod for decision in waiting]):
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
            if found.attempts:
                self._siblings[found.attempts][found.uid] = found
            decision = self._judge([found])[0]
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
