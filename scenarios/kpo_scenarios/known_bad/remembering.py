"""Reapers that remember something from one sweep to the next, and believe it."""

from __future__ import annotations

import urllib.error
from typing import Any

from kpo_scenarios.known_bad.plain import PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad

LEASES = "/apis/coordination.k8s.io/v1/namespaces"


class Remembers(PlainReaper):
    """Keeps its memory in an annotation of a Lease, which it may write."""

    @property
    def lease(self) -> str:
        """Where the Lease is."""
        return f"{LEASES}/{self.namespaces[0]}/leases/plain-reaper"

    def remembered(self) -> list[str]:
        """The words of the sweeps before."""
        return [word for word in self.read()["metadata"].get("annotations", {}).get("memory", "").split() if word]

    def remember(self, *words: str) -> None:
        """Have these words, and no others, remembered."""
        lease = self.read()
        lease["metadata"]["annotations"] = {"memory": " ".join(words)}
        self.api.call("PUT", self.lease, lease)

    def read(self) -> dict[str, Any]:
        """The Lease, made where there is none."""
        try:
            return dict(self.api.call("GET", self.lease))
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 404:
                    raise
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "plain-reaper"}}
        return dict(self.api.call("POST", self.lease.rpartition("/")[0], lease))


@known_bad(fails="REAP-CONVERGES", because="was still there after 1 sweep without faults; its task failed")
class RetiresBeforeItDeletes(Remembers):
    """Notes a pod as done before its DELETE is durable, and never comes back to it."""

    def delete(self, pod: Pod) -> bool:
        """Keep the books first."""
        self.remember(*self.remembered(), pod["metadata"]["uid"])
        return super().delete(pod)

    def is_zombie(self, pod: Pod, *others: Any) -> bool:
        """Go by the books."""
        return super().is_zombie(pod, *others) and pod["metadata"]["uid"] not in self.remembered()


@known_bad(fails="REAP-CONVERGES", because="as that of the run before")
class DealsWithANameOnce(Remembers):
    """Remembers the names of the pods that are gone, and does not look at them again."""

    def delete(self, pod: Pod) -> bool:
        """Strike the name off the list, whatever the answer was."""
        deleted = super().delete(pod)
        self.remember(*self.remembered(), pod["metadata"]["name"])
        return deleted

    def is_zombie(self, pod: Pod, *others: Any) -> bool:
        """Look for names that are new."""
        return super().is_zombie(pod, *others) and pod["metadata"]["name"] not in self.remembered()


@known_bad(fails="REAP-CONVERGES", because="while the first sweep went on|nobody keeps it any more")
class KeepsWhatItKeptOnce(Remembers):
    """Remembers the pods that it kept, to save itself the work of judging them again."""

    def is_zombie(self, pod: Pod, *others: Any) -> bool:
        """Judge each pod once."""
        known = self.remembered()
        if pod["metadata"]["uid"] in known:
            return False
        found = super().is_zombie(pod, *others)
        if not found:
            self.remember(*known, pod["metadata"]["uid"])
        return found


@known_bad(fails="REAP-CONVERGES", because="was still there after 1 sweep without faults")
class LocksWithoutAnEnd(Remembers):
    """Takes a lock without an end, and gives it back at the end of the sweep, if it comes so far."""

    def sweep(self) -> int:
        """Let nobody else sweep in the meantime."""
        if self.remembered():
            return 0
        self.remember("locked")
        code = super().sweep()
        self.remember()
        return code


@known_bad(fails="RESIST-ANY-SINGLE-FAULT", because="after the faults had ended, ended with exit code 1")
class WaitsForAnOperator(Remembers):
    """Notes that a sweep failed, and refuses every other until somebody has taken the note away."""

    def sweep(self) -> int:
        """Do nothing where something was wrong."""
        if self.remembered():
            return self.refuse("the last sweep failed; look into it and delete the Lease")
        self.remember("failed")
        code = super().sweep()
        if not code:
            self.remember()
        return code


@known_bad(fails="RESIST-ANY-SINGLE-FAULT", because="was still there after 1 sweep without faults")
class PassesOverWhatFailedOnce(Remembers):
    """Notes a pod whose DELETE failed, and leaves it to somebody else from then on."""

    def delete(self, pod: Pod) -> bool:
        """Have no trouble twice."""
        if pod["metadata"]["uid"] in self.remembered():
            return False
        deleted = False
        try:
            deleted = super().delete(pod)
        except OSError:
            self.failed = True
        if not deleted:
            self.remember(*self.remembered(), pod["metadata"]["uid"])
        return deleted
