"""Reapers that delete whatever has the name: they name no uid, or give it up when something goes wrong."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping
from typing import Any

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, path
from kpo_scenarios.known_bad.registry import known_bad

SAME = ("dag_id", "task_id", "run_id", "map_index")
BY_NAME: Mapping[str, Any] = {}
NEXT_RUN = "made it under the name of the one that was judged"


@known_bad(fails="DELETE-INCARNATION", because=f"{NEXT_RUN}|try 2 runs on it")
class DeletesByName(PlainReaper):
    """Deletes by name, as every client's delete_namespaced_pod(name, namespace) does by default."""

    preconditions = ()


@known_bad(fails="DELETE-INCARNATION", because=NEXT_RUN)
class ComparesTheUidItself(DeletesByName):
    """Reads the pod right before its DELETE and compares the uid by itself, instead of having the API server do it."""

    def delete(self, pod: Pod) -> bool:
        """Look, and then delete by name."""
        try:
            now = self.api.call("GET", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return False
        return now["metadata"]["uid"] == pod["metadata"]["uid"] and super().delete(now)


@known_bad(fails="DELETE-INCARNATION", because=f"{NEXT_RUN}|try 2 runs on it")
class DeletesByNameAfterAConflict(PlainReaper):
    """Takes a conflict for a matter of resourceVersions, and drops the preconditions."""

    def delete(self, pod: Pod) -> bool:
        """Have it one way or the other."""
        if super().delete(pod):
            return True
        try:
            self.api.call("DELETE", path(pod), BY_NAME)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True


@known_bad(fails="DELETE-INCARNATION", because="try 2 runs on it")
class ComparesIdentityLabels(DeletesByName):
    """Reads the pod right before its DELETE, and holds it for the same where task, run and map index are the same."""

    def delete(self, pod: Pod) -> bool:
        """Compare what the pod is for."""
        try:
            now = self.api.call("GET", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return False
        same = all(now["metadata"]["labels"].get(each) == pod["metadata"]["labels"].get(each) for each in SAME)
        return same and super().delete(now)


@known_bad(fails="DELETE-LOST-REPLY", because=f"{NEXT_RUN}|try 2 runs on it")
class SendsItAgain(PlainReaper):
    """Sends a DELETE again by name when its reply is lost, as urllib3 does under the official Python client."""

    attempts = 4
    """urllib3's Retry(3), and the first."""

    def delete(self, pod: Pod) -> bool:
        """Try until there is an answer."""
        try:
            return super().delete(pod)
        except urllib.error.HTTPError:
            raise
        except OSError:
            return self.again(pod)

    def again(self, pod: Pod) -> bool:
        """Send what is left of the request."""
        for _ in range(1, self.attempts):
            try:
                self.api.call("DELETE", path(pod), BY_NAME)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code in (404, 409)
            except OSError:
                continue
            return True
        return False


@known_bad(fails="DELETE-LOST-REPLY", because=f"{NEXT_RUN}|try 2 runs on it")
class LooksWhetherItIsGone(SendsItAgain):
    """Reads the pod when the reply to its DELETE was lost, and deletes what it finds."""

    def again(self, pod: Pod) -> bool:
        """See whether the name is still there."""
        try:
            found = self.api.call("GET", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return error.code == 404
        return "deletionTimestamp" in found["metadata"] or PlainReaper.delete(self, found)


@known_bad(fails="RESIST-ANY-SINGLE-FAULT", because="a later run of its task runs on it")
class ReadsAndDeletesAfterAConflict(PlainReaper):
    """Takes a conflict for a change of its pod: reads what is there now, and deletes that."""

    def delete(self, pod: Pod) -> bool:
        """Be up to date."""
        if super().delete(pod):
            return True
        try:
            return super().delete(self.api.call("GET", path(pod)))
        except urllib.error.HTTPError as error:
            with error:
                return False
