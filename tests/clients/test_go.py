"""client-go and controller-runtime, as most controllers are written; bodies in JSON and in protobuf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from client_answers import CONFLICT, NOT_FOUND, SPEAKS_SPDY
from client_environments import Answers, answers_of_program, variables
from go_program import COMPILING_SECONDS, go_program
from places import Place

from kpo_fixtures.clusters.interface import Cluster

pytestmark = [pytest.mark.clients, pytest.mark.client_go, pytest.mark.timeout(COMPILING_SECONDS + 300)]

FOLLOWED = {"synced": True, "held": False}
EXPECTED: dict[str, Any] = {
    "pages": {"kind": "Pod", "names": [f"paged-{index}" for index in range(5)], "sizes": [2, 2, 1], "untyped": 1},
    "informer": FOLLOWED,
    "metadata_informer": FOLLOWED,
    "expired_watch": {"expired": True},
    "patches": {
        "strategic": [{"b": "2"}, 2],
        "json": {"b": "2", "c": "3"},
        "failed test": [422, "Invalid"],
        "merge": 0,
        "stale": CONFLICT,
    },
    "server_side_apply": {
        "manager": "reaper",
        "conflict": CONFLICT,
        "forced": {"owner": "b"},
        "extracted": {"owner": "b"},
    },
    "careful_deletes": {
        "other uid": CONFLICT,
        "other version": CONFLICT,
        "dry run": [],
        "kept": True,
        "granted": [],
        "again": NOT_FOUND,
    },
    "bulk_and_eviction": {"left": "bulk-c", "evicted": True, "dry run of a create": [], "imagined": NOT_FOUND},
    "logs": {"followed": ["one", "two", "three"], "tail": "three", "no such container": [400, "BadRequest"]},
    "execution": {"stdout": "got hello", "stderr": "bad", "code": 3},
    "discovery": {
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "version": "1",
    },
    "election": {"leaders": ["a", "b"], "released": True, "transitions": True},
    "events": {"message": "by a test", "component": "reaper"},
    "reconciling": {"live": [], "led": True},
}


@pytest.fixture(scope="module", params=["json", "protobuf"])
def answers(request: pytest.FixtureRequest, places: Callable[[str], Place]) -> Answers:
    place = places(f"go-{request.param}")
    env = variables(**place.variables, CONTENT_TYPE=request.param)
    return answers_of_program([go_program()], cwd=place.folder, env=env)


@pytest.mark.parametrize("chapter", EXPECTED)
def test_go(chapter: str, answers: Answers, cluster: Cluster) -> None:
    if chapter == "execution" and not cluster.emulated:
        assert SPEAKS_SPDY in answers.raised(chapter)
        return
    answer = answers[chapter]
    # A real server that has not run for five minutes still holds its first version.
    fresh = chapter == "expired_watch" and not cluster.emulated and answer == {"expired": None}
    assert fresh or answer == EXPECTED[chapter]


def test_no_chapter_is_left_out(answers: Answers) -> None:
    assert set(answers) == set(EXPECTED)
