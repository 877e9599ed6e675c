"""The ``daemon`` adapter: processes that sweep by themselves until told to stop. A pass is one of their sweeps.

A daemon lives as long as its world. Between passes it waits at the gate in front of the API server, so that no sweep
falls between two; everything else of it, its lease and its metrics, goes on.
"""

from __future__ import annotations

import random
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from kpo_fixtures.gateways import Exchange
from kpo_fixtures.gateways.gate import Gate
from kpo_suite.subjects.adapter import Ground, Subject
from kpo_suite.subjects.lines import holds, objects
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.replica import POLL, Replica
from kpo_suite.subjects.surroundings import Outcome, Surroundings
from kpo_suite.subjects.turns import Turns
from kpo_suite.subjects.watch import Ended, Signalled, Watch

PORTS = range(20_000, 32_000)
"""Where ports for metrics are looked for: below those that systems give to outgoing connections."""
SCRAPE_TIMEOUT = 5.0


@dataclass(frozen=True, kw_only=True)
class _Place(Surroundings):
    """The surroundings of one replica."""

    replica: str
    interval: float
    metrics_port: int

    def words(self) -> dict[str, str]:
        own = {"replica": self.replica, "interval": f"{self.interval:g}", "metrics_port": str(self.metrics_port)}
        return {**super().words(), **own}


