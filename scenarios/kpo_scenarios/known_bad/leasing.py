"""A lease as client-go's leader election keeps one: taken when nobody renews it, renewed in time, given back."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
from datetime import UTC, datetime
from typing import Any

from kpo_scenarios.known_bad.plain import Api

NAME = "plain-daemon"
FAILURES = (OSError, http.client.HTTPException, ValueError)
"""What a request can end with: urllib's errors are OSErrors."""


def clock() -> float:
    """Seconds on a clock that runs on while the process, or the whole machine, is stopped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.time()


class Lease:
    """One replica's view of the lease. A ``term`` lasts from taking it to losing it; no two terms have one number."""

    def __init__(self, api: Api, namespace: str, identity: str, *, seconds: int) -> None:
        self.api, self.identity, self.seconds = api, identity, seconds
        self.leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self.path = f"{self.leases}/{NAME}"
        self.term = 0
        self._lock = threading.RLock()
        self._stored: dict[str, Any] = {}
        self._renewed = 0.0
        self._held = False
        self._seen: tuple[object, float] = (None, 0.0)
        self._ended = threading.Event()
        self._renewal = threading.Thread(target=self._keep, name="lease", daemon=True)

    def take(self, stopping: threading.Event) -> bool:
        """Wait until it is held, or until the process is to stop; whether it is."""
        while not stopping.is_set():
            if self.is_current(self.term) or self.once():
                return True
            stopping.wait(self.seconds / 10)
        return False

    def is_current(self, term: int) -> bool:
        """Whether this term goes on: not lost since, and renewed less than its seconds ago."""
        with self._lock:
            return self._held and self.term == term and clock() - self._renewed < self.seconds

    def confirm(self, term: int) -> bool:
        """Whether the API server says so too. Raises as ``Api.call``."""
        if not self.is_current(term):
            return False
        found = self.api.call("GET", self.path)
        return found["spec"].get("holderIdentity") == self.identity and self.is_current(term)

    def release(self) -> None:
        """Give it back, so that nobody has to wait for its end."""
        self._ended.set()
        if self._renewal.is_alive():
            self._renewal.join()
        if self.is_current(self.term):
            self._write({"holderIdentity": "", "leaseDurationSeconds": 1})

    def once(self) -> bool:
        """Take it if it is nobody's, ours, or was not renewed for as long as it says."""
        try:
            found = self.api.call("GET", self.path)
        except urllib.error.HTTPError as error:
            with error:
                return error.code == 404 and self._create()
        except FAILURES:
            return False
        spec = found["spec"]
        record = (spec.get("holderIdentity"), spec.get("renewTime"), found["metadata"]["resourceVersion"])
        if self._seen[0] != record:
            self._seen = record, clock()
        if spec.get("holderIdentity") in (None, "", self.identity) or self.is_overdue(spec):
            self._stored = found
            now = _now()
            transitions = spec.get("leaseTransitions", 0) + (spec.get("holderIdentity") != self.identity)
            return self._begin(self._write({**self._spec(now), "acquireTime": now, "leaseTransitions": transitions}))
        return False

    def is_overdue(self, spec: dict[str, Any]) -> bool:
        """Whether another's lease, which has just been seen, has stayed as it is for longer than it says."""
        return bool(clock() - self._seen[1] > spec.get("leaseDurationSeconds", 0))

    def _create(self) -> bool:
        now = _now()
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME},
            "spec": {**self._spec(now), "acquireTime": now, "leaseTransitions": 0},
        }
        return self._begin(self._send("POST", self.leases, lease))

    def _begin(self, written: bool) -> bool:
        if written:
            with self._lock:
                self.term += 1
                self._held = True
            if not self._renewal.is_alive():
                self._renewal.start()
        return written

    def _keep(self) -> None:
        """Renew four times in its seconds; hold it for lost at the first contradiction, or when time is up."""
        while not self._ended.wait(self.seconds / 4):
            with self._lock:
                if self._held and not (self.is_current(self.term) and self._write(self._spec(_now()))):
                    self._held = self.is_current(self.term) and not self._contradicted

    def _spec(self, now: str) -> dict[str, Any]:
        return {"holderIdentity": self.identity, "leaseDurationSeconds": self.seconds, "renewTime": now}

    def _write(self, change: dict[str, Any]) -> bool:
        lease = {**self._stored, "spec": {**self._stored["spec"], **change}}
        return self._send("PUT", self.path, lease)

    def _send(self, method: str, path: str, lease: dict[str, Any]) -> bool:
        began = clock()
        self._contradicted = False
        try:
            self._stored = self.api.call(method, path, lease)
        except FAILURES as error:
            self._contradicted = isinstance(error, urllib.error.HTTPError) and error.code in (404, 409)
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            return False
        self._renewed = began
        return True


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
