"""Reapers that do what they can and end with the wrong code."""

from __future__ import annotations

import urllib.error

from kpo_scenarios.known_bad.plain import PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="TELL-EXIT-CODE", because="ended with exit code 0; DELETE .* (HTTP 500|without an answer)")
class EndsWellWhateverFails(PlainReaper):
    """Goes on to the next pod when a DELETE fails, and forgets it (airflow kubernetes cleanup-pods)."""

    def delete(self, pod: Pod) -> bool:
        """Take it easy."""
        try:
            return super().delete(pod)
        except OSError:
            return False

    def fail(self, error: urllib.error.HTTPError) -> None:
        """Think nothing of it."""
        error.close()


@known_bad(fails="TELL-EXIT-CODE", because="ended with exit code 0; GET .*pods.* HTTP (403|500)")
class PassesOverANamespace(PlainReaper):
    """Takes a namespace that cannot be listed for one without pods."""

    def list_namespace(self, where: str) -> list[Pod]:
        """See what can be seen."""
        try:
            return super().list_namespace(where)
        except urllib.error.HTTPError as error:
            with error:
                return []


@known_bad(fails="TELL-EXIT-CODE", because="ended with exit code 1 although nothing failed")
class CallsItAFailureWhenAPodIsGone(PlainReaper):
    """Counts as failed what somebody else has deleted."""

    def delete(self, pod: Pod) -> bool:
        """Note that it was not the first."""
        deleted = super().delete(pod)
        self.failed = self.failed or not deleted
        return deleted


@known_bad(fails="TELL-EXIT-CODE", because="ended with exit code 0; DELETE")
class RemembersTheLastOnly(EndsWellWhateverFails):
    """Ends with what became of its last DELETE."""

    last = True

    def delete(self, pod: Pod) -> bool:
        """Forget the one before."""
        self.last = super().delete(pod)
        return self.last

    def sweep(self) -> int:
        """Say how it ended."""
        return super().sweep() or int(not self.last)
