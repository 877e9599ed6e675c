"""The enumerated worlds hold what they promise, and the table decides every combination as good reapers do.

The worlds that a subject sweeps hold each unmarked combination and a part of the marked ones; here the whole product is
given to the decisions of the reference reaper and of the plain one, without a server in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import orjson
import pytest

from kpo_reaper.pods import read_pod
from kpo_reaper.policy import Rules, Snapshot, StoredPod, TaskInstanceFacts, Verdict, decide
from kpo_scenarios.decision_table import (
    COUNTED_AT_START,
    DIMENSIONS,
    TABLE,
    Situation,
    census,
    is_marked,
    situations,
    truths,
)
from kpo_scenarios.known_bad.plain import Instance, PlainReaper
from kpo_scenarios.replay import enumerated
from kpo_suite import Case, World, catalogue
from kpo_suite.runner import build
from kpo_suite.settings import DEFAULT_AIRFLOW
from kpo_suite.subjects import reference
from kpo_suite.subjects.reaper_file import Breaker, Claims

REFERENCE = reference().claims
PLAIN = catalogue.shipped_reapers()["plain"].file.claims
CASES = [case for scenario in catalogue.of_module(vars(enumerated)) for case in scenario.cases()]
WHOLE = [("2.9", "shared"), ("2.10", "exclusive"), ("3.3", "shared"), ("3.3", "exclusive")]
"""The generations that differ in what the table asks: each with a scope, and the default one with both."""


def world_of(wanted: Iterable[Situation], airflow: str, claims: Claims) -> World:
    world = World(airflow=airflow, examines=tuple(filter(None, (row.requirement for row in TABLE))), claims=claims)
    enumerated.Enumeration(world).fill(wanted)
    return world


def worlds(airflow: str, scope: str, claims: Claims) -> Iterable[World]:
    """The whole product, a world for each state and relation of tries."""
    by_truth: dict[tuple[str, str], list[Situation]] = {}
    for situation in situations(airflow, scope):
        by_truth.setdefault((situation.state, situation.attempt), []).append(situation)
    return (world_of(wanted, airflow, claims) for wanted in by_truth.values())


def stored(world: World) -> list[dict[str, Any]]:
    """The pods as an API server would show them."""
    for ordinal, pod in enumerate(world.pods):
        pod.manifest["metadata"].update(uid=f"uid-{ordinal}", resourceVersion=str(ordinal + 1))
    return [pod.manifest for pod in world.pods]


def zombies_of_the_reference(world: World, scope: str) -> list[bool]:
    instances = [
        TaskInstanceFacts(
            dag_id=row.dag_id,
            run_id=row.run_id,
            task_id=row.task_id,
            map_index=row.map_index,
            state=row.state,
            try_number=row.try_number,
            stored_pod=None
            if row.pod_identifier is None
            else StoredPod(name=row.pod_identifier[0], namespace=row.pod_identifier[1]),
        )
        for row in world.rows()
    ]
    snapshot = Snapshot(
        instances=instances,
        dag_ids={instance.dag_id for instance in instances},
        plain_tries=world.airflow not in COUNTED_AT_START,
    )
    rules = Rules(namespaces=frozenset(world.scope), exclusive_scope=scope == "exclusive")
    pods = [read_pod(orjson.dumps(manifest)) for manifest in stored(world)]
    return [decision.verdict is Verdict.REAP for decision in decide(pods, snapshot, now=world.now, rules=rules)]


def zombies_of_the_plain_one(world: World, scope: str) -> list[bool]:
    instances = [
        Instance(
            dag_id=row.dag_id,
            task_id=row.task_id,
            run_id=row.run_id,
            map_index=row.map_index,
            try_number=row.try_number,
            state=row.state,
            operator=row.operator,
        )
        for row in world.rows()
    ]

    class WithoutServers(PlainReaper):
        def ask(self, query: str) -> list[tuple[Any, ...]]:
            return [(instance.dag_id,) for instance in instances]

    reaper = WithoutServers(None, "", world.scope)  # type: ignore[arg-type]
    reaper.exclusive = scope == "exclusive"
    pods = stored(world)
    listed = [pod for pod in pods if pod["metadata"]["labels"].get("kubernetes_pod_operator") == "True"]
    found = {
        pod["metadata"]["uid"] for pod in listed if not reaper.spares(pod) and reaper.is_zombie(pod, instances, listed)
    }
    return [pod["metadata"]["uid"] in found for pod in pods]


@pytest.mark.parametrize(("airflow", "scope"), WHOLE)
@pytest.mark.parametrize(
    ("claims", "judge"),
    [(REFERENCE, zombies_of_the_reference), (PLAIN, zombies_of_the_plain_one)],
    ids=["reference", "plain"],
)
def test_good_reapers_decide_the_whole_product_as_the_table(
    claims: Claims, judge: Any, airflow: str, scope: str
) -> None:
    pods = 0
    for world in worlds(airflow, scope, claims):
        wrong = [
            f"{pod.why}: {'taken' if taken else 'left'}"
            for pod, taken in zip(world.pods, judge(world, scope), strict=True)
            if taken != (pod.fate == "zombie")
        ]
        assert not wrong, f"{len(wrong)} of {len(world.pods)}, as {wrong[0]}"
        pods += len(world.pods)
    decided = sum(number for fate, number in census(airflow).items() if fate != "undecided")
    assert pods >= decided // 2


@pytest.mark.parametrize("airflow", DIMENSIONS["airflow"])
def test_the_worlds_hold_every_unmarked_combination_that_is_decided(airflow: str) -> None:
    held: Counter[str] = Counter()
    for case in CASES:
        if case.scenario.possible(airflow=airflow, source="sql"):
            found = build(case, REFERENCE, airflow)
            held.update(pod.why for pod in found.pods if "labels own, " in pod.why)
    for scope in DIMENSIONS["scope"]:
        for situation in enumerated.unmarked(airflow, scope):
            why = enumerated.sentence(situation)
            row = enumerated.decide(situation)
            if row.fate == "undecided":
                assert not held[why]
            elif scope == "shared" or row.requirement not in ("KEEP-DEFERRED-OFF-BY-ONE", "REAP-DEFERRED-KILL"):
                assert held[why] >= 1, why


@pytest.mark.parametrize("airflow", ["2.7", "3.3"])
def test_every_set_of_marks_meets_every_phase_age_and_kind_of_truth(airflow: str) -> None:
    found = list(enumerated.marked(airflow, "shared"))
    sets = 2 * 3 * 8 - 2
    assert len(found) == len(set(found)) == sets * 5 * 2 * 4
    every_truth = set(truths(airflow))
    for name in ("labels", "owner", "deletion"):
        for value in DIMENSIONS[name]:
            met = {(each.state, each.attempt) for each in found if getattr(each, name) == value and is_marked(each)}
            assert met == every_truth, (name, value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_no_world_is_too_full_for_its_sweeps_or_too_full_of_zombies(case: Case) -> None:
    for airflow in case.scenario.airflow or DIMENSIONS["airflow"]:
        found = build(case, REFERENCE, airflow)
        zombies = sum(pod.fate == "zombie" for pod in found.pods)
        assert zombies <= enumerated.MOST_ZOMBIES
        assert len(case.scenario.passes(reference())) * (REFERENCE.deletions or 0) >= zombies


def test_a_subject_with_a_narrow_breaker_gets_more_live_pods() -> None:
    narrow = msgspec.structs.replace(REFERENCE, breaker=Breaker(share=0.1, floor=10))
    [case] = [case for case in CASES if case.scenario is enumerated.every_pod_in_a_shared_namespace]
    found = build(case, narrow, DEFAULT_AIRFLOW)
    zombies = sum(pod.fate == "zombie" for pod in found.pods)
    assert zombies <= 0.1 * len(found.pods)
    assert len(found.pods) > len(build(case, REFERENCE, DEFAULT_AIRFLOW).pods)


def test_what_a_subject_cannot_meet_is_left_out() -> None:
    hasty = msgspec.structs.replace(REFERENCE, minimum_age=0.0, opt_out={})
    for case in CASES:
        if case.scenario.possible(airflow=DEFAULT_AIRFLOW, source="sql"):
            whys = [pod.why for pod in build(case, hasty, DEFAULT_AIRFLOW).pods if pod.role == "examined"]
            assert whys
            assert not [why for why in whys if "labels opted-out" in why]
            assert not [why for why in whys if "age young" in why and "attempt current" not in why]
