"""What is left of a failing run is needed for the failure, and the question is asked a bounded number of times."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kpo_suite.shrinking import minimal


@given(st.integers(1, 40), st.data())
def test_what_is_left_is_just_what_is_needed(count: int, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.integers(0, count - 1)))
    assert minimal(range(count), lambda parts: needed <= set(parts)) == sorted(needed)


@given(st.lists(st.sets(st.integers(0, 11), max_size=4), min_size=1, max_size=4))
def test_no_part_can_be_left_out_alone(ways: list[set[int]]) -> None:
    def fails(parts: Sequence[int]) -> bool:
        return any(way <= set(parts) for way in ways)

    left = minimal(range(12), fails)
    assert fails(left)
    assert not any(fails([part for part in left if part != without]) for without in left)


@given(st.sets(st.integers(0, 30)), st.integers(0, 20))
def test_it_stops_asking_and_keeps_what_last_failed(needed: set[int], most: int) -> None:
    asked: list[list[int]] = []

    def fails(parts: Sequence[int]) -> bool:
        asked.append(list(parts))
        return needed <= set(parts)

    left = minimal(range(31), fails, most=most)
    assert len(asked) <= most
    assert needed <= set(left)
