"""A plain HTTP server for fakes, whose answers a test can bend at one exact request."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from .worlds import NOW


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    at: float = field(default_factory=time.monotonic)


@dataclass
class Reply:
    """What goes out. ``cut`` ends the connection after so many bytes of the body, ``drip`` sends a byte each 50 ms."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: bool = False


Rule = Callable[[Request], Reply | None]


class FakeServer:
    """Answers with ``answer``. Rules in ``before`` answer instead of it, in ``after`` bend its reply.

    ``now`` is its clock in the Date header; None for no such header.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.before: list[Rule] = []
        self.after: list[Rule] = []
        self.now: datetime | None = NOW
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                fake._serve(self)

            def do_POST(self) -> None:
                fake._serve(self)

            def do_DELETE(self) -> None:
                fake._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def sent(self, method: str, *, containing: str = "") -> list[Request]:
        return [request for request in self.requests if request.method == method and containing in request.path]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        text = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(
            handler.command,
            unquote(url.path),
            dict(parse_qsl(url.query, keep_blank_values=True)),
            dict(handler.headers),
            json.loads(text or b"null"),
        )
        self.requests.append(request)
        reply = next((reply for rule in self.before if (reply := rule(request))), None) or self.answer(request)
        reply = next((bent for rule in self.after if (bent := rule(request))), None) or reply
        self._send(handler, reply)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_response_only(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))} | reply.headers
        if self.now:
            headers["Date"] = format_datetime(self.now, usegmt=True)
        for name, value in headers.items():
            handler.send_header(name, value)
        try:
            if reply.cut == 0:
                handler.connection.shutdown(socket.SHUT_RDWR)
                handler.close_connection = True
                return
            handler.end_headers()
            if reply.drip:
                for byte in body:
                    handler.wfile.write(bytes([byte]))
                    time.sleep(0.05)
            handler.wfile.write(body[: reply.cut])
            if reply.cut is not None:
                handler.connection.shutdown(socket.SHUT_RDWR)
                handler.close_connection = True
        except OSError:
            handler.close_connection = True


def once(method: str, reply: Reply | Callable[[Request], Reply | None], *, nth: int = 1, containing: str = "") -> Rule:
    """A rule for the nth request of ``method`` whose path contains a text."""
    seen = 0

    def rule(request: Request) -> Reply | None:
        nonlocal seen
        if request.method != method or containing not in request.path:
            return None
        seen += 1
        if seen != nth:
            return None
        return reply if isinstance(reply, Reply) else reply(request)

    return rule


def always(method: str, reply: Reply, *, containing: str = "") -> Rule:
    return lambda request: reply if request.method == method and containing in request.path else None
