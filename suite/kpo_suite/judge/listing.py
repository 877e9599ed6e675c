"""API: what a reaper makes of LISTs that expire, break off, never end or are not of the present."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import Deletion, History, Sweep
from kpo_suite.judge.keep import live_and_kept_pods_survive
from kpo_suite.judge.pacing import overdue
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep

GONE = 410
MOST_REPETITIONS = 10
"""Times that one page may be asked for in a sweep: a refusal or two are worth another try."""
MOST_PAGES = 20_000
"""Pages of pods in one sweep; of 500 pods each they would hold ten million."""


@judges("API-EXPIRED")
def expired_lists_begin_anew(history: History, _: str) -> Iterator[Failure]:
    """Breached by a deletion on pods of which a page was answered 410, and by a sweep that is content with them."""
    for sweep in history.faulty_sweeps:
        for exchange in pod_lists(history, sweep):
            if exchange.status == GONE:
                yield from used_although(history, sweep, exchange, "was answered 410")


@judges("API-BROKEN-LIST")
def broken_lists_fail_the_sweep(history: History, _: str) -> Iterator[Failure]:
    """Breached by a deletion on an answer that is no list of pods, and by a sweep that is content with one."""
    for sweep in history.faulty_sweeps:
        for exchange in pod_lists(history, sweep):
            broken = what_is_broken(exchange) if exchange.altered else ""
            if broken:
                yield from used_although(history, sweep, exchange, f"was answered with {broken}")


def what_is_broken(exchange: Exchange) -> str:
    """Why a successful answer to a LIST is no list of pods, as the end of a sentence; empty where it is one."""
    if exchange.status != 200:
        return ""
    answer = exchange.response_json()
    if not isinstance(answer, dict):
        return "something else than a JSON object"
    if answer.get("kind") != "PodList":
        return f"a {answer.get('kind') or 'document of no kind'}"
    if not isinstance(answer.get("items"), list):
        return "a PodList whose items are null" if "items" in answer else "a PodList without items"
    return "" if isinstance(answer.get("metadata"), dict) else "a PodList without metadata"


@judges("API-ODD-POD")
def odd_pods_are_kept_and_stop_no_other(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by the deletion of a pod that was shown odd, and by a zombie of its list that this left undeleted.

    A pod that was read again and is as it should be may be deleted. Only pods of this requirement count. Zombies that
    somebody had deleted before are nobody's to delete, and what the odd pod would have told of its own task, as that a
    newer try runs on it, nobody can know.
    """
    ending = {pod["metadata"]["uid"] for pod in history.before if "deletionTimestamp" in pod["metadata"]}
    fates = {fate.uid: fate for fate in history.fates}
    for sweep in history.faulty_sweeps:
        odd = [(exchange, uid) for exchange in pod_lists(history, sweep) for uid in shown_odd(exchange)]
        for exchange, uid in odd:
            fate, deletion = fates.get(uid), _deleted_in(history, sweep, uid)
            if fate is None or requirement not in fate.examines or deletion is None:
                continue
            if not _read_again(history, exchange, deletion.exchange, uid):
                yield Failure(
                    observed=f"{fate} was deleted at step {deletion.exchange.step} although the LIST at step "
                    f"{exchange.step} showed it in a shape that no pod has.",
                    because="nothing can be said of it until it is read as it should be.",
                )
        skipped = ending | {uid for _, uid in odd}
        untold = {fates[uid].task for _, uid in odd if uid in fates}
        for fate in history.fates if odd else ():
            known = fate.uid not in skipped and fate.task not in untold
            if fate.kind == "zombie" and known and _last_faulty(history, fate.uid) is None:
                shown = history.listed(fate)
                where = f"at step {shown.step}" if shown else "in no LIST"
                yield Failure(
                    observed=f"{fate} was not deleted in sweep {sweep.ordinal}, in which another pod was shown odd.",
                    because=f"it was shown {where}, and {fate.why}.",
                )


def shown_odd(exchange: Exchange) -> Iterator[str]:
    """The uids of the pods that a fault showed otherwise than the API server did."""
    told, true = exchange.response_json(), exchange.truth.json()
    if not exchange.altered or not (isinstance(told, dict) and isinstance(true, dict)):
        return
    shown, items = told.get("items"), true.get("items")
    if isinstance(shown, list) and isinstance(items, list) and len(shown) == len(items):
        yield from (item["metadata"]["uid"] for item, other in zip(items, shown, strict=True) if item != other)


def _deleted_in(history: History, sweep: Sweep, uid: str) -> Deletion | None:
    return next((deletion for deletion in of_sweep(history, sweep) if deletion.uid == uid), None)


def _last_faulty(history: History, uid: str) -> Deletion | None:
    """Its deletion in whichever faulty sweep."""
    return next((found for sweep in history.faulty_sweeps if (found := _deleted_in(history, sweep, uid))), None)


