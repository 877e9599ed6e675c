"""What is true of each pod of a world, whatever a reaper thinks of it. The judge measures deletions against fates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FINISHED = frozenset(("success", "failed", "skipped", "upstream_failed", "removed"))
"""The states of a task instance after which nothing runs: the same in every Airflow from 2.7 to 3.3."""

FateKind: TypeAlias = Literal["live", "zombie", "kept"]
Role: TypeAlias = Literal["examined", "twin", "control"]


def task_name(dag_id: str, task_id: str, map_index: int) -> str:
    """A task instance as people write it: ``dag.task``, or ``dag.task[map_index]`` where it is mapped."""
    index = f"[{map_index}]" if map_index >= 0 else ""
    return f"{dag_id}.{task_id}{index}"


@dataclass(frozen=True, kw_only=True)
class Fate:
    """The fate of one incarnation of one pod.

    ``live``: its attempt runs or will still be adopted, read or resumed. ``zombie``: nobody needs it. ``kept``: not
    needed, but not the reaper's to delete. The ``twin`` is a plain zombie that every world holds, the ``control`` a
    plain live pod: a reaper that leaves the twin or takes the control shows nothing by what it does to the others.
    """

    namespace: str
    name: str
    uid: str
    kind: FateKind
    why: str
    task: str = ""
    """The task instance as people write it: ``etl.load``, ``etl.load[3]``."""
    truth: str = ""
    """What Airflow's database says of it: ``running, try 2``."""
    role: Role = "examined"
    examines: frozenset[str] = frozenset()
    """The requirements that this pod puts to the test."""

    @property
    def pod(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return f"{self.pod} (uid {self.uid[:4]}..)"


@dataclass(frozen=True, kw_only=True)
class TaskEnd:
    """How a task of a live world had to end, and how it did."""

    task: str
    expected: str
    actual: str
    examines: frozenset[str] = frozenset()
