"""kubernetes_asyncio."""

from __future__ import annotations

import pytest
from client_answers import COMMON, agrees
from client_environments import Answers, answers_of, client_python
from places import Place

pytestmark = [pytest.mark.clients, pytest.mark.client_kubernetes_asyncio]


@pytest.fixture(scope="module")
def answers(place: Place) -> Answers:
    python = client_python("kubernetes_asyncio")
    return answers_of("official_asyncio.py", python, cwd=place.folder, **place.variables)


@pytest.mark.parametrize("chapter", COMMON)
def test_kubernetes_asyncio(chapter: str, answers: Answers, place: Place) -> None:
    answer = answers[chapter]
    assert agrees(chapter, answer, COMMON[chapter], emulated=place.cluster.emulated), answer


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(COMMON)
