"""The steps of apache/airflow#58968 as the issue has them, as others took them up, and with one mistake left in."""

from __future__ import annotations

import urllib.error
from collections.abc import Sequence
from typing import Any, ClassVar

from kpo_scenarios.known_bad.plain import Pod
from kpo_scenarios.known_bad.registry import known_bad
from kpo_scenarios.known_bad.seven_steps import TERMINAL, Key, MendedSteps, Row


@known_bad(fails="KEEP-REATTACHED", because="try 2 runs on it")
class SevenSteps(MendedSteps):
    """Does what apache/airflow#58968 says: no active task instance, or an older try, and the pod is force-deleted.

    What the issue leaves open it does as the official Python client does by default: it deletes by name, sends a
    DELETE again whose reply was lost, and takes whatever the database answers.
    """

    options: ClassVar = {"gracePeriodSeconds": 0}
    operators = ("KubernetesPodOperator", "KubernetesPodOperatorAsync", "SparkKubernetesPodOperator")
    attempts = 3

    def is_candidate(self, pod: Pod) -> bool:
        """Go by the label kubernetes_pod_operator alone."""
        return True

    def is_known(self, heads: Sequence[tuple[str]]) -> bool:
        """Take any database for one that it knows."""
        return True

    def kpo_pods(self) -> list[Pod]:
        """Step 1: list until there is no token; a namespace that cannot be listed is the end of it."""
        found: list[Pod] = []
        self.refused = 0
        for namespace in self.namespaces:
            where = f"/api/v1/namespaces/{namespace}/pods?labelSelector=kubernetes_pod_operator%3DTrue&limit=250"
            token = ""
            while True:
                page = self.api.call("GET", f"{where}&continue={token}" if token else where)
                found += page.get("items") or []
                token = page.get("metadata", {}).get("continue", "")
                if not token:
                    break
        return found

    def are_all(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Take what comes for all that there is."""
        return True

    def is_over(self, pod: Pod, rows: Sequence[Row]) -> bool:
        """Know of no database that lags behind."""
        return self.has_no_active(rows)

    def end(self, pod: Pod) -> bool:
        """Step 7: force-delete whatever has the name, and note failures nowhere."""
        for _ in range(self.attempts):
            try:
                self.api.call("DELETE", self.path(pod), self.options)
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:  # the connection broke: it is sent again
                continue
            break
        return True

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Apply the first rule as it stands."""
        return not any(row.operator in self.operators and row.state not in TERMINAL for row in rows)

    def is_old_retry(self, pod: Pod, rows: Sequence[Row], fellows: Sequence[Pod]) -> bool:
        """Apply the second rule as it stands."""
        return any(self.number(pod) < row.try_number for row in rows)


@known_bad(fails="KEEP-AWAITING-REATTACH", because="the retry that is still to come")
class StepsWithMaxDeletes(SevenSteps):
    """Keeps what has no whole identity and deletes the oldest first, but holds to the second rule (#70140)."""

    options: ClassVar = {}

    def kpo_pods(self) -> list[Pod]:
        """Sort by age."""
        return sorted(super().kpo_pods(), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def is_candidate(self, pod: Pod) -> bool:
        """Look at the labels of identity."""
        return self.is_whole(pod["metadata"]["labels"])

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Ask for every operator's task instances."""
        return all(row.state in TERMINAL for row in rows)


@known_bad(fails="REAP-PENDING", because="failed before it started")
class StepsOfRunningPods(MendedSteps):
    """Lists only pods of the phase Running (apache/airflow#67030)."""

    def is_candidate(self, pod: Pod) -> bool:
        """Wait until it runs."""
        return pod["status"]["phase"] == "Running" and super().is_candidate(pod)


@known_bad(fails="DELETE-GRACEFULLY", because="with 0 s of grace")
class StepsWithForce(MendedSteps):
    """Force-deletes what it has found, lest a sidecar ignore SIGTERM."""

    options: ClassVar = {"gracePeriodSeconds": 0}


@known_bad(fails="KEEP-ANY-OPERATOR", because="of the operator (OurTeams|Dbt)")
class StepsWithMoreOperators(MendedSteps):
    """Adds the decorators' and the clouds' operators to the list in the third step, and forgets the teams' own."""

    operators = (*SevenSteps.operators, "_KubernetesDecoratedOperator", "_KubernetesCmdDecoratedOperator")

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Hold a task of another operator for none."""
        return not any(row.operator in self.operators and row.state not in TERMINAL for row in rows)


@known_bad(fails="KEEP-UNFINISHED", because="without a state")
class StepsWithInList(MendedSteps):
    """Reads the active ones by state IN (...), as State.unfinished suggests, and never sees NULL among them."""

    states = (
        *TERMINAL,
        "scheduled",
        "queued",
        "running",
        "restarting",
        "deferred",
        "up_for_retry",
        "up_for_reschedule",
    )
    question = f"{MendedSteps.question} WHERE state IN {states}"

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Find nobody who needs it."""
        return all(row.state in TERMINAL for row in rows)


@known_bad(fails="KEEP-MAPPED-SIBLING", because=r"the task that is not mapped runs|map index \d+ runs")
class StepsFromIndexZero(MendedSteps):
    """Takes an absent map_index for 0, and deletes what no task instance fits."""

    def key(self, pod: Pod) -> Key:
        """Default to the first."""
        return super().key(pod)._replace(map_index=pod["metadata"]["labels"].get("map_index", "0"))

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Find nobody who needs it."""
        return all(row.state in TERMINAL for row in rows)


@known_bad(fails="REAP-OVERTAKEN", because="try 2 runs on a pod of its own")
class StepsWithoutTheSecondRule(MendedSteps):
    """Drops the second rule, because it was wrong as it stood."""

    def is_old_retry(self, pod: Pod, rows: Sequence[Row], fellows: Sequence[Pod]) -> bool:
        """Never ask for tries."""
        return False
