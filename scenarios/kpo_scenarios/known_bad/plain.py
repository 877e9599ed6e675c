"""A small reaper that gets every replay scenario right: what the known-bad reapers are variations of.

It is plain on purpose and no example to follow: it takes its own clock's word for ages, never tries again and reads the
whole table. The reference reaper is kpo-reaper.
"""

from __future__ import annotations

import base64
import json
import re
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec

from kpo_fixtures.airflow.labels import make_safe_label_value
from kpo_fixtures.gateways.exchange import asked_pause
from kpo_suite.subjects.reaper_file import Breaker

_label = cache(make_safe_label_value)  # asked for each pod and row

Pod = dict[str, Any]
IDENTITY = ("dag_id", "task_id", "run_id", "try_number")
KNOWN_HEADS = frozenset(
    (
        "405de8318b3a",
        "88344c1d9134",
        "686269002441",
        "5f2621c13b39",
        "fe199e1abd77",
        "509b94a1042d",
        "1d6611b6ab7c",
        "d2f4e1b3c5a7",
    )
)
"""alembic_version of Airflow 2.7 to 3.3; 2.10 and 2.11 have the same."""
TAKEN_BACK = frozenset(("405de8318b3a", "88344c1d9134", "686269002441"))
"""Those of 2.7 to 2.9, where a deferred task instance shows the try before its own."""
FINISHED = frozenset(("success", "failed", "skipped", "upstream_failed", "removed"))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A row of task_instance."""

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    state: str | None
    operator: str


Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", max_length=253)]
Word = Annotated[str, msgspec.Meta(min_length=1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Owner(msgspec.Struct):
    """What is asked of an owner."""

    controller: bool | None = None


class Metadata(msgspec.Struct, rename="camel"):
    """What is asked of a pod's metadata."""

    name: Name
    namespace: Name
    uid: Word
    resource_version: Word
    creation_timestamp: Moment
    labels: dict[str, str]
    annotations: dict[str, str] | None = None
    owner_references: list[Owner] | None = None


class Status(msgspec.Struct, rename="camel"):
    """What is asked of a pod's status."""

    phase: Literal["Pending", "Running", "Succeeded", "Failed", "Unknown"]
    container_statuses: list[dict[str, Any]] | None = None


class Shape(msgspec.Struct):
    """What a pod must have, to be judged."""

    metadata: Metadata
    status: Status


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would take the token along; such an answer is an HTTPError."""

    def redirect_request(self, *_: Any) -> None:
        """Go nowhere."""


class Api:
    """The Kubernetes API by a kubeconfig with a token."""

    pauses = 3
    """How often a request is sent again because a pause was asked for."""
    timeout: float | None = 20.0
    """Seconds that each piece of an answer may take."""

    def __init__(self, kubeconfig: Path) -> None:
        import yaml

        document = yaml.load(kubeconfig.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        cluster = document["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._context = ssl.create_default_context(cadata=authority)
        self.follow(NoRedirect())
        self._server = cluster["server"]
        self._token = document["users"][0]["user"]["token"]
        self.namespace = str(document["contexts"][0]["context"]["namespace"])

    def follow(self, redirects: urllib.request.HTTPRedirectHandler) -> None:
        """Let redirects be followed by this handler."""
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context), redirects)

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """Send one request, again after each pause that is asked for; the answer's JSON. Raises HTTPError."""
        for _ in range(self.pauses):
            try:
                return self.send(method, path, body, content_type)
            except urllib.error.HTTPError as error:
                pause = self.pause(error)
                if pause is None:
                    raise
                error.close()
            time.sleep(pause)
        return self.send(method, path, body, content_type)

    def pause(self, error: urllib.error.HTTPError) -> float | None:
        """The seconds that an answer asks to wait; None where it does not."""
        return asked_pause(error.code, error.headers.get("Retry-After", ""), datetime.now(UTC))

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """Send one request and return the answer's JSON. Raises urllib.error.HTTPError."""
        request = urllib.request.Request(  # noqa: S310 - the kubeconfig says where to
            self._server + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": content_type},
        )
        with self._opener.open(request, timeout=self.timeout) as answer:
            return json.load(answer)


