"""What every Python client's script answers, whichever the client: a real kube-apiserver 1.36.3 gives the same."""

from __future__ import annotations

from typing import Any

CONFLICT = [409, "Conflict"]
NOT_FOUND = [404, "NotFound"]
SPEAKS_SPDY = "exec is served over websockets only"
"""What the simulated node says to a real kube-apiserver: asked for v5, that one speaks SPDY to the kubelet."""

COMMON: dict[str, Any] = {
    "pages_and_selectors": {
        "names": [f"paged-{index}" for index in range(5)],
        "sizes": [2, 2, 1],
        "odd": ["paged-1", "paged-3"],
        "even": ["paged-0", "paged-2", "paged-4"],
        "named": ["paged-3"],
        "running": [],
        "malformed": [400, "BadRequest"],
    },
    "watching": {"seen": [["ADDED", None], ["MODIFIED", "2"], ["MODIFIED", "2"], ["DELETED", "2"]], "resumes": True},
    "an_expired_watch_is_begun_anew": {"expired": [410, "Expired"], "then": "ADDED"},
    "patches": {
        "strategic": [{"b": "2"}, ["example.org/held", "example.org/second"]],
        "json": {"b": "2", "c": "3"},
        "failed test": [422, "Invalid"],
        "merge": None,
        "stale": CONFLICT,
        "immutable": [422, "Invalid"],
    },
    "server_side_apply": {"managers": [["reaper", "Apply"]], "conflict": "Conflict", "forced": {"owner": "b"}},
    "careful_deletes": {
        "other uid": CONFLICT,
        "other version": CONFLICT,
        "dry run": None,
        "granted": [],
        "again": NOT_FOUND,
    },
    "bulk_and_eviction": {"left": ["bulk-c"], "dry run of a create": [], "imagined": []},
    "logs": {
        "log": ["one", "two", "three"],
        "tail": ["three"],
        "stamped": True,
        "followed": ["one", "two", "three"],
        "no such container": [400, "BadRequest"],
    },
    "execution": {"exec": "out", "stdout": "got hello", "stderr": "bad", "code": 3},
    "events": {"core": ["by a test"], "events.k8s.io": ["by a test"]},
    "leases": {"holder": "b", "late": CONFLICT},
    "from_inside_a_pod": {"wrong token": [401, "Unauthorized"], "the token in the file by now": []},
    "who_may_what": {"delete": True, "groups": True, "version": "1"},
}


def agrees(chapter: str, answer: Any, expected: Any, *, emulated: bool) -> bool:
    """Whether an answer is the expected one.

    A real server that has not run for five minutes still holds its first version: there, nothing needs to be expired.
    """
    if chapter == "an_expired_watch_is_begun_anew" and not emulated:
        return answer in (expected, {**expected, "expired": None})
    return bool(answer == expected)
