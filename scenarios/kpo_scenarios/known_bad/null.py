"""Reapers that judge nothing: the floor under every score."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from kpo_scenarios.known_bad.plain import PlainReaper
from kpo_scenarios.known_bad.registry import known_bad

PATIENCE = 6.0
"""Seconds that a sweep may take which deletes all that there is, a thousand pods or an answer that never ends."""


@known_bad(fails="REAP-FINISHED", because="was still there after 1 sweep", null=True)
class DoesNothing(PlainReaper):
    """Looks at nothing and deletes nothing."""

    def sweep(self) -> int:
        """Be content."""
        return 0


@known_bad(fails="KEEP-UNFINISHED", because="its task is", null=True, timeout=PATIENCE)
class DeletesEveryKpoPod(PlainReaper):
    """Takes the label kubernetes_pod_operator=True for a reason."""

    def sweep(self) -> int:
        """Delete what is listed."""
        for pod in self.list_pods():
            self.delete(pod)
        return 0


@known_bad(fails="KEEP-NOT-KPO", because="KubernetesPodOperator did not make it", null=True, timeout=PATIENCE)
class DeletesEverything(PlainReaper):
    """Deletes every pod of its namespaces."""

    selector = ""

    def sweep(self) -> int:
        """Leave nothing."""
        for pod in self.list_pods():
            self.delete(pod)
        return 0


@known_bad(fails="REAP-FINISHED", because="ended with exit code 1", null=True)
class Crashes(PlainReaper):
    """Ends with an exception before its first request."""

    def sweep(self) -> int:
        """Meet a case that nobody has thought of."""
        raise AssertionError("this cannot happen")


@known_bad(fails="REAP-FINISHED", because="died of signal 9", null=True)
class IsKilled(PlainReaper):
    """Is killed for the memory that it takes."""

    def sweep(self) -> int:
        """Take too much."""
        os.kill(os.getpid(), signal.SIGKILL)
        return 0


@known_bad(fails="REAP-FINISHED", because="hung: it was still running after", null=True, timeout=0.2)
class Hangs(PlainReaper):
    """Waits for something that does not come."""

    def sweep(self) -> int:
        """Wait."""
        while True:
            time.sleep(60)


@known_bad(fails="BOUND-CONFIG", because="the reaper states no settings|ended with exit code 0", null=True)
class SaysThatAllIsWell(PlainReaper):
    """Reports success whatever it is asked."""

    def configure(self, settings: Sequence[str]) -> str:
        """Take anything."""
        return ""

    def sweep(self) -> int:
        """Print what sounds good."""
        sys.stdout.write('{"outcome": "summary", "deleted": 0, "errors": []}\n')
        return 0
