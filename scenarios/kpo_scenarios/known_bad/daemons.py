"""Daemons that go wrong where a process lives on: when it is told to stop, when it sleeps, fails, or is not alone."""

from __future__ import annotations

import signal
import sys
import urllib.error
from datetime import UTC, datetime, timedelta
from typing import Any

from kpo_scenarios.known_bad.daemon import PlainDaemon
from kpo_scenarios.known_bad.leasing import FAILURES, Lease
from kpo_scenarios.known_bad.plain import Pod
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="RESIST-STOP", because="began after SIGTERM")
class FinishesItsSweepFirst(PlainDaemon):
    """Looks whether it is to stop between two sweeps, and deletes what it has decided before that."""

    def may_go_on(self) -> bool:
        """Ask for the lease only."""
        return self.lease.confirm(self.term)


@known_bad(fails="RESIST-STOP", because="died of signal 15")
class DiesOfSigterm(PlainDaemon):
    """Leaves SIGTERM to the system, which ends it wherever it is."""

    def run(self) -> int:
        """Take the handler away again as soon as it is there."""
        self.stop = signal.SIG_DFL  # type: ignore[assignment, method-assign]
        return super().run()


@known_bad(fails="RESIST-STOP", because="had not ended 0.5 s after SIGTERM", stop_within=0.5)
class IgnoresSigterm(PlainDaemon):
    """Is the first process of its container and has no handler for SIGTERM, which the system then withholds."""

    def stop(self, *_: object) -> None:
        """Do nothing."""


@known_bad(fails="RESIST-STOP", because="ended with exit code 143")
class EndsWithTheCodeOfTheSignal(PlainDaemon):
    """Ends as a shell does whose child was ended by a signal."""

    def run(self) -> int:
        """Add 128."""
        super().run()
        return 128 + signal.SIGTERM


@known_bad(fails="RESIST-PAUSE", because="was decided before the daemon was stopped")
class TrustsItsLease(PlainDaemon):
    """Takes the lease before a sweep and believes in it until the sweep is over."""

    def may_go_on(self) -> bool:
        """Ask whether it is to stop only."""
        return not self.stopping.is_set()


@known_bad(fails="RESIST-PAUSE", because="was decided before the daemon was stopped")
class TakesItsLeaseAgain(PlainDaemon):
    """Looks for the lease before each deletion, takes it again where it was lost, and goes on where it was."""

    def may_go_on(self) -> bool:
        """Hold it in whatever term."""
        if not self.lease.take(self.stopping):
            return False
        self.term = self.lease.term
        return super().may_go_on()


@known_bad(fails="RESIST-LOOP", because="ended with exit code 1 in pass")
class EndsWithItsFirstFailure(PlainDaemon):
    """Takes a sweep that failed for a reason to end, and the next process for somebody else's business."""

    def count_failure(self) -> None:
        """Leave."""
        sys.exit(1)


@known_bad(fails="RESIST-LOOP", because="No sweep began and ended within 2 s", timeout=2.0)
class SweepsInAThreadThatDies(PlainDaemon):
    """Sweeps in a thread of its own, which the first exception ends while the process lives on."""

    def count_failure(self) -> None:
        """Wait for a thread that is no more."""
        self.stopping.wait()


@known_bad(fails="RESIST-LOOP", because="failing sweeps in a row the next began")
class SweepsAgainAtOnce(PlainDaemon):
    """Makes up for a failed sweep without waiting for its interval."""

    def pause(self, failures: int) -> float:
        """Not at all."""
        return 0.0 if failures else super().pause(failures)


@known_bad(fails="RESIST-LOOP", because="failing sweeps in a row the next began")
class KeepsItsInterval(PlainDaemon):
    """Waits for its interval after a sweep that failed as after any other."""

    def pause(self, failures: int) -> float:
        """Know no failures."""
        return self.interval


@known_bad(fails="RESIST-LOOP", because="failing sweeps in a row the next began")
class BacksOffForTheClusterOnly(PlainDaemon):
    """Backs off where the API server fails, and asks a database that is down at every interval."""

    def complain(self, error: Exception) -> None:
        """Tell the two apart."""
        self.of_the_cluster = isinstance(error, FAILURES)
        super().complain(error)

    def pause(self, failures: int) -> float:
        """Know those of the cluster."""
        return super().pause(failures if getattr(self, "of_the_cluster", True) else 0)


@known_bad(fails="RESIST-LOOP", because="ended with exit code 1 in pass")
class EndsWhereNobodyTellsOfItsLease(PlainDaemon):
    """Asks who has the lease before each sweep, and takes an error of the server for its own end."""

    def may_begin(self) -> bool:
        """Ask."""
        try:
            self.api.call("GET", self.lease.path)
        except urllib.error.HTTPError as error:
            with error:
                if error.code >= 500:
                    sys.exit(1)
        return super().may_begin()


