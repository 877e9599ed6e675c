"""What every scenario has to be, whatever world it builds."""

from __future__ import annotations

import re

import pytest

from kpo_suite import Case, World, catalogue
from kpo_suite.errors import ScenarioError
from kpo_suite.judge import judged
from kpo_suite.ledger import requirements
from kpo_suite.settings import DEFAULT_AIRFLOW
from kpo_suite.subjects import reference

SCENARIOS = catalogue.scenarios()
REPLAY = [case for scenario in SCENARIOS if scenario.kind == "replay" for case in scenario.cases()]
OLDEST_AIRFLOW = "2.7"
FIRST_EDITION = [
    *("KEEP-UNFINISHED", "KEEP-REATTACHED", "KEEP-RESUMING", "KEEP-NOT-KPO", "KEEP-WORKER", "KEEP-CONTROLLED"),
    *("KEEP-RETAINED", "KEEP-MAPPED-SIBLING", "REAP-SIDECAR", "REAP-FINISHED", "REAP-PENDING", "REAP-MAPPED"),
    *("REAP-ENCODED-IDS", "DELETE-ONE-POD"),
]


def test_the_requirements_of_the_first_edition_are_examined() -> None:
    assert set(FIRST_EDITION) <= {requirement for case in REPLAY for requirement in case.scenario.examines}


def test_names_are_unique_properties_and_no_numbers() -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(names) == len(set(names))
    assert not [name for name in names if re.search(r"\d", name)]


def test_every_examined_requirement_can_be_judged() -> None:
    assert {requirement for scenario in SCENARIOS for requirement in scenario.examines} <= judged()


def test_every_page_has_a_drawing() -> None:
    for scenario in SCENARIOS:
        assert re.search(r"^    \S", scenario.page, re.MULTILINE), scenario.name


@pytest.mark.parametrize("case", REPLAY, ids=lambda case: case.id)
def test_every_world_is_whole(case: Case) -> None:
    """Each pod has a fate, each examined KEEP or REAP a pod, and the world is the same each time it is built."""
    worlds = []
    for _ in range(2):
        airflow = DEFAULT_AIRFLOW if case.scenario.possible(airflow=DEFAULT_AIRFLOW, source="sql") else OLDEST_AIRFLOW
        world = World(airflow=airflow, examines=case.scenario.examines, claims=reference().claims)
        case.scenario.build(world, **case.arguments)
        world.add_twin_and_control()
        world.check()
        worlds.append(world)
    first, second = worlds
    assert [pod.name for pod in first.pods] == [pod.name for pod in second.pods]
    for requirement in case.scenario.examines:
        kinds = {"KEEP": {"live", "kept"}, "REAP": {"zombie"}}.get(requirements()[requirement].area)
        pods = [pod for pod in first.pods if requirement in pod.examines]
        assert kinds is None or (pods and {pod.fate for pod in pods} <= kinds), requirement


def test_a_pod_without_a_fate_is_a_defect_of_the_scenario() -> None:
    world = World(examines=("KEEP-UNFINISHED",))
    world.pod(world.task(state="running"))
    with pytest.raises(ScenarioError, match="no fate is told"):
        world.check()


def test_a_fate_is_told_once() -> None:
    world = World()
    pod = world.pod(world.task(state="running")).live("it runs")
    with pytest.raises(ScenarioError, match="told twice"):
        pod.zombie("it does not")
