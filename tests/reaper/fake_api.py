"""A pods-only API server over plain HTTP whose answers a test can bend at one exact request.

It knows what the reaper uses (paged LIST by label, GET, DELETE with preconditions) and nothing else.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from .worlds import NOW, stamp

Manifest = dict[str, Any]


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


def failure(status: int, reason: str, **headers: str) -> Reply:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status}
    return Reply(status, body | {"message": f"because of {reason}"}, headers)


class FakeApi:
    """Pods by namespace and name. Rules in ``before`` answer instead of the store, in ``after`` bend its reply."""

    def __init__(self) -> None:
        self.pods: dict[tuple[str, str], Manifest] = {}
        self.requests: list[Request] = []
        self.before: list[Rule] = []
        self.after: list[Rule] = []
        self.now: datetime | None = NOW
        self.page = 500
        self._version = 5000
        self._snapshots: dict[str, list[Manifest]] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                api._serve(self)

            def do_DELETE(self) -> None:
                api._serve(self)

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

    def add(self, *manifests: Manifest) -> None:
        for manifest in manifests:
            metadata = manifest["metadata"]
            self.pods[metadata["namespace"], metadata["name"]] = manifest

    def touch(self, name: str, namespace: str = "airflow") -> Manifest:
        """The pod, about to be changed: its resourceVersion is a new one."""
        self._version += 1
        manifest = self.pods[namespace, name]
        manifest["metadata"]["resourceVersion"] = str(self._version)
        return manifest

    def replace(self, name: str, namespace: str = "airflow") -> None:
        """Another pod of the same name and labels, as a retry with a fixed pod name makes it."""
        self.touch(name, namespace)["metadata"]["uid"] += "-again"

    def sent(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    @property
    def names(self) -> list[str]:
        return sorted(name for _, name in self.pods)

    def kubeconfig(self, folder: Path, *, token: str = "s3cr3t-token") -> str:
        path = folder / "kubeconfig"
        config = {
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "fake", "user": {"token": token}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        }
        path.write_text(json.dumps(config))
        return str(path)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        text = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(
            handler.command, url.path, dict(parse_qsl(url.query)), dict(handler.headers), json.loads(text or b"null")
        )
        self.requests.append(request)
        reply = next((reply for rule in self.before if (reply := rule(request))), None) or self._answer(request)
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

    def _answer(self, request: Request) -> Reply:
        found = re.fullmatch(r"/api/v1(?:/namespaces/([^/]+))?/pods(?:/([^/]+))?", request.path)
        if not found:
            return failure(404, "NotFound")
        namespace, name = found.groups()
        if name is None:
            return self._list(request, namespace) if request.method == "GET" else failure(405, "MethodNotAllowed")
        key = (namespace, name)
        if key not in self.pods:
            return failure(404, "NotFound")
        manifest = self.pods[key]
        if request.method != "DELETE":
            return Reply(200, manifest)
        metadata = manifest["metadata"]
        for field_name, wanted in ((request.body or {}).get("preconditions") or {}).items():
            if metadata[field_name] != wanted:
                return failure(409, "Conflict")
        if manifest["spec"].get("nodeName"):
            self.touch(name, namespace)["metadata"]["deletionTimestamp"] = stamp(NOW)
            return Reply(200, manifest)
        return Reply(200, self.pods.pop(key))

    def _list(self, request: Request, namespace: str | None) -> Reply:
        token = request.query.get("continue")
        if token:
            items = self._snapshots.pop(token)
        else:
            items = [pod for key, pod in sorted(self.pods.items()) if namespace in (None, key[0]) and selected(pod)]
        limit = min(self.page, int(request.query.get("limit", "100000")))
        rest = items[limit:]
        metadata = {"resourceVersion": str(self._version)}
        if rest:
            metadata["continue"] = f"token-{len(self.requests)}"
            self._snapshots[metadata["continue"]] = rest
        body = {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items[:limit]}
        return Reply(200, json.loads(json.dumps(body)))


def selected(manifest: Manifest) -> bool:
    """The reaper's one label selector: kubernetes_pod_operator=True,!airflow-worker."""
    labels = manifest["metadata"].get("labels") or {}
    return labels.get("kubernetes_pod_operator") == "True" and "airflow-worker" not in labels


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
