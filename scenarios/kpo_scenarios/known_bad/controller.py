"""A controller as one writes it in an afternoon: informed of pods, it reconciles each on its own, and deletes by name.

Nothing of PlainReaper decides here. It looks each task instance up by what the labels can be read as, since they cannot
be decoded: the hash is cut off, and ids are compared by what comes before it.
"""

from __future__ import annotations

import re
import urllib.error
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec

from kpo_scenarios.known_bad.registry import SWEEPING, Family
from kpo_suite.subjects.reaper_file import Claims, Rule

if TYPE_CHECKING:
    import psycopg

    from kpo_scenarios.known_bad.plain import Api, Pod

BEGINS = "starts_with(regexp_replace({0}, '^[^a-zA-Z0-9]+|[^a-zA-Z0-9_.-]', '', 'g'), %s)"
"""A condition of SQL: what is left of an id in a label begins like this."""
NUMBER = re.compile("0|[1-9][0-9]*")
HASH = re.compile(r"-[0-9a-f]{9}$")


class TaskInstance(NamedTuple):
    """The row that a pod was matched with."""

    state: str | None
    try_number: int


class Controller:
    """Reconciles the pods of KubernetesPodOperator one by one."""

    family: ClassVar = Family(
        run=msgspec.structs.replace(SWEEPING, options={"sql": ["--sql"]}),
        claims=Claims(
            features=["multi-namespace", "sql-source"],
            rules=[Rule(api_groups=[""], resources=["pods"], verbs=["get", "list", "delete"])],
        ),
    )
    selector = "kubernetes_pod_operator%3DTrue,%21airflow-worker,%21kubernetes_executor"
    question = "SELECT state, try_number FROM task_instance"
    compared: tuple[str, ...] = ("dag_id", "task_id", "run_id")
    ended = ("success", "failed", "skipped", "upstream_failed", "removed")

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        self.api, self.dsn, self.namespaces = api, dsn, namespaces

    def configure(self, settings: Sequence[str]) -> str:
        """Take no settings but the state source."""
        unknown = [setting for setting in settings if setting != "--sql"]
        return f"no such setting: {' '.join(unknown)}" if unknown else ""

    def sweep(self) -> int:
        """Resynchronise: reconcile everything that there is, and requeue nothing."""
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            requests = [(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in self.informed()]
            failed = [request for request in requests if not self.reconciled(connection, *request)]
        return 1 if failed else 0

    def informed(self) -> Iterator[Pod]:
        """What an informer lists first."""
        for namespace in self.namespaces:
            yield from self.api.call("GET", f"/api/v1/namespaces/{namespace}/pods?labelSelector={self.selector}")[
                "items"
            ]

    def reconciled(self, connection: psycopg.Connection[Any], namespace: str, name: str) -> bool:
        """Read the pod again, look its task instance up, and act; False where the API server would not."""
        where = f"/api/v1/namespaces/{namespace}/pods/{name}"
        try:
            pod = self.api.call("GET", where)
            if self.is_ours(pod):
                found = self.task_instance(connection, pod["metadata"]["labels"])
                if self.is_over(pod, found):
                    self.delete(where, pod)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code == 404
        return True

    def is_ours(self, pod: Pod) -> bool:
        """Ignore what is being deleted, owned or kept, and labels that nothing can be made of."""
        metadata = pod["metadata"]
        found = metadata["labels"]
        return bool(
            not self.is_leaving(pod)
            and not self.is_owned(pod)
            and found.get("already_checked") != "True"
            and all(found.get(name) for name in ("dag_id", "task_id", "run_id"))
            and NUMBER.fullmatch(found.get("map_index", "0"))
            and NUMBER.fullmatch(found.get("try_number", ""))
            and found["try_number"] != "0"
        )

    def is_leaving(self, pod: Pod) -> bool:
        """Whether its deletion has begun."""
        return pod["metadata"].get("deletionTimestamp") is not None

    def is_owned(self, pod: Pod) -> bool:
        """Whether another controller made it."""
        return bool(pod["metadata"].get("ownerReferences"))

    def task_instance(self, connection: psycopg.Connection[Any], found: dict[str, str]) -> TaskInstance | None:
        """The first row whose ids can be those of the labels."""
        conditions = [self.condition(name, found[name]) for name in self.compared]
        question = (
            f"{self.question} WHERE {' AND '.join(conditions)} AND map_index = %s ORDER BY dag_id, run_id LIMIT 1"
        )
        begins = [HASH.sub("", found[name]) for name in self.compared]
        row = connection.execute(question.encode(), [*begins, int(found.get("map_index", "-1"))]).fetchone()
        return None if row is None else TaskInstance(*row)

    def condition(self, column: str, value: str) -> str:
        """Compare by what comes before the hash, or the whole where there is none."""
        return BEGINS.format(column) if HASH.search(value) else f"{column} = %s"

    def is_over(self, pod: Pod, found: TaskInstance | None) -> bool:
        """Whether the task instance has ended; without one there is nothing to say."""
        return found is not None and found.state in self.ended

    def delete(self, where: str, pod: Pod) -> None:
        """Delete by name."""
        self.api.call("DELETE", where)
