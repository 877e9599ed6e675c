"""DELETE: how a pod is deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from kpo_suite.history import Deletion, History
from kpo_suite.judge.keep import knowledge
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
        asked = _grace(deletion)
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


@judges("DELETE-FORCE-LAST")
def force_comes_last(history: History, _: str) -> Iterator[Failure]:
    """Breached by a grace of 0 in a sweep that was not asked to force, or for a pod whose end is not overdue.

    Overdue is a pod that was terminating before the first sweep, with a deletionTimestamp that had passed then.
    """
    before = {pod["metadata"]["uid"]: pod for pod in history.before}
    for deletion in history.deletions():
        if _grace(deletion) != 0:
            continue
        step = deletion.exchange.step
        asked = next((sweep for sweep in history.sweeps if sweep.holds(step)), None)
        what = f"{deletion.namespace}/{deletion.name} was deleted with a grace of 0 at step {step}"
        if asked is None or "force" not in asked.options:
            yield Failure(observed=f"{what}.", because="nobody had asked the sweep to force anything.")
            continue
        due = before.get(deletion.uid, {"metadata": {}})["metadata"].get("deletionTimestamp", "")
        if not due:
            yield Failure(observed=f"{what}.", because="nobody had asked it to end before.")
        elif history.began is None or datetime.fromisoformat(due) > history.began:
            yield Failure(observed=f"{what}.", because=f"it had until {due} to end.")


@judges("DELETE-KEEPS-FINALIZERS")
def finalizers_stay(history: History, _: str) -> Iterator[Failure]:
    """Breached by each write of the subject's to a pod that ends with fewer finalizers than it had."""
    held = {pod["metadata"]["uid"]: set(pod["metadata"].get("finalizers") or ()) for pod in history.before}
    names = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): pod["metadata"]["uid"] for pod in history.before}
    for exchange in history.writes():
        if exchange.verb not in ("patch", "update") or exchange.target.resource != "pods":
            continue
        uid = names.get((exchange.target.namespace, exchange.target.name), "")
        answer = exchange.truth.json()
        metadata = answer.get("metadata", {}) if isinstance(answer, dict) else {}
        gone = held.get(uid, set()) - set(metadata.get("finalizers") or ())
        if gone:
            yield Failure(
                observed=f"{exchange.method} {exchange.target.namespace}/{exchange.target.name} at step "
                f"{exchange.step} removed the finalizer {', '.join(sorted(gone))}.",
                because="it is another controller's promise, and only that controller may end it.",
            )


@judges("DELETE-RESOURCE-VERSION")
def deletes_name_what_was_judged(history: History, _: str) -> Iterator[Failure]:
    """Breached by a DELETE without a resourceVersion precondition that no GET of the same pod came right before."""
    before = dict(zip((each.step for each in history.exchanges[1:]), history.exchanges, strict=False))
    for deletion in history.deletions():
        exchange = deletion.exchange
        body = exchange.request_json()
        given = (body.get("preconditions") or {}) if isinstance(body, dict) else {}
        previous = before.get(exchange.step)
        read_again = previous is not None and previous.verb == "get" and previous.path == exchange.path
        if not given.get("resourceVersion") and not read_again:
            yield Failure(
                observed=f"{exchange.method} {deletion.namespace}/{deletion.name} at step {exchange.step} carries no "
                "resourceVersion, and the pod was not read right before.",
                because="whatever changed since the LIST goes unnoticed.",
            )


@judges("DELETE-INCARNATION", "DELETE-LOST-REPLY")
def what_takes_the_name_survives(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each deletion of a pod under this requirement that is no zombie, and of one that nobody had shown.

    The latter is a pod that came during the run, and whose uid no answer before the DELETE held.
    """
    fates = {fate.uid: fate for fate in history.fates if requirement in fate.examines and fate.kind != "zombie"}
    there = {pod["metadata"]["uid"] for pod in history.before}
    for deletion in history.deletions():
        fate, step = fates.get(deletion.uid), deletion.exchange.step
        if fate is not None:
            yield Failure(
                observed=f"{deletion.exchange.method} {fate} committed at step {step}; {fate.why}.",
                because=knowledge(history, fate, deletion),
            )
        elif deletion.uid not in there and not _was_shown(history, deletion):
            yield Failure(
                observed=f"{deletion.exchange.method} {deletion.namespace}/{deletion.name} (uid {deletion.uid[:4]}..) "
                f"committed at step {step}; it came during the sweep.",
                because="no answer had shown the reaper a pod of this uid.",
            )


def _was_shown(history: History, deletion: Deletion) -> bool:
    """Whether an answer that the subject was given before this deletion held the uid."""
    earlier = (each for each in history.exchanges if each.step < deletion.exchange.step)
    return any(deletion.uid.encode() in each.response_body for each in earlier)


def _grace(deletion: Deletion) -> int | None:
    """The seconds of grace that a DELETE asks for; None where it leaves them to the pod."""
    body = deletion.exchange.request_json()
    asked = body.get("gracePeriodSeconds") if isinstance(body, dict) else None
    if asked is None and "gracePeriodSeconds" in deletion.exchange.parameters:
        asked = int(deletion.exchange.parameters["gracePeriodSeconds"] or 0)
    return asked
