"""Reapers that keep something on their own host from one sweep to the next, and believe it after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import urllib.error
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, path
from kpo_scenarios.known_bad.registry import known_bad


def kept(name: str) -> Path:
    """A file that outlives the sweep."""
    return Path(os.environ["KPO_CONFORMANCE_STATE"]) / name


def read(file: Path) -> list[Any]:
    """What it holds; nothing where there is none."""
    return list(json.loads(file.read_text())) if file.exists() else []


@known_bad(fails="RESIST-CRASH", because="a later run of its task runs on it")
class FinishesItsJournal(PlainReaper):
    """Writes down which pods it is about to delete, and after a crash deletes first what is still written there."""

    def sweep(self) -> int:
        """Leave nothing half done."""
        journal = kept("journal.json")
        for where in read(journal):
            with contextlib.suppress(urllib.error.HTTPError):
                self.api.call("DELETE", where)
        code = super().sweep()
        journal.unlink(missing_ok=True)
        return code

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Promise it."""
        chosen = super().choose(zombies)
        kept("journal.json").write_text(json.dumps([path(pod) for pod in chosen]))
        return chosen


@known_bad(fails="RESIST-CRASH", because="its task was cleared and is (queued|running) again")
class ResumesItsDecisions(PlainReaper):
    """Goes on after a crash with the very pods that it had judged, uid and resourceVersion, and asks Airflow later."""

    def sweep(self) -> int:
        """Take up where the last one stopped."""
        for pod in read(kept("decided.json")):
            self.delete(pod)
        code = super().sweep()
        kept("decided.json").unlink(missing_ok=True)
        return code

    def choose(self, zombies: Sequence[Pod]) -> list[Pod]:
        """Save the work of judging."""
        chosen = super().choose(zombies)
        kept("decided.json").write_text(json.dumps(chosen))
        return chosen


@known_bad(fails="RESIST-CRASH", because="was still there after")
class WritesOffBeforeItDeletes(PlainReaper):
    """Notes a pod as deleted before it sends the DELETE, and never looks at a noted pod again."""

    def spares(self, pod: Pod) -> bool:
        """Do nothing twice."""
        return pod["metadata"]["uid"] in read(kept("done.json")) or super().spares(pod)

    def delete(self, pod: Pod) -> bool:
        """Keep the books first."""
        kept("done.json").write_text(json.dumps([*read(kept("done.json")), pod["metadata"]["uid"]]))
        return super().delete(pod)


@known_bad(fails="RESIST-CRASH", because="another sweep is under way")
class LeavesItsLockBehind(PlainReaper):
    """Keeps a second sweep out with a file that it removes at the end, and is kept out itself after a crash."""

    def sweep(self) -> int:
        """Be alone."""
        lock = kept("lock")
        try:
            lock.touch(exist_ok=False)
        except FileExistsError:
            return self.refuse("another sweep is under way")
        try:
            return super().sweep()
        finally:
            lock.unlink()
