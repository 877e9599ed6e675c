"""The algorithm of apache/airflow#58968, step by step, with its holes mended; ``stepping`` has it with them.

Nothing of PlainReaper decides here, so that a scenario which only suits that one is noticed.
"""

from __future__ import annotations

import re
import sys
import urllib.error
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec

from kpo_fixtures.airflow.labels import make_safe_label_value
from kpo_scenarios.known_bad.plain import Api, Pod, end_within
from kpo_scenarios.known_bad.registry import IMPATIENT, SWEEPING, Family, known_good
from kpo_suite.subjects.reaper_file import Claims, Rule

HEADS = frozenset(("5f2621c13b39", "fe199e1abd77", "509b94a1042d", "1d6611b6ab7c", "d2f4e1b3c5a7"))
"""alembic_version of Airflow 2.10 to 3.3: since 2.10, try_number is the same for a row and for its pod."""
NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
TERMINAL = ("success", "failed", "skipped", "upstream_failed", "removed")


class Key(NamedTuple):
    """A task instance as labels write it; ``map_index`` is -1 where there is none."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: str


class Row(NamedTuple):
    """What the batched query gives of a task instance."""

    operator: str
    state: str | None
    try_number: int


@known_good
class MendedSteps:
    """Takes the seven steps of apache/airflow#58968 and asks at each what it cannot know."""

    family: ClassVar = Family(
        run=msgspec.structs.replace(SWEEPING, options={"sql": ["--sql"], "impatient": ["--impatient"]}),
        claims=Claims(
            features=["multi-namespace", "sql-source"],
            airflow=["2.10", "2.11", "3.0", "3.1", "3.2", "3.3"],
            terminal_age=0,
            deadline=IMPATIENT,
            rules=[Rule(api_groups=[""], resources=["pods"], verbs=["list", "delete"])],
        ),
    )
    options: ClassVar[dict[str, Any]] = {}
    question = (
        "SELECT dag_id, task_id, run_id, map_index, operator, state, try_number, count(*) OVER () FROM task_instance"
    )

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        self.api, self.dsn, self.namespaces = api, dsn, namespaces

    def configure(self, settings: Sequence[str]) -> str:
        """Know no settings but the state source, and how long to go on."""
        self.seconds = IMPATIENT if "--impatient" in settings else 60
        return next((f"{setting} is unknown" for setting in settings if setting not in ("--sql", "--impatient")), "")

    def sweep(self) -> int:
        """Take the steps; the fourth, a look-up by what labels say, is ``by_key``."""
        end_within(self.seconds)
        pods = self.kpo_pods()
        keys = {pod["metadata"]["uid"]: self.key(pod) for pod in pods if self.is_candidate(pod)}
        by_key = self.batch()
        if by_key is None:
            sys.stderr.write("this is not the database of an Airflow that I know\n")
            return 1
        candidates = [pod for pod in pods if pod["metadata"]["uid"] in keys]
        for pod in candidates:
            key = keys[pod["metadata"]["uid"]]
            fellows = [other for other in candidates if keys[other["metadata"]["uid"]] == key]
            if self.is_over(pod, by_key.get(key, [])) or self.is_old_retry(pod, by_key.get(key, []), fellows):
                self.refused += not self.end(pod)
        return 1 if self.refused else 0

    def kpo_pods(self) -> list[Pod]:
        """Step 1: list all pods of KubernetesPodOperator, in each namespace that can be listed."""
        found: list[Pod] = []
        self.refused = 0
        for namespace in self.namespaces:
            try:
                found += self.pods_of(namespace)
            except urllib.error.HTTPError as error:
                error.close()
                self.refused += 1
        return found

    def pods_of(self, namespace: str) -> list[Pod]:
        """The pods of one namespace, page by page."""
        where = f"/api/v1/namespaces/{namespace}/pods?labelSelector=kubernetes_pod_operator%3DTrue&limit=250"
        page = self.page(where)
        found: list[Pod] = page["items"]
        tokens: set[str] = set()
        while token := page["metadata"].get("continue"):
            if token in tokens:
                raise ValueError(f"the pages of {namespace} lead in a circle")
            tokens.add(token)
            page = self.page(f"{where}&continue={token}")
            found += page["items"]
        return found

    def page(self, where: str) -> Any:
        """One page, if that is what comes."""
        answer = self.api.call("GET", where)
        if not isinstance(answer, dict) or answer.get("kind") != "PodList" or answer.get("items") is None:
            raise ValueError(f"{where} gave no list of pods")
        return {**answer, "items": [pod for pod in answer["items"] if self.is_sound(pod)]}

    def is_candidate(self, pod: Pod) -> bool:
        """Leave out what is on its way out, asked for, or somebody else's, and what Airflow never labelled so."""
        metadata = pod["metadata"]
        marks = metadata["labels"]
        ours = not marks.keys() & {"kubernetes_executor", "airflow-worker"} and marks.get("already_checked") is None
        controlled = [owner for owner in metadata.get("ownerReferences") or () if owner.get("controller")]
        return ours and not controlled and not metadata.get("deletionTimestamp") and self.is_whole(marks)

    def is_sound(self, pod: Any) -> bool:
        """Whether it has the shape of a pod, so that something can be said of it."""
        match pod:
            case {
                "metadata": {
                    "name": str(name),
                    "uid": str(uid),
                    "resourceVersion": str(),
                    "creationTimestamp": str(created),
                    "labels": dict(marks),
                    **others,
                },
                "status": {"phase": "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown"},
            }:
                owners = others.get("ownerReferences", [])
                return bool(
                    NAME.fullmatch(name)
                    and uid
                    and MOMENT.match(created)
                    and all(isinstance(mark, str) for mark in marks.values())
                    and isinstance(owners, list)
                    and all(isinstance(owner, dict) for owner in owners)
                )
        return False

    def is_whole(self, marks: Mapping[str, str]) -> bool:
        """Whether the labels are all there, and numbers are written as Airflow writes them."""
        index, number = marks.get("map_index", "0"), marks.get("try_number", "")
        plain = all(text.isdecimal() and str(int(text)) == text for text in (index, number))
        return plain and number != "0" and all(marks.get(name) for name in Key._fields[:3])

    def key(self, pod: Pod) -> Key:
        """Step 2: the task instance's key from the labels."""
        marks = pod["metadata"]["labels"]
        dag_id, task_id, run_id = (marks.get(name, "") for name in Key._fields[:3])
        return Key(dag_id, task_id, run_id, marks.get("map_index", "-1"))

    def batch(self) -> dict[Key, list[Row]] | None:
        """Step 3: the task instances in one query, under what their pods' labels say; None for a strange database."""
        import psycopg

        with psycopg.connect(self.dsn) as connection:
            heads = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            if not self.is_known(heads):
                return None
            found: dict[Key, list[Row]] = defaultdict(list)
            rows = connection.execute(self.question.encode()).fetchall()
            if not self.are_all(rows):
                raise ValueError("this is not every task instance")
            for *ids, map_index, operator, state, number, _ in rows:
                dag_id, task_id, run_id = map(self.label, ids)
                found[Key(dag_id, task_id, run_id, str(map_index))].append(Row(operator, state, number))
        return found

    def are_all(self, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Whether as many rows came as each of them tells, and any at all."""
        return bool(rows) and rows[0][-1] == len(rows)

    def is_known(self, heads: Sequence[tuple[str]]) -> bool:
        """Whether the database is of an Airflow whose tables are known, by its alembic_version."""
        return len(heads) == 1 and heads[0][0] in HEADS

    def label(self, value: str) -> str:
        """Write an id as the operator does."""
        return make_safe_label_value(value)

    def has_no_active(self, rows: Sequence[Row]) -> bool:
        """Step 5, the first rule: every task instance that it can be is known, and is over."""
        return bool(rows) and all(row.state in TERMINAL for row in rows)

    def is_over(self, pod: Pod, rows: Sequence[Row]) -> bool:
        """Step 5, beside the rule: no row is older than the pod, as those of a database that lags behind may be."""
        return self.has_no_active(rows) and not any(row.try_number < self.number(pod) for row in rows)

    def is_old_retry(self, pod: Pod, rows: Sequence[Row], fellows: Sequence[Pod]) -> bool:
        """Step 6, the second rule: the try that runs has a pod of its own, and it is not this."""
        running = [row.try_number for row in rows if row.state in ("running", "deferred")]
        numbers = {int(fellow["metadata"]["labels"]["try_number"]) for fellow in fellows}
        return len(rows) == len(running) == 1 and running[0] in numbers and self.number(pod) < running[0]

    def number(self, pod: Pod) -> int:
        """The try by the label."""
        return int(pod["metadata"]["labels"].get("try_number", "0"))

    def end(self, pod: Pod) -> bool:
        """Step 7: delete what was judged, and nothing that has taken its place; False for a request that failed."""
        metadata = pod["metadata"]
        judged = {name: metadata[name] for name in ("uid", "resourceVersion")}
        try:
            self.api.call("DELETE", self.path(pod), {"preconditions": judged, **self.options})
        except urllib.error.HTTPError as error:
            error.close()
            return error.code in (404, 409)
        return True

    def path(self, pod: Pod) -> str:
        """Where the pod is."""
        return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
