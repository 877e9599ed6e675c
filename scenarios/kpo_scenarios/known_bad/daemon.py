"""A good plain daemon: PlainReaper in a loop, with a lease, metrics, back-off and an end in good order."""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar

from kpo_scenarios.known_bad.exposition import Exposition, Metrics
from kpo_scenarios.known_bad.leasing import FAILURES, Lease
from kpo_scenarios.known_bad.plain import Api, Instance, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import Family, KnownBad, known_good
from kpo_suite.subjects.reaper_file import Accounting, Claims, Rule, Run

ENDED: dict[str, bool | int | str] = {"event": "sweep"}
FAILED: dict[str, bool | int | str] = {"failed": True}


class AbandonedError(Exception):
    """What the sweep had decided may no longer be done: the process is to stop, or the lease is lost."""


def by_module(bad: KnownBad) -> list[str]:
    """The arguments of a daemon that ``looping`` finds by its module and its name: it shall not import them all."""
    return [
        bad.reaper.__module__,
        bad.name,
        "--interval={interval}",
        "--metrics-port={metrics_port}",
        "--identity=reaper-{replica}",
    ]


@known_good
class PlainDaemon(PlainReaper):
    """Sweeps as PlainReaper does, again and again, while it holds a lease."""

    family: ClassVar = Family(
        run=Run(
            adapter="daemon",
            argv=["{python}", "-m", "kpo_scenarios.known_bad.looping"],
            timeout=15.0,  # for longer than it takes to take over
            options={name: [f"--{name}"] for name in ("dry-run", "exclusive-scope", "sql")},
            invalid=[["--budget=0"], ["--minimum-age=-1"], ["--no-such-setting"]],
        ),
        claims=Claims(
            features=[
                "accounting",
                "budget",
                "daemon",
                "dry-run",
                "exclusive-scope",
                "leader-election",
                "metrics",
                "multi-namespace",
                "opt-out",
                "sql-source",
            ],
            minimum_age=PlainReaper.minimum_age,
            terminal_age=PlainReaper.terminal_age,
            deletions=PlainReaper.budget,
            breaker=PlainReaper.breaker,
            opt_out={PlainReaper.opt_out: "true"},
            rules=[
                Rule(api_groups=[""], resources=["pods"], verbs=["list", "delete"]),
                Rule(api_groups=["coordination.k8s.io"], resources=["leases"], verbs=["get", "create", "update"]),
            ],
            accounting=Accounting(sweep_ended=ENDED, sweep_failed=FAILED),
            interval=0.1,
            stop_within=10.0,
            lease_seconds=1.0,
            takeover_within=10.0,
        ),
        argv=by_module,
    )
    metrics_told: tuple[str, ...] = ("candidates", "deletions", "skips", "errors")
    longest_pause = 4
    """Intervals."""
    leasing: type[Lease] = Lease

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        self.interval = 60.0
        self.metrics_port = 0
        self.identity = "reaper"
        self.metrics = Metrics(self.metrics_told)
        self.stopping = threading.Event()
        self.term = 0

    def configure(self, settings: Sequence[str]) -> str:
        """Take the settings of a daemon besides."""
        others = []
        for setting in settings:
            name, _, value = setting.removeprefix("--").partition("=")
            if name == "interval":
                self.interval = float(value)
            elif name == "metrics-port":
                self.metrics_port = int(value)
            elif name == "identity":
                self.identity = value
            else:
                others.append(setting)
        return super().configure(others)

    def run(self) -> int:
        """Sweep until SIGTERM; the exit code."""
        seconds = round(self.family.claims.lease_seconds)
        self.lease = self.leasing(self.api, self.api.namespace, self.identity, seconds=seconds)
        signal.signal(signal.SIGTERM, self.stop)
        failures = 0
        with self.exposition():
            while self.may_begin():
                failures = 0 if self.is_well_swept() else failures + 1
                self.stopping.wait(self.pause(failures))
        self.lease.release()
        return 0

    def exposition(self) -> AbstractContextManager[object]:
        """Serve metrics; where their port is taken, say so and sweep without: nobody's pods wait for a graph."""
        try:
            return Exposition(self.metrics, self.metrics_port)
        except OSError as error:
            self.complain(error)
            return nullcontext()

    def stop(self, *_: object) -> None:
        """Begin nothing new."""
        self.stopping.set()

    def may_begin(self) -> bool:
        """Wait for the lease; whether it is held, and not the time to stop."""
        return self.lease.take(self.stopping)

    def pause(self, failures: int) -> float:
        """Seconds until the next sweep: twice as many after each that failed."""
        return self.interval * min(1 << failures, self.longest_pause)

    def is_well_swept(self) -> bool:
        """Make one sweep, whatever becomes of it; False where it failed."""
        self.term, self.failed = self.lease.term, False
        try:
            failed = bool(self.sweep())
        except AbandonedError:
            return True
        except Exception as error:  # noqa: BLE001 - the next sweep is due whatever ended this one
            self.complain(error)
            failed = True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)  # the sweep's deadline is none of the pause's
        if failed:
            self.count_failure()
        else:
            self.succeeded()
        self.print(ENDED | {"failed": failed})
        return not failed

    def count_failure(self) -> None:
        """Count a sweep that failed."""
        self.metrics.add("errors")

    def succeeded(self) -> None:
        """Note when the last sweep without a failure ended."""
        self.metrics.last_success = time.time()

    def skip(self, reason: str) -> None:
        """Count a pod that is left alone."""
        self.metrics.add("skips", reason)

    def complain(self, error: Exception) -> None:
        """Say why a sweep failed."""
        if not isinstance(error, FAILURES):
            traceback.print_exception(error)
        sys.stderr.write(f"{self.identity}: {type(error).__name__}: {error}\n")
        sys.stderr.flush()

    def spares(self, pod: Pod) -> bool:
        """Count it."""
        spared = super().spares(pod)
        if spared:
            self.skip("spared")
        return spared

    def is_zombie(self, pod: Pod, instances: Sequence[Instance], pods: Iterable[Pod]) -> bool:
        """Count it either way."""
        found = super().is_zombie(pod, instances, pods)
        if found:
            self.metrics.add("candidates")
        else:
            self.skip("needed")
        return found

    def delete(self, pod: Pod) -> bool:
        """Make sure first that this may still be done."""
        if not self.may_go_on():
            raise AbandonedError
        deleted = super().delete(pod)
        if deleted:
            self.metrics.add("deletions")
        else:
            self.skip("gone")
        return deleted

    def may_go_on(self) -> bool:
        """Whether the lease is still that under which the sweep began, and it is not the time to stop."""
        return not self.stopping.is_set() and self.lease.confirm(self.term) and not self.stopping.is_set()
