"""lightkube."""

from __future__ import annotations

from typing import Any

import pytest
from client_answers import COMMON, NOT_FOUND, SPEAKS_SPDY, agrees
from client_environments import Answers, answers_of, client_python
from places import NODES, Place

pytestmark = [pytest.mark.clients, pytest.mark.client_lightkube]

EXPECTED: dict[str, Any] = {
    **{chapter: COMMON[chapter] for chapter in ("patches", "server_side_apply", "logs", "execution", "leases")},
    "pages_and_selectors": {key: told for key, told in COMMON["pages_and_selectors"].items() if key != "sizes"},
    "watching": COMMON["watching"],
    "an_expired_watch_is_begun_anew": COMMON["an_expired_watch_is_begun_anew"],
    "deletes": {"dry run": None, "again": NOT_FOUND, "dry run of a create": []},
    "bulk_and_eviction": [],
    "events": ["by a test"],
    "from_inside_a_pod": COMMON["from_inside_a_pod"],
    "cluster_scoped": list(NODES),
}


@pytest.fixture(scope="module")
def answers(place: Place) -> Answers:
    return answers_of("lightkube_client.py", client_python("lightkube"), cwd=place.folder, **place.variables)


@pytest.mark.parametrize("chapter", EXPECTED)
def test_lightkube(chapter: str, answers: Answers, place: Place) -> None:
    if chapter == "execution" and not place.cluster.emulated:
        assert SPEAKS_SPDY in answers.raised(chapter)
        return
    answer = answers[chapter]
    assert agrees(chapter, answer, EXPECTED[chapter], emulated=place.cluster.emulated), answer


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(EXPECTED)
