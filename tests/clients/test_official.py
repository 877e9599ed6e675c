"""The official Python client, in three generations."""

from __future__ import annotations

from typing import Any

import pytest
from client_answers import COMMON, SPEAKS_SPDY, agrees
from client_environments import Answers, answers_of, client_python

from kpo_fixtures.clusters.interface import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.client_kubernetes]

EXPECTED: dict[str, Any] = {
    **COMMON,
    "leader_election": {"holder": "candidate-a", "told": ["leads", "stopped"]},
    "informer": {
        "added": ["informed-before", "informed-after"],
        "deleted": ["informed-after"],
        "held": ["informed-before"],
    },
}


@pytest.fixture(scope="module", params=["31", "36", "37"])
def generation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def answers(generation: str, places: Any) -> Answers:
    place = places(f"official-{generation}")
    return answers_of("official.py", client_python(f"kubernetes-{generation}"), cwd=place.folder, **place.variables)


@pytest.mark.parametrize("chapter", EXPECTED)
def test_the_official_client(chapter: str, generation: str, answers: Answers, cluster: Cluster) -> None:
    if chapter == "execution" and not cluster.emulated and generation != "31":
        assert SPEAKS_SPDY in answers.raised(chapter)
    else:
        expected = None if (chapter, generation) == ("informer", "31") else EXPECTED[chapter]
        assert agrees(chapter, answers[chapter], expected, emulated=cluster.emulated), answers[chapter]


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(EXPECTED)
