"""API: LISTs in pages and selected, rules that suffice and ask for little."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import delete, exchange, history, sweep

from kpo_fixtures.faults import Placement, Step
from kpo_fixtures.gateways import Exchange
from kpo_fixtures.gateways.exchange import Stray
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Claims, Rule

PODS = "/api/v1/namespaces/airflow/pods"
SELECTED = "labelSelector=kubernetes_pod_operator%3DTrue"


def rule(resources: str, verbs: str, groups: str = "") -> Rule:
    return Rule(api_groups=groups.split(","), resources=resources.split(","), verbs=verbs.split(","))


def listed(query: str) -> list[Failure]:
    found = replace(history(twin_goes=False), exchanges=[exchange("GET", PODS, step=4, query=query)])
    return list(breaches(found, "API-PAGED"))


@pytest.mark.parametrize("limit", ["1", "500", "1000"])
def test_a_selected_page_is_as_it_should_be(limit: str) -> None:
    assert listed(f"limit={limit}&{SELECTED}") == []


@pytest.mark.parametrize(
    ("query", "lacking"),
    [
        ("", "limit and labelSelector"),
        (SELECTED, "limit"),
        (f"limit=0&{SELECTED}", "limit"),
        (f"limit=1001&{SELECTED}", "limit"),
        (f"limit=many&{SELECTED}", "limit"),
        (f"limit=-1&{SELECTED}", "limit"),
        ("limit=500", "labelSelector"),
        ("limit=500&labelSelector=", "labelSelector"),
    ],
)
def test_what_a_list_lacks_is_named(query: str, lacking: str) -> None:
    [found] = listed(query)
    assert found.observed == f"GET {PODS} at step 4 carries no {lacking}."
    assert found.because == "the API server holds the whole answer in memory, and every pod of the namespace is in it."


def test_only_lists_of_pods_are_measured() -> None:
    others = [
        exchange("GET", f"{PODS}/x", step=3),
        exchange("GET", PODS, step=4, query="watch=true"),
        exchange("GET", "/api/v1/namespaces", step=5),
        delete("x", step=6),
    ]
    found = replace(history(), exchanges=others)
    assert list(breaches(found, "API-PAGED")) == []


def privileges(*rules: Rule, exchanges: list[object] | None = None) -> list[Failure]:
    found = replace(history(), claims=Claims(rules=list(rules)), exchanges=exchanges or [])  # type: ignore[arg-type]
    return list(breaches(found, "API-LEAST-PRIVILEGE"))


def test_no_rules_are_too_few() -> None:
    [found] = privileges()
    assert found.observed == "The reaper documents no RBAC rules."
    assert "no claims.rules" in found.because


def test_rules_that_cover_what_was_asked_are_enough() -> None:
    asked = [exchange("GET", PODS, step=1), delete("x"), exchange("POST", f"{PODS}/x/eviction", step=3)]
    rules = [rule("pods", "list,delete"), rule("pods/eviction", "create")]
    assert privileges(*rules, exchanges=asked) == []


@pytest.mark.parametrize("wide", [rule("pods", "*"), rule("*", "delete,list"), rule("pods", "list,delete", "*")])
def test_wildcards_cover_as_in_rbac(wide: Rule) -> None:
    found = privileges(wide, exchanges=[exchange("GET", PODS, step=1), delete("x")])
    assert not [each for each in found if " needs " in each.observed]


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        (rule("pods", "list"), "DELETE /api/v1/namespaces/airflow/pods/x at step 2 needs delete on pods."),
        (rule("pods", "list,delete", "apps"), "needs delete on pods."),
        (rule("nodes", "list,delete"), "needs delete on pods."),
    ],
)
def test_a_request_that_no_rule_covers_is_named(given: Rule, needs: str) -> None:
    [found] = privileges(given, exchanges=[delete("x")])
    assert found.observed.endswith(needs)
    assert found.because == "the documented rules do not grant it."


def test_a_subresource_is_a_resource_of_its_own() -> None:
    [found] = privileges(rule("pods", "list,create"), exchanges=[exchange("POST", f"{PODS}/x/eviction", step=3)])
    assert found.observed.endswith("needs create on pods/eviction.")


def test_another_group_needs_another_rule() -> None:
    lease = exchange("PUT", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/l", step=1)
    assert privileges(rule("leases", "update", "coordination.k8s.io"), exchanges=[lease]) == []
    assert len(privileges(rule("leases", "update"), exchanges=[lease])) == 1


def test_everybody_may_discover_and_ask_what_she_may_do() -> None:
    asked = [
        exchange("GET", "/version", step=1),
        exchange("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", step=2),
        delete("x", step=3),
    ]
    assert len(privileges(rule("pods", "list"), exchanges=asked)) == 1, "the loop went on after the free ones"


@pytest.mark.parametrize(
    ("given", "granted"),
    [
        (rule("pods", "list,delete,deletecollection"), ["deletecollection pods"]),
        (rule("pods", "*"), ["deletecollection pods"]),
        (rule("secrets", "get"), ["access to secrets"]),
        (rule("pods/exec", "create"), ["access to pods/exec"]),
        (rule("*", "*", "*"), ["deletecollection pods", "access to secrets", "access to pods/exec"]),
        (rule("*", "list"), ["access to secrets", "access to pods/exec"]),
        (rule("secrets", "get", "apps"), []),
        (rule("configmaps", "deletecollection"), []),
    ],
)
def test_what_no_reaper_needs_is_too_much(given: Rule, granted: list[str]) -> None:
    found = [each for each in privileges(given) if "grant " in each.observed]
    assert [each.observed for each in found] == [f"The documented rules grant {what}." for what in granted]
    assert all(each.because == f"the rule is {given.verbs} on {given.resources}." for each in found)


def test_credentials_at_another_host_are_a_breach_and_visitors_without_are_none() -> None:
    strays = [Stray(method="GET", path=PODS, credentials=True), Stray(method="GET", path="/x", credentials=False)]
    [found] = breaches(replace(history(), strays=strays), "API-REDIRECT")
    assert found.observed == f"GET {PODS} came to the host that a redirect had named, with credentials."
    assert list(breaches(replace(history(), strays=strays[1:]), "API-REDIRECT")) == []


class TestSameCluster:
    def found(self, *exchanges: Exchange, exit_code: int = 1, told_at: int | None = 1) -> list[Failure]:
        placement = Placement.parse("TR7@get-namespaces-1")
        told = Step(ordinal=told_at or 0, channel="kubernetes", point=placement.point, faults=(placement,))
        swept = [replace(sweep(exit_code=exit_code, steps=(1, 9)), faulty=True)]
        asked = replace(history(sweeps=swept), exchanges=list(exchanges), steps=[told] if told_at else [])
        return list(breaches(asked, "API-SAME-CLUSTER"))

    def test_nothing_is_deleted_and_the_sweep_fails(self) -> None:
        assert self.found() == []

    def test_a_deletion_there(self) -> None:
        [found] = self.found(delete("x", step=2))
        assert found.observed.startswith("airflow/x was deleted at step 2, in another cluster than the one")
        assert found.because == "kube-system has another uid there."

    def test_who_never_asks_does_not_know(self) -> None:
        [found, _] = self.found(delete("x", step=2), told_at=None, exit_code=0)
        assert found.because == "it never asked for the uid of kube-system."

    def test_content_with_another_cluster(self) -> None:
        [found] = self.found(exit_code=0)
        assert found.observed.endswith("ended with exit code 0.")

    def test_what_was_deleted_in_the_right_one_before(self) -> None:
        assert self.found(delete("x", step=2), told_at=10, exit_code=0) == []
