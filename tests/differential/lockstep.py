"""Two servers, one sequence: every request goes to both, and what they say is compared under the mask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from operations import ACCEPT, Call, Create, Operation, Place
from servers import Answer, Server, Watch

LAST = "zz-last"
_WATCHES = (
    ("pods", {}, "json"),
    ("pods", {"labelSelector": "app=a"}, "json"),
    ("pods", {"fieldSelector": "status.phase!=Running"}, "partial"),
    ("configmaps", {}, "table"),
)
"""What is watched during a sequence; the last object of a sequence is shown by each of them."""


@dataclass(frozen=True)
class Disagreement:
    """Where two servers differ: after which operation, and the masked answers of both."""

    operation: Operation | str
    real: Any
    ours: Any
    words: str = ""

    def __str__(self) -> str:
        lines = [f"{self.operation}", *(f"  {path}: {real!r} != {ours!r}" for path, real, ours in self.paths())]
        return "\n".join([*lines, f"  {self.words}"] if self.words else lines)

    def paths(self) -> list[tuple[str, Any, Any]]:
        """The places that differ: path, the real server's value, ours."""
        return list(differing(self.real, self.ours))


class Missing:
    """Stands for a field that one side does not have."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


def differing(real: Any, ours: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The smallest parts of two JSON documents that differ."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted({*real, *ours}):
            yield from differing(real.get(key, MISSING), ours.get(key, MISSING), f"{path}.{key}" if path else key)
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for index, (one, other) in enumerate(zip(real, ours, strict=True)):
            yield from differing(one, other, f"{path}[{index}]")
    elif real != ours or type(real) is not type(ours):
        yield path, real, ours


def _prefixed_apart(sequence: Sequence[Operation]) -> Iterator[Operation]:
    """The operations with no generateName twice: what is generated after it must not decide the order of a list."""
    seen: set[str] = set()
    for number, operation in enumerate(sequence):
        metadata = operation.manifest.get("metadata", {}) if isinstance(operation, Create) else {}
        prefix = metadata.get("generateName") if isinstance(metadata, dict) else None
        if isinstance(operation, Create) and isinstance(prefix, str) and prefix[:58] in seen:
            prefix = f"n{number}-{prefix}"
            yield replace(operation, manifest={**operation.manifest, "metadata": {**metadata, "generateName": prefix}})
        else:
            yield operation
        if isinstance(prefix, str):
            seen.add(prefix[:58])


class Lockstep:
    """A real server and ours, taken through the same sequences."""

    def __init__(self, real: Server, ours: Server) -> None:
        self.real, self.ours = real, ours

    def run(self, mark: str, sequence: Sequence[Operation]) -> Iterator[Disagreement]:
        """Take both through a sequence in a new namespace, and tell every disagreement in order."""
        for server in (self.real, self.ours):
            server.forget()
            server.send(Call("POST", "/api/v1/namespaces", body={"metadata": {"name": mark}}))
            _make_account(server, mark)
        with self._watching(mark) as watches:
            for operation in _prefixed_apart(sequence):
                yield from self._step(operation)
            yield from self._compare_watches(mark, watches)
        self._clear(mark)

    def _step(self, operation: Operation) -> Iterator[Disagreement]:
        answers: list[Answer | None] = []
        for server in (self.real, self.ours):
            call = operation.call(server)
            if isinstance(operation, Create) and "generateName" in operation.manifest.get("metadata", {}):
                server.mask.prefixes.add(operation.manifest["metadata"]["generateName"][:58])
            answers.append(None if call is None else server.send(call))
            if answers[-1] is not None and hasattr(operation, "place"):
                server.learn(operation.place, answers[-1].data)
        real, ours = answers
        if real is None or ours is None:
            if real is not ours:
                yield Disagreement(operation, real, ours, "one of them has never shown this object")
            return
        found = Disagreement(
            operation, real.masked(self.real.mask), ours.masked(self.ours.mask), f"real: {real}\n  ours: {ours}"
        )
        if found.paths():
            yield found

    @contextmanager
    def _watching(self, mark: str) -> Iterator[list[tuple[Watch, Watch]]]:
        watches: list[Watch] = []
        try:
            for resource, query, accept in _WATCHES:
                place = Place(resource, mark)
                watches += [server.watch(place, query, ACCEPT[accept]) for server in (self.real, self.ours)]
            yield list(zip(watches[::2], watches[1::2], strict=True))
        finally:
            for watch in watches:
                watch.close()

    def _compare_watches(self, mark: str, watches: list[tuple[Watch, Watch]]) -> Iterator[Disagreement]:
        pod = {
            "metadata": {"name": LAST, "labels": {"app": "a"}},
            "spec": {"containers": [{"name": "base", "image": "x"}], "automountServiceAccountToken": False},
        }
        for server in (self.real, self.ours):
            _make_account(server, mark)  # the sequence may have deleted it, and no pod is created without
        for resource, manifest in (("pods", pod), ("configmaps", {"metadata": {"name": LAST}})):
            yield from self._step(Create(Place(resource, mark), manifest))
        for (resource, query, accept), (real, ours) in zip(_WATCHES, watches, strict=True):
            events = real.until(LAST), ours.until(LAST)
            told = Disagreement(
                f"watch of {resource} {json.dumps(query)} as {accept}",
                self.real.mask.masked(events[0]),
                self.ours.mask.masked(events[1]),
                f"real: {_in_short(events[0])}\n  ours: {_in_short(events[1])}",
            )
            if told.paths():
                yield told

    def _clear(self, mark: str) -> None:
        """Leave nothing that makes later sequences slower; finalizers are taken off first."""
        for resource in ("pods", "configmaps", "secrets", "events", "leases", "serviceaccounts"):
            place = Place(resource, mark)
            for server in (self.real, self.ours):
                _clear(server, place, {})
        for server in (self.real, self.ours):
            _clear(server, Place("nodes"), {"labelSelector": f"sequence={mark}"})


def _make_account(server: Server, namespace: str) -> None:
    """The account that pods run as; where no controller manager runs, nobody else makes it."""
    server.send(Call("POST", Place("serviceaccounts", namespace).path, body={"metadata": {"name": "default"}}))


def _in_short(events: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{event['type']} {event['object'].get('metadata', {}).get('name', '')}".strip() for event in events
    )


def _clear(server: Server, place: Place, query: dict[str, str]) -> None:
    left = server.send(Call("GET", place.path, query)).data["items"]
    for item in left:
        path = f"{place.path}/{item['metadata']['name']}"
        if item["metadata"].get("finalizers"):
            patch = {"metadata": {"finalizers": None}}
            server.send(Call("PATCH", path, {}, patch, "application/merge-patch+json"))
    if left:
        server.send(Call("DELETE", place.path, {**query, "gracePeriodSeconds": "0"}))
