"""pykube-ng."""

from __future__ import annotations

from typing import Any

import pytest
from client_answers import COMMON, agrees
from client_environments import Answers, answers_of, client_python
from places import Place

pytestmark = [pytest.mark.clients, pytest.mark.client_pykube]

EXPECTED: dict[str, Any] = {
    "pages_and_selectors": {
        **{key: COMMON["pages_and_selectors"][key] for key in ("names", "odd", "even", "named", "running")},
        "its own != for fields": [400],
        "columns": ["Name", "Ready", "Status"],
        "rows": COMMON["pages_and_selectors"]["names"],
        "missing": [404],
    },
    "watching": COMMON["watching"]["seen"],
    "an_expired_watch_is_begun_anew": COMMON["an_expired_watch_is_begun_anew"],
    "patches": {
        "labels": {"b": "2"},
        "annotations": {"why": "a test"},
        "finalizers": ["example.org/second"],
        "stale": [409],
        "immutable": [422],
    },
    "careful_deletes": {**COMMON["careful_deletes"], "again": []},
    "logs": {**COMMON["logs"], "no such container": [400]},
    "events_and_nodes": {"events": ["by a test"], "cordoned": [True, False]},
    "discovery": {"kind": "Lease", "holder": "a", "version": "1"},
    "from_inside_a_pod": {"wrong token": [401], "the token in the file by now": []},
}


@pytest.fixture(scope="module")
def answers(place: Place) -> Answers:
    return answers_of("pykube_client.py", client_python("pykube"), cwd=place.folder, **place.variables)


@pytest.mark.parametrize("chapter", EXPECTED)
def test_pykube(chapter: str, answers: Answers, place: Place) -> None:
    answer = answers[chapter]
    assert agrees(chapter, answer, EXPECTED[chapter], emulated=place.cluster.emulated), answer


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(EXPECTED)
