"""Airflow's REST API as a state source: DAG ids, then runs, then task instances, in a few large lists.

Labels cannot be decoded, so ids are listed, encoded and compared. The number of requests grows with the pages of these
lists and not with the pods. Nothing is written, and every error means that nothing was read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from urllib.parse import quote

import httpx2
import msgspec

from kpo_reaper.airflow_versions import RestGeneration
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import StateSourceError
from kpo_reaper.labels import label_of, tail_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, StoredPod, TaskInstanceFacts
from kpo_reaper.rest_client import Credentials, RestClient
from kpo_reaper.rest_pages import Page, read_whole

__all__ = ["AirflowRest", "Credentials"]

PAGE = 1000
"""Rows asked for at once. Airflow gives fewer where ``[api] maximum_page_limit`` says so, 2.7 to 2.9 may give all."""
LARGEST_PAGE = 10_000
"""Rows of one run asked for at once, so that it is read in one statement: about 13 MB."""
MOST_RUNS = 1000
"""Runs named in one request."""
NO_DAG = "kpo-reaper.asks-whether-it-may-read-every-dag"
"""A dag_id that no one has: whoever may read it may read all."""
POD_IDENTIFIER = "pod_identifier"
"""The key under which KubernetesPodOperator remembers its pod (apache-airflow-providers-cncf-kubernetes 10.20)."""

Run = tuple[str, str]
"""dag_id and run_id."""


class _Dag(msgspec.Struct):
    dag_id: str


class _Run(msgspec.Struct):
    dag_id: str
    dag_run_id: str


class _Instance(msgspec.Struct, frozen=True):
    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int | None

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.dag_id, self.dag_run_id, self.task_id, self.map_index


class _Dags(msgspec.Struct):
    dags: list[_Dag]
    total_entries: int


class _Runs(msgspec.Struct):
    dag_runs: list[_Run]
    total_entries: int


class _Instances(msgspec.Struct):
    task_instances: list[_Instance]
    total_entries: int


class _Memory(msgspec.Struct):
    key: str
    value: msgspec.Raw


class _Memories(msgspec.Struct):
    task_state_store: list[_Memory]
    total_entries: int


class AirflowRest:
    """Airflow at ``url``, whose REST API is one of /api/v1 (2.7 to 2.11) and /api/v2 (3.0 to 3.3); for one sweep.

    ``timeout`` bounds each request, in seconds. All methods raise StateSourceError and DeadlineError.
    """

    def __init__(self, url: str, credentials: Credentials, *, timeout: float, deadline: Deadline) -> None:
        self._url = url
        self._client = RestClient(url, credentials, request_timeout=timeout, deadline=deadline)
        self._generation: RestGeneration | None = None
        self._dag_ids: list[str] | None = None
        self._recalled: dict[tuple[str, str, str, int, int | None], StoredPod | None] = {}

    @property
    def release(self) -> str:
        """Which Airflow answered the last ``read``, in words; empty before."""
        return f"Airflow {self._client.version} through its REST API at {self._url}" if self._client.version else ""

    def read(self, wanted: Collection[Attempts]) -> Snapshot:
        """Every task instance that one of ``wanted`` fits and that the user may read.

        The lists are not of one moment, but each task instance is as it was at ``as_of`` or later. Raises
        StateSourceError when a list could not be read as a whole, when the Airflow is not of a known version, and when
        it shows no task instance at all.
        """
        return self._client.run(self._read(wanted))

    def recall(
        self, snapshot: Snapshot, instances: Collection[TaskInstanceFacts], tell: Callable[[str], None]
    ) -> Snapshot:
        """The snapshot with the pods that Airflow 3.3 remembers for ``instances``, one request for each."""
        if not instances or self._generation is None or not self._generation.remembers_pods:
            return snapshot
        stored = self._client.run(self._recall(self._generation, instances, tell))
        return msgspec.structs.replace(
            snapshot,
            instances=[
                msgspec.structs.replace(instance, stored_pod=stored[instance]) if instance in stored else instance
                for instance in snapshot.instances
            ],
        )

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._client.close()

    async def _read(self, wanted: Collection[Attempts]) -> Snapshot:
        self._generation = generation = await self._client.generation()
        await self._client.sign(generation)
        if self._dag_ids is None:
            # Once in a sweep: the pods that it judges were there before, so no later DAG has made one of them.
            self._dag_ids = await self._read_dag_ids(generation)
        wanted = frozenset(wanted)
        labels = {attempts.dag for attempts in wanted}
        dag_ids = [dag_id for dag_id in self._dag_ids if label_of(dag_id) in labels]
        runs = await self._read_runs(generation, dag_ids, wanted)
        as_of = clock()
        rows = await self._read_instances(generation, runs, wanted)
        if runs and not rows:
            # Every pod would have lost its row, though its run is there: that is worth a second look.
            as_of = clock()
            rows = await self._read_instances(generation, runs, wanted)
        if not rows:
            await self._require_some_instance(generation)
        instances = [instance for instance in map(_facts, rows) if instance.attempts in wanted]
        # What may be read is asked last: had rights been taken away meanwhile, rows would be missing in silence.
        known = self._dag_ids
        rowless = {attempts.dag for attempts in wanted - {instance.attempts for instance in instances}}
        if any(label_of(dag_id) in rowless for dag_id in dag_ids):
            known = await self._read_dag_ids(generation)
        hides_dags = any(map(tail_of, labels)) and not await self._may_read_every_dag(generation)
        return Snapshot(
            instances=instances,
            dag_ids=frozenset(known),
            plain_tries=generation.plain_tries,
            hides_dags=hides_dags,
            as_of=as_of,
        )

    async def _read_dag_ids(self, generation: RestGeneration) -> list[str]:
        async def page_at(offset: int) -> Page[_Dag]:
            query = {"limit": str(PAGE), "offset": str(offset), "order_by": "dag_id"} | generation.every_dag
            told = await self._client.ask("its DAGs", _Dags, "GET", f"{generation.path}/dags", query=query)
            return Page(told.dags, told.total_entries)

        dags = await read_whole("DAGs", page_at, lambda dag: dag.dag_id, await page_at(0))
        return [dag.dag_id for dag in dags]

    async def _may_read_every_dag(self, generation: RestGeneration) -> bool:
        """Whether the lists hold all there is: they leave out silently what the user may not read.

        A single DAG is refused openly (403), also one that does not exist, unless the user may read any.
        """
        path = f"{generation.path}/dags/{NO_DAG}/dagRuns/~/taskInstances"
        answer = await self._client.answer("GET", path, query={"limit": "1"})
        if answer.status not in (httpx2.codes.OK, httpx2.codes.NOT_FOUND, httpx2.codes.FORBIDDEN):
            raise StateSourceError(f"Airflow at {self._url} did not tell which DAGs may be read: {answer.status}")
        return answer.status != httpx2.codes.FORBIDDEN

    async def _read_runs(
        self, generation: RestGeneration, dag_ids: Sequence[str], wanted: Collection[Attempts]
    ) -> list[Run]:
        """The runs whose labels the pods bear, sorted by DAG."""
        if not dag_ids:
            return []

        async def page_at(offset: int) -> Page[_Run]:
            # A run's id never changes and a new run has a higher one, so it shifts no other.
            body = {"dag_ids": dag_ids, "order_by": "id", "page_limit": PAGE, "page_offset": offset}
            told = await self._client.ask(
                "its DAG runs", _Runs, "POST", f"{generation.path}/dags/~/dagRuns/list", body=body
            )
            return Page(told.dag_runs, told.total_entries)

        rows = await read_whole("DAG runs", page_at, lambda run: (run.dag_id, run.dag_run_id), await page_at(0))
        labels = {(attempts.dag, attempts.run) for attempts in wanted}
        return sorted(
            (run.dag_id, run.dag_run_id) for run in rows if (label_of(run.dag_id), label_of(run.dag_run_id)) in labels
        )

    async def _read_instances(
        self, generation: RestGeneration, runs: Sequence[Run], wanted: Collection[Attempts]
    ) -> list[_Instance]:
        """The task instances of ``runs``, each once, of at least the tasks that the pods' labels can mean."""
        tasks = {attempts.task for attempts in wanted}
        # A label without a tail is the task_id itself.
        task_ids = None if any(map(tail_of, tasks)) else sorted(tasks)
        return [
            row
            for first in range(0, len(runs), MOST_RUNS)
            for row in await self._read_part(generation, runs[first : first + MOST_RUNS], task_ids)
        ]

    async def _read_part(
        self, generation: RestGeneration, runs: Sequence[Run], task_ids: Sequence[str] | None
    ) -> list[_Instance]:
        """The task instances of some runs, each of which is read in one page as long as it fits into one.

        Pages are made of whole runs: by OFFSET, a task instance that is retried meanwhile, and sorted elsewhere by its
        new id, would shift the others; 2.10 and 2.11 do not even sort.
        """
        limit = PAGE

        async def page_at(offset: int) -> Page[_Instance]:
            body: dict[str, object] = {
                "dag_ids": sorted({dag_id for dag_id, _ in runs}),
                "dag_run_ids": sorted({run_id for _, run_id in runs}),
                "page_limit": limit,
                "page_offset": offset,
            }
            if task_ids is not None:
                body["task_ids"] = task_ids
            if generation.sorts_task_instances:
                body["order_by"] = "id"
            path = f"{generation.path}/dags/~/dagRuns/~/taskInstances/list"
            told = await self._client.ask("its task instances", _Instances, "POST", path, body=body)
            return Page(told.task_instances, told.total_entries)

        page = await page_at(0)
        if len(page.rows) < page.total:
            if len(runs) > 1:
                return [
                    row
                    for part in _parts(runs, page.total)
                    for row in await self._read_part(generation, part, task_ids)
                ]
            limit = LARGEST_PAGE
            page = await page_at(0)
        rows = await read_whole("task instances", page_at, lambda row: row.key, page)
        # DAGs and runs are told apart from each other, so a run of another part may have come with these.
        own = set(runs)
        return [row for row in rows if (row.dag_id, row.dag_run_id) in own]

    async def _require_some_instance(self, generation: RestGeneration) -> None:
        path = f"{generation.path}/dags/~/dagRuns/~/taskInstances"
        told = await self._client.ask("its task instances", _Instances, "GET", path, query={"limit": "1"})
        if not told.total_entries:
            raise StateSourceError(
                f"Airflow at {self._url} shows no task instance at all: it is the wrong or a fresh one, "
                "or the user may read none"
            )

    async def _recall(
        self, generation: RestGeneration, instances: Iterable[TaskInstanceFacts], tell: Callable[[str], None]
    ) -> dict[TaskInstanceFacts, StoredPod | None]:
        stored = {}
        for instance in sorted(instances, key=str):
            # One try finds or makes its pod once, at its start: what is remembered for it then stays.
            key = (instance.dag_id, instance.run_id, instance.task_id, instance.map_index, instance.try_number)
            if key not in self._recalled:
                self._recalled[key] = await self._stored_pod(generation, instance, tell)
            stored[instance] = self._recalled[key]
        return stored

    async def _stored_pod(
        self, generation: RestGeneration, instance: TaskInstanceFacts, tell: Callable[[str], None]
    ) -> StoredPod | None:
        """What Airflow remembers, None for nothing; any pod where that cannot be told."""
        dag, run, task = (quote(part, safe="") for part in (instance.dag_id, instance.run_id, instance.task_id))
        path = f"{generation.path}/dags/{dag}/dagRuns/{run}/taskInstances/{task}/state-store"
        query = {"map_index": str(instance.map_index), "limit": "100"}
        answer = await self._client.answer("GET", path, query=query)
        if answer.status == httpx2.codes.NOT_FOUND:
            # Perhaps an id with a slash, which no path can carry.
            return StoredPod(None, None)
        try:
            told = self._client.shaped(answer, f"what it remembers for {instance}", _Memories)
        except StateSourceError as error:
            if answer.status == httpx2.codes.FORBIDDEN or answer.is_redirect:
                raise
            # It fails on a stored value that is no JSON; the pods of other task instances need not wait for that one.
            tell(str(error))
            return StoredPod(None, None)
        found = next((memory for memory in told.task_state_store if memory.key == POD_IDENTIFIER), None)
        if found:
            return StoredPod.from_json(found.value)
        return None if len(told.task_state_store) == told.total_entries else StoredPod(None, None)


def _parts(runs: Sequence[Run], total: int) -> list[list[Run]]:
    """Sorted ``runs`` in parts that will mostly fit into a page, given how many task instances all of them have.

    A part with some runs of one DAG and others of another would also get the other DAG's runs of the same names.
    """
    count = min(len(runs), max(2, -(-total * 3 // (PAGE * 2))))
    size = -(-len(runs) // count)
    parts: list[list[Run]] = []
    for _, group in itertools.groupby(runs, key=lambda run: run[0]):
        of_one_dag = list(group)
        for first in range(0, len(of_one_dag), size):
            piece = of_one_dag[first : first + size]
            if parts and len(parts[-1]) + len(piece) <= size:
                parts[-1] += piece
            else:
                parts.append(piece)
    return parts


def _facts(row: _Instance) -> TaskInstanceFacts:
    return TaskInstanceFacts(
        dag_id=row.dag_id,
        run_id=row.dag_run_id,
        task_id=row.task_id,
        map_index=row.map_index,
        state=row.state,
        try_number=row.try_number,
    )
