"""The mask: what two servers may say differently. Everything else must be equal.

* uids, resourceVersions of objects and generated names are replaced by their number in the order of appearance, so
  that the same one is the same everywhere and a new one is new on both sides;
* resourceVersions of lists, and continue tokens, are only there or not;
* times within an hour of the present are only there or not, with or without fractions of a second;
* the order of managed fields, which is that of their times: whether two writes fall into one second;
* ages in Tables, and descriptions of their columns, which are documentation;
* the message of a Status is masked, its reason, code, details and the causes' reasons and fields are not; a cause that
  is told more than once counts as told once, and one about a deletionTimestamp does not beside one about its grace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_SUFFIX = re.compile(r"[bcdfghjklmnpqrstvwxz2456789]{5}")
_AGE = re.compile(r"\d+(s|m\d+s|m)")
_PRESENT = timedelta(hours=1)


class Mask:
    """The names that one server's uids, versions and generated names have been given."""

    def __init__(self) -> None:
        self._symbols: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self.prefixes: set[str] = set()
        """What generated names begin with."""

    def symbol(self, kind: str, value: str) -> str:
        """``uid-3`` for the third uid that appeared."""
        held = self._symbols.get((kind, value))
        if held is None:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            held = self._symbols[kind, value] = f"<{kind} {self._counts[kind]}>"
        return held

    def masked(self, data: Any) -> Any:
        """A copy of JSON data with what may differ replaced."""
        if isinstance(data, Mapping):
            return self._object(data)
        if isinstance(data, list):
            return [self.masked(item) for item in data]
        return self._text(data) if isinstance(data, str) else data

    def _text(self, text: str) -> str:
        prefix = text[:-5]
        if prefix in self.prefixes and _SUFFIX.fullmatch(text[-5:]):
            return self.symbol("generated name", text)
        return _masked_time(text)

    def _object(self, data: Mapping[str, Any]) -> dict[str, Any]:
        masked: dict[str, Any] = {}
        named = "name" in data or "uid" in data
        for key, value in sorted(data.items()):
            if key == "uid" and isinstance(value, str) and value:
                masked[key] = self.symbol("uid", value)
            elif key == "resourceVersion" and isinstance(value, str) and value:
                masked[key] = self.symbol("version", value) if named else "<listed>"
            elif key == "description" and "format" in data:
                masked[key] = "<description>"
            elif key == "managedFields" and isinstance(value, list):
                masked[key] = sorted(self.masked(value), key=_manager)
            elif key == "cells":
                masked[key] = ["<age>" if _AGE.fullmatch(str(cell)) else self.masked(cell) for cell in value]
            elif key == "continue" and value:
                masked[key] = "<token>"
            else:
                masked[key] = self.masked(value)
        if data.get("kind") == "Status" and data.get("apiVersion") == "v1":
            _mask_messages(masked)
        return masked


def _manager(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(entry.get(name, "")) for name in ("manager", "operation", "apiVersion", "subresource"))


def _masked_time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if not found:
        return text
    if abs(datetime.fromisoformat(text) - datetime.now(UTC)) > _PRESENT:
        return text  # the client's own
    return "<time with fractions>" if found[1] else "<time>"


def _mask_messages(status: dict[str, Any]) -> None:
    if "message" in status:
        status["message"] = "<message>"
    details = status.get("details")
    if isinstance(details, dict):
        causes = [{**cause, "message": "<message>"} for cause in details.get("causes") or ()]
        if any(cause.get("field") == "metadata.deletionGracePeriodSeconds" for cause in causes):
            # Another grace may or may not end in another second.
            causes = [cause for cause in causes if cause.get("field") != "metadata.deletionTimestamp"]
        if causes:
            details["causes"] = [cause for place, cause in enumerate(causes) if cause not in causes[:place]]
