"""The recorded truth of one run of one scenario: what comes before the judge adds to it, what comes after reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from kpo_fixtures.clusters.interface import ObjectChange
from kpo_fixtures.faults import NO_FAULTS, Placement, Plan, Step
from kpo_fixtures.gateways import Exchange, Statement, Stray
from kpo_suite.fates import Fate, TaskEnd
from kpo_suite.subjects.reaper_file import Claims
from kpo_suite.subjects.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """One pass of the subject: what it returned and printed, in seconds and bytes cut to text.

    ``exit_code`` is None when it had to be killed after ``timeout`` seconds; negative for a signal, as in subprocess.
    """

    ordinal: int
    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    first_step: int
    last_step: int
    began: float = 0.0
    """On the gateways' monotonic clock, in seconds."""
    timeout: float
    options: Sequence[str] = ()
    """What it was asked to be, as ``dry-run``."""
    extra: Sequence[str] = ()
    """Further arguments that it was given."""
    refused: bool = False
    """Whether the subject had to refuse it."""
    statements: Sequence[Statement] = ()
    """What it asked Airflow's database."""
    rest: int = 0
    """How many requests it sent to Airflow's REST API."""
    by: str = ""
    """Who made it: empty for the subject, else as ``Exchange.by``."""
    faulty: bool = False
    """Whether faults or changes of the world were put between its steps; it need not complete then."""
    watch: Watch | None = None
    """What was seen of a daemon during it."""
    memory: int | None = None
    """Bytes that it held at once at the most, as in ``Outcome``; known of a process that made one sweep alone."""
    proxied: Sequence[str] = ()
    """What it asked of the proxy that its environment led it to, by method and target."""

    def holds(self, step: int) -> bool:
        """Whether a step of the timeline, by its ordinal, was taken in this sweep."""
        return self.first_step <= step <= self.last_step

    @property
    def completed(self) -> bool:
        """Whether it ended as it had to: over its whole scope without a failure, or by a refusal that was due."""
        if self.refused:
            return self.exit_code is not None and self.exit_code > 0
        return self.exit_code == 0

    @property
    def failure(self) -> str:
        """Why the sweep did not complete, as the end of a sentence; empty when it did."""
        if self.exit_code is None:
            return f"hung: it was still running after {self.timeout:g} s and was killed"
        if self.exit_code < 0:
            return f"died of signal {-self.exit_code}"
        if self.refused:
            asked = f" with {' '.join(self.extra)}" if self.extra else ""
            return "" if self.exit_code else f"ended with exit code 0 although it had to be refused{asked}"
        if self.exit_code:
            last = (self.stderr.strip() or self.stdout.strip()).rpartition("\n")[2]
            said = f", saying: {last[:200]}" if last else ", saying nothing"
            return f"ended with exit code {self.exit_code}{said}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """One incarnation of a pod that a committed request of the subject removed or set terminating."""

    namespace: str
    name: str
    uid: str
    exchange: Exchange


@dataclass(frozen=True, kw_only=True)
class History:
    """Fates, sweeps, exchanges and object changes of one run.

    ``before`` and ``after`` hold the pods as stored before the first and after the last sweep; ``ends`` how the tasks
    of a live world ended. ``claims`` is what the subject states of itself, ``secrets`` what it must not print;
    ``began`` is the moment of the first sweep (UTC), None in a live world.
    """

    fates: Sequence[Fate]
    sweeps: Sequence[Sweep]
    exchanges: Sequence[Exchange]
    rest: Sequence[Exchange] = ()
    """The requests to Airflow's REST API; ``exchanges`` are those to the Kubernetes API."""
    strays: Sequence[Stray] = ()
    """The requests to another host that followed a redirect, of whichever API."""
    changes: Sequence[ObjectChange] = ()
    before: Sequence[Mapping[str, Any]] = ()
    after: Sequence[Mapping[str, Any]] = ()
    ends: Sequence[TaskEnd] = ()
    claims: Claims = field(default_factory=Claims)
    secrets: Sequence[str] = ()
    began: datetime | None = None
    steps: Sequence[Step] = ()
    """Every request and query of the subject over all gateways, with the faults that were injected there."""
    plan: Plan = NO_FAULTS
    """The faults that were to be injected, the scenario's own first."""
    unreached: Sequence[str] = ()
    """Those of them, and those changes of the world, that the subject never came to."""
    company: Sequence[Sweep] = ()
    """The sweeps that a second subject of the same kind made while the first made its own."""
    expected: Sequence[str] | None = None
    """``namespace/name`` of the zombies that a run without these faults took; None: all are to be taken."""

    @property
    def faulty_sweeps(self) -> Sequence[Sweep]:
        """The sweeps between whose steps something was put."""
        return [sweep for sweep in self.sweeps if sweep.faulty]

    def injected(self) -> Iterator[tuple[Step, Placement]]:
        """The faults that were really injected, with their steps, in order."""
        for step in self.steps:
            for placement in step.faults:
                yield step, placement

    def requests(self, *, verb: str | None = None, resource: str | None = None) -> Iterator[Exchange]:
        """The subject's requests in their order, narrowed by verb (as RBAC names it) and resource."""
        for exchange in self.exchanges:
            if verb in (None, exchange.verb) and resource in (None, exchange.target.resource):
                yield exchange

    def writes(self) -> Iterator[Exchange]:
        """The subject's committed writes."""
        return iter(self._committed)

    def deletions(self) -> Sequence[Deletion]:
        """Every pod incarnation that the subject deleted, in the order of its requests; each request counted anew."""
        return self._deletions

    @cached_property
    def _deletions(self) -> Sequence[Deletion]:
        # Asked for once for each fate and rule; reading the answers anew each time would be quadratic.
        found: list[Deletion] = []
        for exchange in self.writes():
            if exchange.target.resource != "pods":
                continue
            if exchange.verb == "deletecollection":
                found += self._collected(exchange)
            elif exchange.verb == "delete" and not exchange.target.subresource:
                found.append(_deletion(exchange, _answered(exchange)))
            elif exchange.target.subresource == "eviction":
                found += self._evicted(exchange)
        return found

    def deleted(self, fate: Fate) -> Deletion | None:
        """The subject's first deletion of this incarnation, None when it left it alone."""
        return self._first_deletions.get(fate.uid)

    def taken(self) -> list[str]:
        """``namespace/name`` of the zombies that are gone or terminating after the last sweep."""
        return [fate.pod for fate in self.fates if fate.kind == "zombie" and not self.stayed(fate)]

    def listed(self, fate: Fate) -> Exchange | None:
        """The first answer in which the subject was shown this pod by LIST."""
        for exchange in self.requests(verb="list", resource="pods"):
            if fate.uid.encode() in exchange.response_body:
                return exchange
        return None

    def label(self, fate: Fate, name: str) -> str:
        """A label of the pod as it was before the first sweep, empty where it had none."""
        pod = self._pods_before.get(fate.uid)
        return "" if pod is None else str((pod["metadata"].get("labels") or {}).get(name, ""))

    def pod(self, fate: Fate) -> Mapping[str, Any] | None:
        """The pod as it is after the last sweep, None when this incarnation is gone."""
        return self._pods_after.get(fate.uid)

    def stayed(self, fate: Fate) -> bool:
        """Whether this incarnation is still there after the last sweep, and not even terminating."""
        pod = self.pod(fate)
        return pod is not None and "deletionTimestamp" not in pod["metadata"]

    # A world may hold thousands of pods, and each rule asks for each of them.

    @cached_property
    def _committed(self) -> Sequence[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.committed]

    @cached_property
    def _first_deletions(self) -> Mapping[str, Deletion]:
        return {deletion.uid: deletion for deletion in reversed(self.deletions())}

    @cached_property
    def _pods_before(self) -> Mapping[str, Mapping[str, Any]]:
        return {pod["metadata"]["uid"]: pod for pod in self.before}

    @cached_property
    def _pods_after(self) -> Mapping[str, Mapping[str, Any]]:
        return {pod["metadata"]["uid"]: pod for pod in self.after}

    def _collected(self, exchange: Exchange) -> list[Deletion]:
        """A collection is answered with its pods or with a bare Status: take the changes, which do not lie."""
        found: dict[str, Deletion] = {}
        for metadata in self._ended_pods():
            if exchange.target.namespace in ("", metadata.get("namespace")):
                found.setdefault(metadata["uid"], _deletion(exchange, metadata))
        return list(found.values())

    def _evicted(self, exchange: Exchange) -> list[Deletion]:
        """An eviction is answered without a uid: take the change that made the pod terminating."""
        where = (exchange.target.namespace, exchange.target.name)
        ended = (each for each in self._ended_pods() if (each.get("namespace"), each["name"]) == where)
        return [_deletion(exchange, metadata) for metadata in islice(ended, 1)]

    def _ended_pods(self) -> Iterator[Mapping[str, Any]]:
        """The metadata of pods in each change that removed one or shows it terminating, oldest first."""
        for change in self.changes:
            metadata = change.object["metadata"]
            if change.resource == "pods" and (change.type == "DELETED" or "deletionTimestamp" in metadata):
                yield metadata


def _answered(exchange: Exchange) -> Mapping[str, Any]:
    """The metadata in the answer to a DELETE: of the pod itself, or the details of a Status."""
    answer = exchange.truth.json()
    if not isinstance(answer, dict):
        return {}
    found = answer.get("details") if answer.get("kind") == "Status" else answer.get("metadata")
    return found if isinstance(found, dict) else {}


def _deletion(exchange: Exchange, metadata: Mapping[str, Any]) -> Deletion:
    return Deletion(
        namespace=exchange.target.namespace or str(metadata.get("namespace", "")),
        name=exchange.target.name or str(metadata.get("name", "")),
        uid=str(metadata.get("uid", "")),
        exchange=exchange,
    )
