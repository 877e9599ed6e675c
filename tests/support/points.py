"""Points of sweeps for property tests."""

from hypothesis import strategies as st

from kpo_fixtures.faults import Point

KINDS = st.sampled_from(
    ("list-pods", "delete-pods", "create-pods.eviction", "get-server", "rest", "connect", "query", "control", "a-b.c-d")
)
NAMES = st.from_regex(r"[a-z0-9.-]{1,40}(/[a-z0-9.-]{1,60})?", fullmatch=True)
POINTS = st.builds(Point, KINDS, st.integers(1, 10_000), st.just("") | NAMES)
