"""Lists that change while their pages are read: what is returned holds every row that was there all the time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_reaper.errors import StateSourceError
from kpo_reaper.rest_pages import READINGS, Page, read_whole


class ChangingList:
    """A list of which a page is shown after the next change of a script."""

    def __init__(self, rows: list[int], size: int, script: list[tuple[str, int]]) -> None:
        self.rows = rows
        self.size = size
        self.script: Iterator[tuple[str, int]] = iter(script)
        self.shown = 0
        self.new = 1000

    async def page_at(self, offset: int) -> Page[int]:
        self.change(*next(self.script, ("rest", 0)))
        self.shown += 1
        return Page(self.rows[offset : offset + self.size], len(self.rows))

    def change(self, what: str, place: int) -> None:
        if what == "add":
            self.new += 1
            self.rows.insert(place, self.new)
        elif what == "append":
            self.new += 1
            self.rows.append(self.new)
        elif what == "move":
            self.rows.append(self.rows.pop(place % len(self.rows)))
        elif what == "drop" and self.rows[place % len(self.rows)] % 2:
            del self.rows[place % len(self.rows)]

    def read(self) -> list[int]:
        async def read() -> list[int]:
            return await read_whole("rows", self.page_at, lambda row: row, await self.page_at(0))

        return asyncio.run(read())


@given(st.integers(0, 30), st.integers(2, 9))
def test_a_list_that_holds_still_is_read_in_order(length: int, size: int) -> None:
    assert ChangingList(list(range(length)), size, []).read() == list(range(length))


changes = st.tuples(st.sampled_from(["rest", "add", "append", "move", "drop"]), st.integers(0, 20))


@given(st.integers(1, 20), st.integers(2, 9), st.lists(changes, max_size=1).map(lambda one: [("rest", 0)] * 2 + one))
def test_one_change_never_hides_a_row(length: int, size: int, script: list[tuple[str, int]]) -> None:
    stays = set(range(0, length, 2))
    assert stays <= set(ChangingList(list(range(length)), size, script).read())


@given(st.integers(1, 30), st.integers(2, 9), st.lists(st.just(("append", 0)), max_size=9))
def test_rows_that_come_at_the_end_disturb_nothing(length: int, size: int, script: list[tuple[str, int]]) -> None:
    changing = ChangingList(list(range(length)), size, script)
    assert changing.read()[:length] == list(range(length))
    assert changing.shown <= (len(changing.rows) + 1) // (size - 1) + 1


@given(st.integers(8, 20), st.integers(2, 5), st.lists(changes, min_size=60, max_size=60))
def test_of_a_restless_list_nothing_is_returned_that_does_not_add_up(
    length: int, size: int, script: list[tuple[str, int]]
) -> None:
    changing = ChangingList(list(range(length)), size, script)
    try:
        rows = changing.read()
    except StateSourceError:
        return
    assert len(set(rows)) == len(rows)
    assert rows[-1] in changing.rows


@pytest.mark.parametrize(
    "page", [Page([1], 2), Page([], 2), Page([1, 2], 1), Page([1, 1], 2), Page([1, 2], 4)], ids=repr
)
def test_a_list_that_is_always_the_same_wrong_page_is_given_up(page: Page[int]) -> None:
    shown = 0

    async def page_at(_: int) -> Page[int]:
        nonlocal shown
        shown += 1
        return page

    async def read() -> list[int]:
        return await read_whole("rows", page_at, lambda row: row, page)

    with pytest.raises(StateSourceError, match=f"list of rows changed while it was read, {READINGS} times"):
        asyncio.run(read())
    assert shown <= 2 * READINGS
