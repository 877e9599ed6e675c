"""What a subject reports of its own deletions, read from its standard output as its file says. No verdicts here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kpo_suite.history import Sweep
from kpo_suite.subjects.lines import holds, objects
from kpo_suite.subjects.reaper_file import Accounting


@dataclass(frozen=True, kw_only=True)
class Account:
    """One pod that the subject says it deleted, or in a dry run would have deleted."""

    namespace: str
    name: str
    uid: str
    task: Any
    reason: str

    @property
    def pod(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"


def deleted(sweep: Sweep, accounting: Accounting) -> list[Account]:
    """The deletions that the sweep reported."""
    return list(_accounts(sweep, accounting, accounting.deleted))


def would_delete(sweep: Sweep, accounting: Accounting) -> list[Account]:
    """The deletions that the sweep, a dry run, would have made."""
    return list(_accounts(sweep, accounting, accounting.would_delete))


def tells(sweep: Sweep, told: Mapping[str, Any]) -> bool:
    """Whether the sweep printed an object that holds all of ``told``."""
    return any(holds(found, told) for found in objects(sweep.stdout))


def _accounts(sweep: Sweep, names: Accounting, mark: Mapping[str, Any]) -> Iterator[Account]:
    for found in objects(sweep.stdout):
        if holds(found, mark):
            yield Account(
                namespace=str(found.get(names.namespace, "")),
                name=str(found.get(names.pod, "")),
                uid=str(found.get(names.uid, "")),
                task=found.get(names.task),
                reason=str(found.get(names.reason, "")),
            )