class DaemonSubject(Subject):
    """Starts its replicas at the first pass in a world, and anew at the next pass where one has ended."""

    def __init__(self, file: ReaperFile) -> None:
        super().__init__(file)
        self._ground: Ground | None = None
        self._gate: Gate | None = None
        self._names: list[str] = []
        self._replicas: dict[str, Replica] = {}
        self._turns = Turns(self._told)
        self._signals: list[Signalled] = []
        self._signalling = threading.Lock()

    def enter(self, ground: Ground, *, replicas: int = 1) -> None:
        """As ``Subject.enter``. The first replica comes by the gateway's own way in, each other by its number's."""
        self.leave()
        self._ground = ground
        self._names = ["", *(str(number) for number in range(2, replicas + 1))]
        self._turns = Turns(self._told)
        self._gate = ground.gateway.gate = Gate(self._turns.keep)

    def leave(self) -> None:
        """As ``Subject.leave``: by force, for nobody judges how it ends there."""
        for replica in self._replicas.values():
            replica.end()  # before the gate goes, lest a sweep slip through
        if self._ground is not None:
            self._ground.gateway.gate = None
            self._ground = self._gate = None
        for replica in self._replicas.values():
            replica.close()
        self._replicas.clear()

    def close(self) -> None:
        """As ``Subject.close``."""
        self.leave()

    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """Wait for the end of one whole sweep that begins from now on.

        Exit code 0 for a sweep that was seen to end, 1 where the daemon said that it failed, its processes' own where
        all have ended, None when none did within the file's ``timeout``; they are killed then.
        """
        if self._ground is None or self._gate is None:
            raise RuntimeError("a daemon sweeps the world that it has entered, and it has entered none")
        began, now = time.monotonic(), time.time()
        self._await_stopping()
        ends = self._bury()
        try:
            self._start(surroundings, options, extra)
        except OSError as error:
            return Outcome(exit_code=127, stdout="", stderr=str(error), seconds=0.0)
        before = self._scrape()
        self._turns.open()
        self._gate.ask_again()
        code = self._await_end(began + self.file.run.timeout)
        begins = self._turns.close()
        with self._signalling:  # what ended a process is told in the pass in which it did
            signals, self._signals = tuple(self._signals), []
        metrics = self._scrape()
        stdout, stderr = self._said("stdout"), self._said("stderr")
        if code == 0 and self._has_failed(stdout):
            code = 1
        if code is None:
            for replica in self._replicas.values():
                replica.end()
        watch = Watch(
            begins=begins,
            signals=signals,
            ends=(*ends, *self._bury()),
            metrics_before=before,
            metrics=metrics,
            began=now,
        )
        return Outcome(exit_code=code, stdout=stdout, stderr=stderr, seconds=time.monotonic() - began, watch=watch)

    def signal(self, number: int) -> bool:
        """As ``Subject.signal``, until it was had: to the replica that is stopped, or else to the lease's holder."""
        with self._signalling:
            if self._ground is None:
                return False
            taken = [each.by for each in self._ground.gateway.ended() if each.committed and _is_lease(each)]
            stopped = [name for name, each in self._replicas.items() if each.is_stopped]
            replica, at = self._replicas.get((*taken, *stopped)[-1] if taken or stopped else ""), time.monotonic()
            idle = number == signal.SIGCONT and not stopped
            if idle or replica is None or not replica.signal(number):
                return False
            sent = Signalled(number=number, caller=replica.name, step=self._ground.timeline.count, at=at)
            self._signals.append(sent)
            return True

    def _await_stopping(self) -> None:
        """Give who was told to stop between two passes its time."""
        for replica in self._replicas.values():
            deadline = (replica.stopping_since or 0.0) + self.file.claims.stop_within
            while replica.stopping_since is not None and replica.is_alive:
                if time.monotonic() > deadline:
                    replica.end()
                time.sleep(POLL)

    def _told(self, name: str) -> int | None:
        replica = self._replicas.get(name)
        return replica.told() if replica else None

    def _start(self, surroundings: Surroundings, options: Sequence[str], extra: Sequence[str]) -> None:
        """Start whoever does not run, and whoever runs with other arguments anew."""
        assert self._ground is not None
        for number, name in enumerate(self._names, 1):
            running = self._replicas.get(name)
            place = _Place(
                **{field.name: getattr(surroundings, field.name) for field in fields(Surroundings)},
                replica=str(number),
                interval=self.file.claims.interval,
                metrics_port=running.metrics_port if running else _free_port(),
            )
            if name:
                place = replace(place, kubeconfig=self._ground.kubeconfig(name), state=self._ground.state(name))
            argv = self.arguments(place, options, extra)
            if running is not None and running.argv == tuple(argv):
                continue
            if running is not None:
                self._retire(running)
            self._turns.meet(name)
            self._replicas[name] = Replica(
                name,
                argv,
                self.environment(place),
                self.file.claims.accounting.sweep_ended,
                metrics_port=place.metrics_port,
            )

    def _await_end(self, deadline: float) -> int | None:
        while True:
            over = self._turns.is_over(POLL)
            now = time.monotonic()
            running = [each for each in self._replicas.values() if each.is_alive]
            if not running:
                return next(each.process.returncode for each in reversed(self._replicas.values()))
            stopping = [each for each in running if each.stopping_since is not None]
            if any(now > (each.stopping_since or now) + self.file.claims.stop_within for each in stopping):
                return None
            if over and not stopping and not any(each.is_stopped for each in running):
                return 0
            if now > deadline:
                return None

    def _retire(self, replica: Replica) -> None:
        """End a process in good order, or by force where that takes too long."""
        replica.signal(signal.SIGTERM)
        deadline = time.monotonic() + self.file.claims.stop_within
        while replica.is_alive and time.monotonic() < deadline:
            time.sleep(POLL)
        replica.close()

    def _bury(self) -> list[Ended]:
        """How those ended that have; what they left behind ends with them."""
        gone = [each for each in self._replicas.values() if not each.is_alive]
        ends = [each.end() for each in gone]
        for each in gone:
            each.close()
            del self._replicas[each.name]
        return ends

    def _said(self, stream: str) -> str:
        return "".join(each.said(stream) for each in self._replicas.values())

    def _has_failed(self, stdout: str) -> bool:
        """Whether the last sweep that it told of is one that failed."""
        accounting = self.file.claims.accounting
        if not (accounting.sweep_ended and accounting.sweep_failed):
            return False
        told = [each for each in objects(stdout) if holds(each, accounting.sweep_ended)]
        return bool(told) and holds(told[-1], accounting.sweep_failed)

    def _scrape(self) -> str:
        """The metrics of the first replica that lives, empty where there are none to read."""
        running = [each for each in self._replicas.values() if each.is_alive and not each.is_stopped]
        if "metrics" not in self.file.claims.features or not running:
            return ""
        try:
            url = f"http://127.0.0.1:{running[0].metrics_port}/metrics"
            with urllib.request.urlopen(url, timeout=SCRAPE_TIMEOUT) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except (OSError, urllib.error.URLError):
            return ""


def _is_lease(exchange: Exchange) -> bool:
    return exchange.target.resource == "leases"


def _free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens. Raises OSError where none was found."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free for the metrics of the daemon")
