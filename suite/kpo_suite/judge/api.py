"""API: how the cluster is used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from kpo_fixtures.gateways import Exchange
from kpo_suite.history import History
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep
from kpo_suite.subjects.reaper_file import Rule

ANOTHER_CLUSTER = "TR7"
"""The fault by which a way leads to another cluster."""
LARGEST_PAGE = 1000
"""Items that a page may hold; client-go's pager asks for 500."""
_FORBIDDEN = (("pods", "deletecollection"), ("secrets", ""), ("pods/exec", ""))


@judges("API-PAGED")
def pods_are_listed_in_pages_and_selected(history: History, _: str) -> Iterator[Failure]:
    """Breached by each LIST of pods without a limit up to 1000, or without a selector by label."""
    for exchange in history.requests(verb="list", resource="pods"):
        limit = exchange.parameters.get("limit", "")
        paged = limit.isdigit() and 0 < int(limit) <= LARGEST_PAGE
        selected = bool(exchange.parameters.get("labelSelector"))
        if not paged or not selected:
            lacking = " and ".join(
                part for part in ("" if paged else "limit", "" if selected else "labelSelector") if part
            )
            yield Failure(
                observed=f"{exchange.method} {exchange.path} at step {exchange.step} carries no {lacking}.",
                because="the API server holds the whole answer in memory, and every pod of the namespace is in it.",
            )


@judges("API-LEAST-PRIVILEGE")
def documented_rules_suffice_and_ask_for_little(history: History, _: str) -> Iterator[Failure]:
    """Breached by missing rules, by a rule that grants what no reaper needs, and by a request that no rule covers."""
    rules = history.claims.rules
    if not rules:
        yield Failure(
            observed="The reaper documents no RBAC rules.",
            because="its file has no claims.rules, so nobody can grant it what it needs and nothing more.",
        )
        return
    for rule in rules:
        for resource, verb in _FORBIDDEN:
            if _covers(rule, "", resource, verb):
                yield Failure(
                    observed=f"The documented rules grant {verb or 'access to'} {resource}.",
                    because=f"the rule is {rule.verbs} on {rule.resources}.",
                )
    for exchange in history.exchanges:
        if not exchange.target.resource or exchange.target.group == "authorization.k8s.io":
            continue  # every authenticated user may discover the API and ask what it may do
        what = "/".join(part for part in (exchange.target.resource, exchange.target.subresource) if part)
        if not any(_covers(rule, exchange.target.group, what, exchange.verb) for rule in rules):
            yield Failure(
                observed=f"{_short(exchange)} needs {exchange.verb} on {what}.",
                because="the documented rules do not grant it.",
            )


@judges("API-SAME-CLUSTER")
def another_cluster_is_left_alone(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion, and by a sweep that is content, from the moment at which the cluster is another one.

    Who never asks which cluster it is has not noticed since the beginning.
    """
    told = [step.ordinal for step, placement in history.injected() if placement.form.fault == ANOTHER_CLUSTER]
    for sweep in history.faulty_sweeps:
        if sweep.last_step < min(told, default=0):
            continue
        because = "kube-system has another uid there." if told else "it never asked for the uid of kube-system."
        for deletion in of_sweep(history, sweep):
            yield Failure(
                observed=f"{deletion.namespace}/{deletion.name} was deleted at step {deletion.exchange.step}, in "
                "another cluster than the one that the reaper was told of.",
                because=because,
            )
        if sweep.exit_code == 0:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} of another cluster than the one that the reaper was told of ended "
                "with exit code 0.",
                because=because,
            )


@judges("API-REDIRECT")
def credentials_go_to_no_other_host(history: History, _: str) -> Iterator[Failure]:
    """Breached by each request with credentials that came to the host which a redirect had named."""
    for stray in history.strays:
        if stray.credentials:
            yield Failure(
                observed=f"{stray.method} {stray.path} came to the host that a redirect had named, with credentials.",
                because="whoever can answer one request would hold what opens the API server.",
            )


def _covers(rule: Rule, group: str, resource: str, verb: str) -> bool:
    """Whether the rule grants the verb, or for an empty verb any; as RBAC matches, wildcards included."""
    asked = {"*", verb} if verb else set(rule.verbs)
    return any(
        each_group in ("*", group) and each_resource in ("*", resource)
        for each_group, each_resource in product(rule.api_groups, rule.resources)
    ) and bool(asked & set(rule.verbs))


def _short(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path} at step {exchange.step}"
