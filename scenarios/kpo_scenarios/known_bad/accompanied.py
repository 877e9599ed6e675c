"""Reapers that think they are alone: what somebody else has done is an error to them, or their own work."""

from __future__ import annotations

import urllib.error

from kpo_scenarios.known_bad.plain import PlainReaper, Pod, path
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="RESIST-COMPANY", because="a later run of its task runs on it")
class TakesANameForAPod(PlainReaper):
    """Deletes whatever has the zombie's name by now, since nobody else would have deleted the zombie."""

    def delete(self, pod: Pod) -> bool:
        """Say the name and nothing more."""
        try:
            self.api.call("DELETE", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return False
        return True


@known_bad(fails="RESIST-COMPANY", because="a later run of its task runs on it")
class TakesAConflictForNoise(PlainReaper):
    """Deletes with preconditions, and where those do not hold (409), once more without."""

    def delete(self, pod: Pod) -> bool:
        """Ask again."""
        if super().delete(pod):
            return True
        try:
            self.api.call("DELETE", path(pod))
        except urllib.error.HTTPError as error:
            with error:
                return False
        return True


@known_bad(fails="RESIST-COMPANY", because="ended with exit code 1")
class FailsOverAPodThatIsGone(PlainReaper):
    """Lets a 404 end the sweep: the pod that it wants to delete is to be there."""

    def delete(self, pod: Pod) -> bool:
        """Expect the world to stand still."""
        metadata = pod["metadata"]
        preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        try:
            self.api.call("DELETE", path(pod), {"preconditions": preconditions})
        except urllib.error.HTTPError as error:
            with error:
                if error.code != 409:
                    raise
            return False
        return True


@known_bad(fails="RESIST-COMPANY", because="ended with exit code 1")
class FailsWhereItWasNotTheFirst(PlainReaper):
    """Counts each pod that another deleted before it as a failure of its own, and ends with exit code 1."""

    failed = False

    def sweep(self) -> int:
        """Sum up."""
        return super().sweep() or int(self.failed)

    def delete(self, pod: Pod) -> bool:
        """Keep the score."""
        done = super().delete(pod)
        self.failed = self.failed or not done
        return done


@known_bad(fails="RESIST-COMPANY", because="reports that .* was deleted, which")
class CountsWhatOthersDeleted(PlainReaper):
    """Reports a pod as deleted once it is gone, whoever has deleted it."""

    def delete(self, pod: Pod) -> bool:
        """Care for the result."""
        super().delete(pod)
        return True