class PlainReaper:
    """Pods first, then the database, then one DELETE with preconditions for each zombie, the oldest first."""

    selector = "kubernetes_pod_operator=True"
    page = 500
    minimum_age = 300.0
    terminal_age = 300.0
    deadline = 60
    cluster_uid = ""
    budget = 100
    breaker = Breaker(share=0.5, floor=50)
    opt_out = "plain-reaper/keep"
    preconditions: tuple[str, ...] = ("uid", "resourceVersion")
    at_work: tuple[str, ...] = ("running",)
    """The states in which a row shows the try that its pod was made for."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        self.api, self.dsn, self.namespaces = api, dsn, namespaces
        self.dry_run = self.exclusive = self.force = self.failed = False

    def configure(self, settings: Sequence[str]) -> str:
        """Take the settings of one sweep; what is wrong with them, or an empty text."""
        for setting in settings:
            name, _, value = setting.removeprefix("--").partition("=")
            if name in ("sql", "rest"):
                continue
            if name == "cluster-uid" and value:
                self.cluster_uid = value
                continue
            if name in ("dry-run", "force") and not value:
                setattr(self, name.replace("-", "_"), True)
            elif name == "exclusive-scope" and not value:
                self.exclusive = True
            elif name in ("budget", "minimum-age", "deadline") and self.is_sane(value):
                setattr(self, name.replace("-", "_"), int(value))
            else:
                return f"{setting} cannot be"
        return ""

    def is_sane(self, value: str) -> bool:
        """Whether a number can be a setting: whole and above zero."""
        return value.isdigit() and int(value) > 0

    def sweep(self) -> int:
        """Make one pass over the namespaces and return the exit code."""
        end_within(self.deadline)
        if self.cluster_uid and self.is_elsewhere():
            return self.refuse("this is another cluster")
        pods = self.list_pods()
        if not self.knows_airflow():
            return self.refuse("this database is of no Airflow that I know")
        instances = self.read_instances()
        if not self.is_plausible(instances):
            return self.refuse("Airflow has not one task instance")
        zombies = [pod for pod in pods if not self.spares(pod) and self.is_zombie(pod, instances, pods)]
        if self.is_implausible(len(zombies), len(pods)):
            return self.refuse(f"{len(zombies)} of {len(pods)} pods look like zombies")
        chosen = self.choose(zombies)
        for pod in chosen:
            fitting = [instance for instance in instances if self.fits(pod, instance)]
            if self.dry_run:
                self.tell("would-delete", pod, fitting)
            elif self.delete(pod):
                self.tell("deleted", pod, fitting)
        self.print({"budget_reached": len(chosen) < len(zombies)})
        return 1 if self.failed else 0

    def is_elsewhere(self) -> bool:
        """Whether the kubeconfig leads to another cluster than the one that was named."""
        found = self.api.call("GET", "/api/v1/namespaces/kube-system")
        return bool(found["metadata"]["uid"] != self.cluster_uid)

    def refuse(self, why: str) -> int:
        """End a sweep that decides nothing, with its exit code."""
        sys.stderr.write(f"plain: {why}\n")
        return 1

    def print(self, line: dict[str, Any]) -> None:
        """Print one object of the report."""
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def is_implausible(self, zombies: int, pods: int) -> bool:
        """Whether so many pods look like zombies that it is likelier that something else is wrong."""
        return zombies > self.breaker.floor and zombies > self.breaker.share * pods

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """The zombies that this sweep's budget is for."""
        return sorted(zombies, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))[: self.budget]

    def tell(self, outcome: str, pod: Pod, fitting: Sequence[Instance]) -> None:
        """Report one decision as a line of JSON."""
        metadata = pod["metadata"]
        why = ", ".join(f"{instance.task_id} is {instance.state}" for instance in fitting) or "no task instance fits"
        line = {
            "outcome": outcome,
            "namespace": metadata["namespace"],
            "pod": metadata["name"],
            "uid": metadata["uid"],
            "task_instance": {name: labels(pod).get(name) for name in (*IDENTITY, "map_index")},
            "reason": why,
        }
        self.print(line)

    def list_pods(self) -> list[Pod]:
        """The pods of the scope that the selector catches; a namespace that cannot be listed makes the sweep fail."""
        found: list[Pod] = []
        for name in self.namespaces:
            try:
                found += self.list_namespace(f"/api/v1/namespaces/{name}/pods")
            except urllib.error.HTTPError as error:
                self.fail(error)
        return found

    def fail(self, error: urllib.error.HTTPError) -> None:
        """Note that the API server refused a part of the sweep; the others go on."""
        with error:
            sys.stderr.write(f"plain: {error.url} was answered {error.code}\n")
        self.failed = True

    def list_namespace(self, where: str) -> list[Pod]:
        """Every page of one LIST."""
        found: list[Pod] = []
        token = ""
        seen = {token}
        while True:
            answer = self.ask_for_page(where, token)
            found += self.page_of(answer)
            token = answer["metadata"].get("continue", "")
            if not token:
                return found
            if self.is_circle(token, seen):
                raise ValueError(f"listing {where} goes in circles")
            seen.add(token)

    def is_circle(self, token: str, seen: Container[str]) -> bool:
        """Whether a token leads back to a page that was there already."""
        return token in seen

    def ask_for_page(self, where: str, token: str) -> Any:
        """One page of a LIST."""
        query = f"?limit={self.page}&labelSelector={quote(self.selector)}&continue={quote(token)}"
        return self.api.call("GET", where + query)

    def page_of(self, answer: Any) -> list[Pod]:
        """The pods of one page."""
        if answer["kind"] != "PodList" or not isinstance(answer["items"], list):
            raise ValueError("this is no list of pods")
        return [pod for pod in answer["items"] if not self.is_odd(pod)]

    def is_odd(self, pod: Any) -> bool:
        """Whether it has not the shape of a pod, so that nothing can be said of it."""
        try:
            msgspec.convert(pod, Shape)
        except msgspec.ValidationError:
            return True
        return False

    def knows_airflow(self) -> bool:
        """Whether the database is that of an Airflow whose tables are known."""
        head = self.ask("SELECT version_num FROM alembic_version")[0][0]
        self.at_work = ("running",) if head in TAKEN_BACK else ("running", "deferred")
        return head in KNOWN_HEADS

    def read_instances(self) -> list[Instance]:
        """Every row of task_instance."""
        columns = "dag_id, task_id, run_id, map_index, try_number, state, operator"
        rows = self.ask(f"SELECT {columns}, count(*) OVER () FROM task_instance")  # noqa: S608 - constants
        if not self.is_whole(len(rows), rows[0][-1] if rows else 0):
            raise ValueError(f"{rows[0][-1]} task instances were told and {len(rows)} came")
        return [Instance(**dict(zip(columns.split(", "), row[:-1], strict=True))) for row in rows]

    def is_whole(self, came: int, told: int) -> bool:
        """Whether all came that there are."""
        return came == told

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Whether Airflow can be in this state: one that makes pods has task instances."""
        return bool(instances)

    def known_dags(self) -> list[str]:
        """The ids of the DAGs that Airflow knows."""
        return [row[0] for row in self.ask("SELECT dag_id FROM dag")]

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database one question."""
        import psycopg

        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()

    def spares(self, pod: Pod) -> bool:
        """Whether the pod is nobody's to judge: foreign, kept, terminating, or without a whole identity."""
        return (
            self.is_worker(pod)
            or self.is_controlled(pod)
            or self.is_retained(pod)
            or self.is_terminating(pod)
            or self.is_malformed(pod)
            or self.is_opted_out(pod)
        )

    def is_worker(self, pod: Pod) -> bool:
        """A worker pod of KubernetesExecutor."""
        return "kubernetes_executor" in labels(pod) or "airflow-worker" in labels(pod)

    def is_controlled(self, pod: Pod) -> bool:
        """A pod of a Job, a ReplicaSet or another controller."""
        return any(owner.get("controller") for owner in pod["metadata"].get("ownerReferences", ()))

    def is_retained(self, pod: Pod) -> bool:
        """A pod that its operator was told to keep."""
        return labels(pod).get("already_checked") == "True"

    def is_terminating(self, pod: Pod) -> bool:
        """A pod that somebody deleted already."""
        return "deletionTimestamp" in pod["metadata"]

    def is_malformed(self, pod: Pod) -> bool:
        """A pod whose labels name no task instance."""
        found = labels(pod)
        whole = all(found.get(name) for name in IDENTITY) and re.fullmatch(r"[1-9]\d*", found["try_number"])
        return not whole or not re.fullmatch(r"0|[1-9]\d*", found.get("map_index", "0"))

    def is_opted_out(self, pod: Pod) -> bool:
        """A pod whose annotation asks to keep it."""
        return (pod["metadata"].get("annotations") or {}).get(self.opt_out) == "true"

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Whether every task instance that the labels fit is over, or has overtaken the pod."""
        fitting = [instance for instance in instances if self.fits(pod, instance)]
        if not fitting:
            return self.is_rowless(pod, instances)
        if any(not self.is_over(instance) for instance in fitting):
            return len(fitting) == 1 and self.is_overtaken(pod, fitting[0], pods)
        return self.is_settled(pod) and not any(self.is_behind(instance, pod) for instance in fitting)

    def is_behind(self, instance: Instance, pod: Pod) -> bool:
        """Whether the row is older than the pod: it shows a try before the one that the pod was made for."""
        return "deferred" in self.at_work and instance.try_number < number(pod)

    def is_settled(self, pod: Pod) -> bool:
        """Whether it still runs, or ended so long ago that nobody comes back to read it."""
        return pod["status"]["phase"] not in ("Succeeded", "Failed") or age(ended(pod)) >= self.terminal_age

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Whether the pod has lost its row: only where the scope is this Airflow's alone and the DAG is its own."""
        known = {self.label(dag_id) for dag_id in self.known_dags()} if self.exclusive else set()
        return labels(pod)["dag_id"] in known and age(pod["metadata"]["creationTimestamp"]) >= self.minimum_age

    def fits(self, pod: Pod, instance: Instance) -> bool:
        """Whether the pod's identity labels are those of the task instance."""
        return all(labels(pod).get(name) == self.label(getattr(instance, name)) for name in IDENTITY[:3]) and (
            self.map_index(pod) == instance.map_index
        )

    def label(self, value: str) -> str:
        """An id as Airflow writes it into a label."""
        return _label(value)

    def map_index(self, pod: Pod) -> int:
        """The map index; a pod without the label is that of a task which is not mapped."""
        return int(labels(pod).get("map_index", "-1"))

    def is_over(self, instance: Instance) -> bool:
        """Whether the task instance has ended."""
        return instance.state in FINISHED

    def is_overtaken(self, pod: Pod, instance: Instance, pods: Iterable[Pod]) -> bool:
        """Whether a newer try of the task instance runs on a pod of its own."""
        return instance.state in self.at_work and any(
            self.fits(other, instance) and int(labels(other)["try_number"]) == instance.try_number
            for other in pods
            if not self.is_malformed(other) and number(pod) < number(other)
        )

    def delete(self, pod: Pod) -> bool:
        """Delete this incarnation, as it was listed, with its own grace; whether the API server committed it."""
        preconditions = {name: pod["metadata"][name] for name in self.preconditions}
        try:
            self.api.call("DELETE", path(pod), {"preconditions": preconditions})
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                error.close()
            else:
                self.fail(error)
            return False
        return True


class OverdueError(Exception):
    """The time of the sweep is up."""


def end_within(seconds: float) -> None:
    """Let OverdueError end this process so many seconds from now, whatever it waits for."""

    def end(*_: object) -> None:
        raise OverdueError(f"{seconds:g} s have passed")

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def labels(pod: Pod) -> dict[str, str]:
    """The pod's labels; none is an empty mapping."""
    return pod["metadata"].get("labels") or {}


def number(pod: Pod) -> int:
    """The try that the pod was made for."""
    return int(labels(pod)["try_number"])


def path(pod: Pod) -> str:
    """The pod's path in the API."""
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def ended(pod: Pod) -> str:
    """When its last container ended."""
    ends = [
        status["state"]["terminated"]["finishedAt"]
        for status in pod["status"].get("containerStatuses", ())
        if "terminated" in status["state"]
    ]
    return max(ends, default=str(pod["metadata"]["creationTimestamp"]))


def age(moment: str) -> float:
    """Seconds since then."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
