"""Makes a failing run small: which of its parts are needed for the failure, found by leaving parts out.

Pure but for the question that it asks; what a part is, and how a run without it is made, is the asker's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def minimal(parts: Sequence[Part], fails: Callable[[Sequence[Part]], bool], *, most: int = 200) -> list[Part]:
    """The parts, in their order, without those that the failure does not need; ``fails`` is asked for each attempt.

    None of what is left can be left out alone, unless ``most`` questions did not suffice to find that out: then it is
    what the last failing attempt had. It is taken for granted that the run with all parts fails. Delta debugging
    (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), with complements only: runs of
    one part alone rarely fail where the parts need each other.
    """
    left = list(parts)
    size = max(1, len(left) // 2)
    asked = 0
    while left:
        removed = False
        start = 0
        while start < len(left):
            if asked >= most:
                return left
            fewer = left[:start] + left[start + size :]
            asked += 1
            if fails(fewer):
                left, removed = fewer, True
            else:
                start += size
        if size == 1 and not removed:
            break
        size = max(1, min(size // 2, len(left) // 2)) if not removed or size > 1 else 1
    return left
