"""One of the two servers: sends the requests, remembers what it has told, follows its watches."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from masking import Mask
from operations import JSON, Call, Place, Uid, Version

from kpo_fixtures.endpoints import Endpoint

_HEADERS = ("Content-Type", "Retry-After", "Warning", "Content-Encoding", "Location")
_FOREIGN_UID = "11111111-2222-3333-4444-555555555555"
_PATIENCE = 30.0
"""Seconds until an answer or an event that is owed counts as missing."""


@dataclass(frozen=True)
class Answer:
    """Status, the headers that matter and the body, as JSON data where it is JSON or YAML."""

    status: int
    headers: Mapping[str, str]
    data: Any

    def masked(self, mask: Mask) -> dict[str, Any]:
        """What is compared."""
        return {"status": self.status, "headers": dict(self.headers), "body": mask.masked(self.data)}

    def __str__(self) -> str:
        message = self.data.get("message", "") if isinstance(self.data, dict) else ""
        return f"{self.status} {message}".strip()


class Server:
    """A server with the knowledge that one sequence has of it; ``close`` ends its connections."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.name, self.endpoint = name, endpoint
        self._context = endpoint.ssl_context()
        self._connection = self._connect()
        self.forget()

    def forget(self) -> None:
        """Begin a new sequence."""
        self.mask = Mask()
        self._seen: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        self._listed: dict[Place, str] = {}
        self._tokens: dict[Place, str] = {}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, call: Call) -> Answer:
        """One request, on a connection that is kept."""
        self._connection.request(call.method, _target(call), _encoded(call.body), self._head(call))
        response = self._connection.getresponse()
        text = response.read()
        headers = {name: value for name in _HEADERS if (value := response.headers.get(name)) is not None}
        return Answer(response.status, headers, _decoded(text, headers.get("Content-Type", "")))

    def watch(self, place: Place, query: Mapping[str, str], accept: str = JSON) -> Watch:
        """Open a watch from the present on."""
        listed = self.send(Call("GET", place.path, {"limit": "1"})).data["metadata"]["resourceVersion"]
        call = Call("GET", place.path, {**query, "watch": "1", "resourceVersion": listed}, accept=accept)
        connection = self._connect()
        connection.request("GET", _target(call), headers=self._head(call))
        response = connection.getresponse()
        connection.sock.settimeout(None)  # a watch may be silent for as long as it likes
        if response.status != 200:
            raise AssertionError(f"{self.name} refuses to watch {_target(call)}: {response.read()!r}")
        return Watch(connection, response)

    # What it has told

    def learn(self, place: Place, data: Any) -> None:
        """Remember the objects, tokens and versions in an answer."""
        if not isinstance(data, dict) or data.get("kind") == "Status":
            return
        metadata = data.get("metadata") or {}
        if isinstance(data.get("items"), list):
            self._tokens[place] = metadata.get("continue", "")
            if metadata.get("resourceVersion"):
                self._listed[place] = metadata["resourceVersion"]
            for item in data["items"]:
                self._see(place, item)
        else:
            self._see(place, data)

    def _see(self, place: Place, item: dict[str, Any]) -> None:
        metadata = item.get("metadata") or {}
        if metadata.get("uid") and "name" in metadata:
            held = self._seen.setdefault((place.resource, place.namespace, metadata["name"]), [])
            if not held or held[-1]["metadata"].get("resourceVersion") != metadata.get("resourceVersion"):
                held.append(item)
            else:
                held[-1] = item

    def version(self, place: Place, name: str, which: Version) -> str:
        """As Knowledge says; without a name that of the last list."""
        if which in {"zero", "future", "garbage"}:
            return {"zero": "0", "future": "999999999", "garbage": "x1"}[which]
        if which == "none":
            return ""
        if not name:
            return self._listed.get(place, "")
        held = self._seen.get((place.resource, place.namespace, name), [])
        index = -1 if which == "current" else -2
        return str(held[index]["metadata"].get("resourceVersion", "")) if len(held) >= -index else ""

    def uid(self, place: Place, name: str, which: Uid) -> str:
        """As Knowledge says."""
        if which in {"none", "foreign"}:
            return _FOREIGN_UID if which == "foreign" else ""
        held = [item["metadata"]["uid"] for item in self._seen.get((place.resource, place.namespace, name), [])]
        former = [uid for uid in held if uid != held[-1]]
        chosen = held if which == "current" else former
        return str(chosen[-1]) if chosen else ""

    def token(self, place: Place) -> str:
        """As Knowledge says."""
        return self._tokens.get(place, "")

    def object(self, place: Place, name: str) -> dict[str, Any] | None:
        """As Knowledge says."""
        held = self._seen.get((place.resource, place.namespace, name))
        return held[-1] if held else None

    def _connect(self) -> http.client.HTTPSConnection:
        address = self.endpoint.url.removeprefix("https://")
        return http.client.HTTPSConnection(address, context=self._context, timeout=_PATIENCE)

    def _head(self, call: Call) -> dict[str, str]:
        head = {"Authorization": f"Bearer {self.endpoint.token}", "Accept": call.accept}
        return {**head, "Content-Type": call.content_type} if call.body is not None else head


class Watch:
    """A watch that is read beside the sequence."""

    def __init__(self, connection: http.client.HTTPSConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while line := self._response.readline():
                with self._news:
                    self._events.append(json.loads(line))
                    self._news.notify()
        except (OSError, ValueError, http.client.HTTPException):
            pass  # closed by us, or the sequence will miss an event and say so

    def until(self, name: str) -> list[dict[str, Any]]:
        """The events up to the one of the object of that name. Raises AssertionError when it does not come."""
        with self._news:
            reached = self._news.wait_for(lambda: any(_names(event, name) for event in self._events), _PATIENCE)
            events = list(self._events)
        if not reached:
            raise AssertionError(f"no event of {name} within {_PATIENCE:g} s; the watch has told {events}")
        return events

    def close(self) -> None:
        """End the stream."""
        if self._connection.sock is not None:
            self._connection.sock.shutdown(socket.SHUT_RDWR)  # wakes the reader
        self._thread.join(_PATIENCE)
        self._response.close()
        self._connection.close()


def _names(event: dict[str, Any], name: str) -> bool:
    item = event["object"]
    if item.get("kind") == "Table":
        return any(row["object"]["metadata"]["name"] == name for row in item["rows"])
    return bool(item.get("metadata", {}).get("name") == name)


def _target(call: Call) -> str:
    path = quote(call.path, safe="/:%")
    return f"{path}?{urlencode(call.query)}" if call.query else path


def _encoded(body: Any) -> bytes | None:
    if body is None:
        return None
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _decoded(text: bytes, media: str) -> Any:
    if "yaml" in media:
        return yaml.safe_load(text)
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")
