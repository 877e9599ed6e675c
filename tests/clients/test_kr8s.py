"""kr8s."""

from __future__ import annotations

from typing import Any

import pytest
from client_answers import COMMON, CONFLICT, agrees
from client_environments import Answers, answers_of, client_python
from places import NODES, Place

pytestmark = [pytest.mark.clients, pytest.mark.client_kr8s]

EXPECTED: dict[str, Any] = {
    "pages_and_selectors": {
        **{key: told for key, told in COMMON["pages_and_selectors"].items() if key != "sizes"},
        "one": "yes",
    },
    "watching": COMMON["watching"]["seen"],
    "patches": {
        "labels": {"c": "3"},
        "annotations": {"why": "a test"},
        "failed test": [422, "Invalid"],
        "stale": CONFLICT,
        "immutable": [422, "Invalid"],
        "finalizers": None,
    },
    "careful_deletes": COMMON["careful_deletes"],
    "logs": COMMON["logs"],
    "execution": COMMON["execution"],
    "events": ["by a test"],
    "owners": [["ConfigMap", True]],
    "cluster_wide": {"nodes": list(NODES), "resources": True, "version": "1", "whoami": True, "versions": True},
}


@pytest.fixture(scope="module")
def answers(place: Place) -> Answers:
    return answers_of("kr8s_client.py", client_python("kr8s"), cwd=place.folder, **place.variables)


@pytest.mark.parametrize("chapter", EXPECTED)
def test_kr8s(chapter: str, answers: Answers, place: Place) -> None:
    answer = answers[chapter]
    assert agrees(chapter, answer, EXPECTED[chapter], emulated=place.cluster.emulated), answer


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(EXPECTED)
