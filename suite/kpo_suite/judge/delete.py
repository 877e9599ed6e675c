"""DELETE: how a pod is deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kpo_suite.history import History
from kpo_suite.judge.rules import Failure, judges

_OWN_WRITES = {
    ("pods", "delete"),
    ("pods/eviction", "create"),
    ("events", "create"),
    ("leases", "create"),
    ("leases", "update"),
}


@judges("DELETE-ONE-POD")
def every_delete_names_one_pod(history: History, _: str) -> Iterator[Failure]:
    """Breached by a DELETE without a name, answered or not: sent, it is a collection's."""
    for exchange in history.requests(verb="deletecollection", resource="pods"):
        where = f"namespace {exchange.target.namespace}" if exchange.target.namespace else "every namespace"
        yield Failure(
            observed=f"{exchange.method} {exchange.path} at step {exchange.step} deletes the collection of {where}.",
            because="the request names no pod.",
        )


@judges("DELETE-NOTHING-ELSE")
def only_own_writes(history: History, _: str) -> Iterator[Failure]:
    """Breached by each write, refused or not, that is no deletion of a pod, no event and no lease."""
    for exchange in history.exchanges:
        target = exchange.target
        what = "/".join(part for part in (target.resource, target.subresource) if part)
        reviews = target.group == "authorization.k8s.io"  # a question, though it is a POST
        if exchange.verb in ("get", "list", "watch", "deletecollection") or reviews:
            continue
        if (what, exchange.verb) not in _OWN_WRITES:
            yield Failure(
                observed=f"{exchange.method} {exchange.path} at step {exchange.step} writes {what}.",
                because="a reaper deletes or evicts pods, writes events and its own lease, and nothing else.",
            )


@judges("DELETE-GRACEFULLY")
def running_pods_keep_their_grace(history: History, _: str) -> Iterator[Failure]:
    """Breached by a DELETE of a Running pod that shortens the grace period which the pod itself asks for."""
    before = {pod["metadata"]["uid"]: pod for pod in history.before}
    seen: set[str] = set()
    for deletion in history.deletions():
        pod = before.get(deletion.uid)
        if pod is None or deletion.uid in seen or pod.get("status", {}).get("phase") != "Running":
            continue
        seen.add(deletion.uid)
        own = pod["spec"].get("terminationGracePeriodSeconds", 30)
        body = deletion.exchange.request_json()
        asked = body.get("gracePeriodSeconds") if isinstance(body, dict) else None
        if asked is None and "gracePeriodSeconds" in deletion.exchange.parameters:
            asked = int(deletion.exchange.parameters["gracePeriodSeconds"] or 0)
        if asked is not None and asked < own:
            yield Failure(
                observed=f"{deletion.namespace}/{deletion.name} was deleted with {asked} s of grace at step "
                f"{deletion.exchange.step}; the pod asks for {own} s.",
                because="its first DELETE set gracePeriodSeconds.",
            )


@judges("DELETE-ONCE")
def terminating_pods_are_left_alone(history: History, _: str) -> Iterator[Failure]:
    """Breached by a second committed DELETE of an incarnation, and by one of a pod that was terminating before."""
    terminating = {pod["metadata"]["uid"] for pod in history.before if "deletionTimestamp" in pod["metadata"]}
    counts = Counter(deletion.uid for deletion in history.deletions())
    for deletion in history.deletions():
        again = counts.pop(deletion.uid, 0)
        if deletion.uid in terminating:
            yield Failure(
                observed=f"{deletion.exchange.method} {deletion.namespace}/{deletion.name} at step "
                f"{deletion.exchange.step}; it was terminating already.",
                because="the listed pod carried a deletionTimestamp.",
            )
        elif again > 1:
            yield Failure(
                observed=f"{deletion.namespace}/{deletion.name} was sent {again} DELETEs in "
                f"{len(history.sweeps)} sweeps.",
                because="the first one had set it terminating.",
            )