@known_bad(fails="RESIST-LOOP", because="No sweep began and ended within 3 s", timeout=3.0)
class NeverTakesItsLeaseAgain(PlainDaemon):
    """Takes the lease when it starts, and waits for ever where it was lost."""

    def may_begin(self) -> bool:
        """Begin in the first term only."""
        if self.lease.term and not self.lease.is_current(self.lease.term):
            self.stopping.wait()
        return super().may_begin()


@known_bad(fails="LEAD-ONE", because="which had never taken the lease")
class EveryReplicaSweeps(PlainDaemon):
    """Has the lease in its documentation and nowhere else."""

    def may_begin(self) -> bool:
        """Begin."""
        return not self.stopping.is_set()

    def may_go_on(self) -> bool:
        """Go on."""
        return not self.stopping.is_set()


@known_bad(fails="LEAD-ONE", because="No other replica had taken the lease", takeover_within=2.0, timeout=5.0)
class StandsByForEver(PlainDaemon):
    """Tries to take the lease once, when it starts, and waits from then on."""

    def may_begin(self) -> bool:
        """Look at the lease once."""
        if not self.lease.term and not self.lease.once():
            self.stopping.wait()
        return super().may_begin()


@known_bad(fails="LEAD-ONE", because="and the lease was another's")
class HoldsItUntilTheSweepIsOver(TrustsItsLease):
    """Takes the lease for each sweep and looks at it no more until the next."""


@known_bad(fails="LEAD-ONE", because="and the lease was another's")
class GoesOnWhereNobodyTellsOfItsLease(PlainDaemon):
    """Looks who has the lease before each deletion, and takes an error of the server for its own name."""

    def may_go_on(self) -> bool:
        """Ask, and be content with no answer."""
        try:
            holder = self.api.call("GET", self.lease.path)["spec"].get("holderIdentity")
        except FAILURES:
            return not self.stopping.is_set()
        return holder == self.identity and not self.stopping.is_set()


class _LeaseByTheClock(Lease):
    """One whose end is told by the time that it shows."""

    def is_overdue(self, spec: dict[str, Any]) -> bool:
        """Add, and look at the own clock."""
        ends = datetime.fromisoformat(spec["renewTime"]) + timedelta(seconds=spec["leaseDurationSeconds"])
        return ends < datetime.now(UTC)


class _LeaseByEither(_LeaseByTheClock):
    """One that is over when it looks so, and when it is."""

    def is_overdue(self, spec: dict[str, Any]) -> bool:
        """Be content with either."""
        return super().is_overdue(spec) or Lease.is_overdue(self, spec)


@known_bad(fails="LEAD-ONE", because="No other replica had taken the lease", takeover_within=2.0, timeout=5.0)
class BelievesTheTimesOfALease(PlainDaemon):
    """Takes a lease over when the time that it shows is over by its own clock, and not before."""

    leasing = _LeaseByTheClock


@known_bad(fails="LEAD-ONE", because="took the lease .* after its holder had renewed it")
class TakesALeaseThatLooksOld(PlainDaemon):
    """Takes a lease over that has not changed for its time, and at once where the time that it shows is over."""

    leasing = _LeaseByEither


@known_bad(fails="TELL-METRICS", because="reaper_deletions_total grew by 2 in pass 1, in which 1 were committed")
class CountsWhatItTries(PlainDaemon):
    """Counts a deletion before it asks for it, and what is refused as well."""

    def delete(self, pod: Pod) -> bool:
        """Count, and take one back where it was counted twice."""
        self.metrics.add("deletions")
        deleted = super().delete(pod)
        if deleted:
            self.metrics.add("deletions", number=-1)
        return deleted


@known_bad(fails="TELL-METRICS", because="is that of pass 1, whose LIST of pods failed")
class CallsEverySweepASuccess(PlainDaemon):
    """Writes the time of its last sweep under the name of its last success."""

    def count_failure(self) -> None:
        """Tell the time."""
        super().count_failure()
        self.succeeded()


@known_bad(fails="TELL-METRICS", because="reaper_errors_total grew by 0 in pass 1, in which 1 requests failed")
class CountsNoErrors(PlainDaemon):
    """Logs what fails, and counts only what goes well."""

    def count_failure(self) -> None:
        """Count nothing."""


@known_bad(fails="TELL-METRICS", because="There is no metric reaper_candidates_total")
class TellsOfDeletionsOnly(PlainDaemon):
    """Exposes what it has deleted, and nothing that says whether it looked."""

    metrics_told = ("deletions", "errors", "skips")


@known_bad(fails="TELL-METRICS", because="without the label reason")
class SkipsWithoutAReason(PlainDaemon):
    """Counts what it leaves alone in one number."""

    def skip(self, reason: str) -> None:
        """Forget why."""
        super().skip("")
