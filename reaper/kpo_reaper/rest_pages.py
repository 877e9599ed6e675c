"""Lists of Airflow's REST API read whole: pages by OFFSET, each checked against the one before it.

A row that comes, goes or moves while the pages are read shifts those behind it, and one is never shown
(apache/airflow#41283). A list that does not add up is read again, and given up after a few times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import msgspec

from kpo_reaper.errors import StateSourceError

READINGS = 4
"""Times that a list is read before it is said that it does not hold still."""

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """Some rows of a list, and how many the list has in all at that moment."""

    rows: list[Row]
    total: int


async def read_whole(
    what: str, page_at: Callable[[int], Awaitable[Page[Row]]], key: Callable[[Row], Hashable], first: Page[Row]
) -> list[Row]:
    """All rows of a list whose first page is ``first`` and whose others ``page_at`` gives by their offset.

    Pages may be of any size from two rows on. Each begins with the last row of the one before: where another row stands
    there, something moved. At the end there must be as many different rows as the list says it has. Raises
    StateSourceError where that never came about.
    """
    page = first
    for reading in range(READINGS):
        if reading:
            page = await page_at(0)
        rows = await _read_once(page, page_at, key)
        if rows is not None:
            return rows
    raise StateSourceError(
        f"the list of {what} changed while it was read, {READINGS} times: one page did not go on where the last ended"
    )


async def _read_once(
    page: Page[Row], page_at: Callable[[int], Awaitable[Page[Row]]], key: Callable[[Row], Hashable]
) -> list[Row] | None:
    """The rows, or None where they do not add up."""
    rows = list(page.rows)
    while len(rows) < page.total:
        if not rows:
            return None
        page = await page_at(len(rows) - 1)
        if len(page.rows) < 2 or key(page.rows[0]) != key(rows[-1]):
            return None
        rows += page.rows[1:]
    return rows if len({key(row) for row in rows}) == len(rows) == page.total else None
