"""A client that makes one request on a connection of its own and tells how it went, however it went.

It speaks TLS by itself: Python's own sockets take a reset for the end of the stream.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kpo_fixtures.endpoints import Endpoint

PATIENCE, LONGER = 0.2, 1.0
"""Seconds after which a client gives up where a fault lets it wait: for an answer, and for more of one that began."""


@dataclass(frozen=True)
class Told:
    """``how`` a request ended: whole, reset, ended (with no answer), incomplete, late, refused, or why TLS failed."""

    how: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    version: int = 11

    def json(self) -> Any:
        """The body, which has to be JSON."""
        return json.loads(self.body)


class _Tls:
    """As much of a socket as http.client asks for, with TLS above it."""

    def __init__(self, raw: socket.socket, context: ssl.SSLContext) -> None:
        self._raw = raw
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._goes, server_hostname="127.0.0.1")
        self._until(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._until(lambda: self._tls.write(data))

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """The connection below is closed by whoever made it."""

    def receive(self, most: int) -> bytes:
        try:
            return bytes(self._until(lambda: self._tls.read(most)))
        except ssl.SSLZeroReturnError:
            return b""

    def _until(self, step: Any) -> Any:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._send()
                part = self._raw.recv(1 << 16)
                self._came.write(part) if part else self._came.write_eof()
            else:
                self._send()
                return result

    def _send(self) -> None:
        if data := self._goes.read():
            self._raw.sendall(data)


class _Reading(io.RawIOBase):
    def __init__(self, tls: _Tls) -> None:
        self._tls = tls

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._tls.receive(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def ask(
    endpoint: Endpoint,
    method: str,
    path: str,
    body: Any = None,
    *,
    patience: float = 10.0,
    connecting: float = 10.0,
    authorization: str = "",
) -> Told:
    """Make one request and read its whole answer, with so many seconds for the connection and for each read."""
    parts = urlsplit(endpoint.url)
    headers = {"Content-Type": "application/json", "Authorization": authorization or f"Bearer {endpoint.token}"}
    status, answered, version, came = 0, {}, 11, bytearray()
    with contextlib.ExitStack() as stack:
        try:
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", parts.port or 0), timeout=connecting))
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
            connection.sock = raw if endpoint.is_plain else _Tls(raw, endpoint.ssl_context())  # type: ignore[assignment]
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            raw.settimeout(patience)
            answer = stack.enter_context(connection.getresponse())
            status, answered, version = answer.status, dict(answer.headers), answer.version
            while part := answer.read1(1 << 16):
                came += part
            how = "incomplete" if answer.length else "whole"
        except ssl.SSLCertVerificationError as error:
            how = error.verify_message
        except (http.client.RemoteDisconnected, ssl.SSLEOFError):
            how = "incomplete" if status else "ended"
        except http.client.IncompleteRead:
            how = "incomplete"
        except (ConnectionResetError, BrokenPipeError):
            how = "reset"
        except TimeoutError:
            how = "late"
        except ConnectionRefusedError:
            how = "refused"
    return Told(how, status, answered, bytes(came), version)
