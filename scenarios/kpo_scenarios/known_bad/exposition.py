"""Counters and a gauge in Prometheus' text format, served on a port."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Metrics:
    """What a reaper has counted since it was started, by name and reason."""

    def __init__(self, told: Sequence[str]) -> None:
        self._told = told
        self.counts: Counter[tuple[str, str]] = Counter()
        self.last_success = 0.0
        self._lock = threading.Lock()

    def add(self, name: str, reason: str = "", number: int = 1) -> None:
        """Count; ``name`` is the middle of the metric's."""
        with self._lock:
            self.counts[name, reason] += number

    def text(self) -> str:
        """All of it, as it is exposed."""
        with self._lock:
            counted = dict(self.counts)
        lines = []
        for name in self._told:
            lines.append(f"# TYPE reaper_{name}_total counter")
            told = {reason: number for (each, reason), number in counted.items() if each == name}
            for reason, number in told.items() or [("", 0)]:
                labels = f'{{reason="{reason}"}}' if reason else ""
                lines.append(f"reaper_{name}_total{labels} {number}")
        lines += [
            "# TYPE reaper_last_success_timestamp_seconds gauge",
            f"reaper_last_success_timestamp_seconds {self.last_success}",
        ]
        return "\n".join([*lines, ""])


class Exposition:
    """Serves ``/metrics`` on a port of 127.0.0.1 from ``with`` to its end."""

    def __init__(self, metrics: Metrics, port: int) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = metrics.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing of scrapes."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="metrics", daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()
