"""The lines of a subject's output that are JSON objects, and whether one holds what its file says. No verdicts here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The objects, one for each line that is one."""
    for line in text.splitlines():
        if not line.lstrip().startswith("{"):
            continue
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def holds(found: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Whether the object holds all of ``told``."""
    return all(name in found and found[name] == value for name, value in told.items())