def _read_again(history: History, listed: Exchange, deleting: Exchange, uid: str) -> bool:
    """Whether an unaltered answer showed this pod after the LIST and before the DELETE."""
    return any(
        exchange.verb in ("get", "list") and not exchange.altered and uid.encode() in exchange.response_body
        for exchange in history.exchanges
        if listed.step < exchange.step < deleting.step
    )


@judges("API-STALE-LIST")
def stale_lists_cost_no_live_pod(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each deletion of a live or kept pod that a LIST of the past made look like a zombie."""
    return live_and_kept_pods_survive(history, requirement)


@judges("API-REPEATED-TOKEN")
def no_list_is_endless(history: History, _: str) -> Iterator[Failure]:
    """Breached by a sweep that hangs, takes longer than it states, or asks for one page or for pages without end."""
    for sweep in history.faulty_sweeps:
        lists = pod_lists(history, sweep)
        asked = Counter((exchange.path, exchange.parameters.get("continue", "")) for exchange in lists)
        for (path, token), times in asked.items():
            if token and times > MOST_REPETITIONS:
                yield Failure(
                    observed=f"Sweep {sweep.ordinal} asked {times} times for the same page of {path}.",
                    because="the server ended page after page with a token that had been there before.",
                )
                break
        late = overdue(history, sweep)
        if late or len(lists) > MOST_PAGES:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} {late or 'went on'} after {len(lists)} pages of pods.",
                because="the server ended each of them with a token for a next one.",
            )


@judges("API-NAMESPACE-FAILS")
def one_namespace_keeps_no_other_from_being_swept(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by a zombie that is left in a namespace which could be swept, and by what is done on one that could not.

    A namespace fails where its LIST is refused and no later one of the sweep is whole, or where a DELETE is forbidden.
    """
    for sweep in history.faulty_sweeps:
        failing = {}
        for exchange in pod_lists(history, sweep):
            again = pod_lists(history, sweep, after=exchange.step)
            if exchange.altered and exchange.status != 200 and listed_whole(again, exchange.path) is None:
                failing[exchange.target.namespace] = exchange
                yield from used_although(history, sweep, exchange, f"was answered {exchange.status}")
        for exchange in history.requests(verb="delete", resource="pods"):
            if sweep.holds(exchange.step) and exchange.altered and exchange.status == 403:
                failing.setdefault(exchange.target.namespace, exchange)
        for fate in history.fates if failing and "" not in failing else ():
            about = requirement in fate.examines or fate.role == "twin"
            if fate.kind != "zombie" or not about or fate.namespace in failing:
                continue
            if _last_faulty(history, fate.uid) is None:
                [first, *_] = failing.values()
                yield Failure(
                    observed=f"{fate} was not deleted in sweep {sweep.ordinal}; {fate.why}.",
                    because=f"{first} failed, which is about namespace {first.target.namespace}.",
                )


def used_although(history: History, sweep: Sweep, exchange: Exchange, what: str) -> Iterator[Failure]:
    """Failures for all that a sweep did on a LIST that is no whole one, until it had listed the same pods as a whole.

    It may begin the LIST anew, or fail.
    """
    whole = listed_whole(pod_lists(history, sweep, after=exchange.step), exchange.path)
    spoilt = f"{exchange.method} {exchange.path} at step {exchange.step} {what}"
    for deletion in of_sweep(history, sweep):
        step = deletion.exchange.step
        if exchange.step < step < (whole or step + 1) and is_of(exchange, deletion):
            yield Failure(
                observed=f"{deletion.namespace}/{deletion.name} was deleted at step {step}, after {spoilt}.",
                because="no LIST from the beginning came to its end in between.",
            )
    if whole is None and sweep.exit_code in (0, None):
        ended = "hung" if sweep.exit_code is None else "ended with exit code 0"
        yield Failure(
            observed=f"Sweep {sweep.ordinal} {ended} although {spoilt}.",
            because="it never listed these pods from the beginning to the end, and does not say so.",
        )


def pod_lists(history: History, sweep: Sweep, *, after: int = 0) -> list[Exchange]:
    """The LISTs of pods in this sweep, from the step that follows ``after`` on."""
    first = max(sweep.first_step, after + 1)
    found = history.requests(verb="list", resource="pods")
    return [exchange for exchange in found if first <= exchange.step <= sweep.last_step]


def listed_whole(lists: Sequence[Exchange], path: str) -> int | None:
    """The step at which a LIST of ``path`` that begins here has come to its end; None where none does."""
    token: str | None = None
    for exchange in lists:
        asked = exchange.parameters.get("continue", "")
        if exchange.path != path or (asked and asked != token):
            continue
        token = following(exchange)
        if token == "":
            return exchange.step
    return None


def following(exchange: Exchange) -> str | None:
    """The token that a page ends with, empty on the last one; None for what is no page."""
    answer = exchange.response_json()
    if exchange.status != 200 or not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        return None
    metadata = answer.get("metadata")
    return str(metadata.get("continue") or "") if isinstance(metadata, dict) else None


def is_of(exchange: Exchange, deletion: Deletion) -> bool:
    """Whether the deleted pod is in the namespaces that the LIST was about."""
    return exchange.target.namespace in ("", deletion.namespace)
