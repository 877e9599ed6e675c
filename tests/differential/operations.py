"""What a client may ask of an API server, with versions, uids and tokens left open: each server fills in its own."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Version = Literal["none", "current", "stale", "zero", "future", "garbage"]
"""Which resourceVersion to name: none, the one last seen, the one seen before it, and three that nobody has."""
Uid = Literal["none", "current", "former", "foreign"]
"""Which uid to name: none, the one last seen, that of an earlier object of the name, and one that nobody has."""

JSON = "application/json"
MEDIA = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
ACCEPT = {
    "json": JSON,
    "table": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    "partial": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "partials": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "yaml": "application/yaml",
    "html": "text/html",
}


@dataclass(frozen=True)
class Call:
    """One HTTP request below the address of a server."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON
    accept: str = JSON


@dataclass(frozen=True)
class Place:
    """A collection of objects: ``resource`` is a key of RESOURCES, ``namespace`` empty for those outside."""

    resource: str
    namespace: str = ""

    @property
    def path(self) -> str:
        """The path of the collection."""
        root = RESOURCES[self.resource]
        return f"{root}/namespaces/{self.namespace}/{self.resource}" if self.namespace else f"{root}/{self.resource}"


RESOURCES = {
    "pods": "/api/v1",
    "configmaps": "/api/v1",
    "secrets": "/api/v1",
    "serviceaccounts": "/api/v1",
    "events": "/api/v1",
    "nodes": "/api/v1",
    "leases": "/apis/coordination.k8s.io/v1",
}


class Knowledge(Protocol):
    """What one server has told so far."""

    def version(self, place: Place, name: str, which: Version) -> str:
        """The resourceVersion to name, empty for none."""

    def uid(self, place: Place, name: str, which: Uid) -> str:
        """The uid to name, empty for none."""

    def token(self, place: Place) -> str:
        """The continue token of the last page of this place, empty for none."""

    def object(self, place: Place, name: str) -> dict[str, Any] | None:
        """The object as it was last seen."""


class Operation(Protocol):
    """One step of a sequence."""

    def call(self, known: Knowledge) -> Call | None:
        """The request to a server, None where it has not told enough to make one."""


@dataclass(frozen=True)
class Create:
    """POST to a collection."""

    place: Place
    manifest: dict[str, Any]
    query: dict[str, str] = field(default_factory=dict)

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        del known
        return Call("POST", self.place.path, self.query, self.manifest)


@dataclass(frozen=True)
class Get:
    """GET of one object or of one of its subresources."""

    place: Place
    name: str
    accept: str = "json"
    subresource: str = ""

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        del known
        return Call("GET", below(self.place, self.name, self.subresource), accept=ACCEPT[self.accept])


@dataclass(frozen=True)
class List:
    """GET of a collection; ``go_on`` asks for the page after the last one."""

    place: Place
    query: dict[str, str] = field(default_factory=dict)
    version: Literal["none", "zero", "listed", "future", "garbage"] = "none"
    go_on: bool = False
    accept: str = "json"

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        query = dict(self.query)
        version = {"none": "", "zero": "0", "future": "999999999", "garbage": "x1"}.get(self.version)
        if version is None:
            version = known.version(self.place, "", "current")
        if version:
            query["resourceVersion"] = version
        if self.go_on:
            query["continue"] = known.token(self.place) or "bm9uZQ"
        return Call("GET", self.place.path, query, accept=ACCEPT[self.accept])


@dataclass(frozen=True)
class Replace:
    """PUT of an object as it was last seen, with some fields set (``None`` removes one)."""

    place: Place
    name: str
    edits: dict[str, Any]
    version: Version = "current"
    uid: Uid = "current"
    subresource: str = ""
    query: dict[str, str] = field(default_factory=dict)

    def call(self, known: Knowledge) -> Call | None:
        """As the protocol says."""
        seen = known.object(self.place, self.name)
        if seen is None:
            return None
        manifest = copy.deepcopy(seen)
        for path, value in self.edits.items():
            edit(manifest, path.split("."), value)
        for label, value in (
            ("resourceVersion", known.version(self.place, self.name, self.version)),
            ("uid", known.uid(self.place, self.name, self.uid)),
        ):
            manifest["metadata"].pop(label, None)
            if value:
                manifest["metadata"][label] = value
        return Call("PUT", below(self.place, self.name, self.subresource), self.query, manifest)


@dataclass(frozen=True)
class Patch:
    """PATCH of one object; ``version`` puts a resourceVersion into merge patches."""

    place: Place
    name: str
    kind: str
    patch: Any
    version: Version = "none"
    subresource: str = ""
    query: dict[str, str] = field(default_factory=dict)

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        patch, version = self.patch, known.version(self.place, self.name, self.version)
        if version and isinstance(patch, dict):
            patch = {**patch, "metadata": {**(patch.get("metadata") or {}), "resourceVersion": version}}
        path = below(self.place, self.name, self.subresource)
        return Call("PATCH", path, self.query, patch, content_type=MEDIA[self.kind])


@dataclass(frozen=True)
class Delete:
    """DELETE of one object, its options in the body, in the query or in both; or its eviction."""

    place: Place
    name: str
    options: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)
    uid: Uid = "none"
    version: Version = "none"
    evict: bool = False

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        options = None if self.options is None else dict(self.options)
        uid, version = known.uid(self.place, self.name, self.uid), known.version(self.place, self.name, self.version)
        if uid or version:
            named = {"uid": uid, "resourceVersion": version}
            options = {**(options or {}), "preconditions": {name: value for name, value in named.items() if value}}
        if self.evict:
            manifest = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": self.name}}
            body = manifest if options is None else {**manifest, "deleteOptions": options}
            return Call("POST", below(self.place, self.name, "eviction"), self.query, body)
        return Call("DELETE", below(self.place, self.name, ""), self.query, options)


@dataclass(frozen=True)
class DeleteAll:
    """DELETE of a collection."""

    place: Place
    options: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        del known
        return Call("DELETE", self.place.path, self.query, self.options)


@dataclass(frozen=True)
class Bind:
    """A scheduler's word: the pod goes to this node."""

    place: Place
    name: str
    node: str
    uid: Uid = "none"

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        metadata = {"name": self.name}
        uid = known.uid(self.place, self.name, self.uid)
        if uid:
            metadata["uid"] = uid
        target = {"apiVersion": "v1", "kind": "Node", "name": self.node}
        body = {"apiVersion": "v1", "kind": "Binding", "metadata": metadata, "target": target}
        return Call("POST", below(self.place, self.name, "binding"), body=body)


@dataclass(frozen=True)
class Raw:
    """A request as it stands, mostly one that makes no sense."""

    method: str
    path: str
    body: Any = None
    content_type: str = JSON
    accept: str = JSON
    query: dict[str, str] = field(default_factory=dict)

    def call(self, known: Knowledge) -> Call:
        """As the protocol says."""
        del known
        return Call(self.method, self.path, self.query, self.body, self.content_type, self.accept)


def below(place: Place, name: str, subresource: str) -> str:
    """The path of an object or of its subresource."""
    return f"{place.path}/{name}/{subresource}" if subresource else f"{place.path}/{name}"


def edit(manifest: dict[str, Any], path: list[str], value: Any) -> None:
    """Set the field at a path; None removes it, numbers are places in lists, missing maps are made."""
    here: Any = manifest
    for step in path[:-1]:
        if isinstance(here, list):
            if int(step) >= len(here):
                return
            here = here[int(step)]
        else:
            here = here.setdefault(step, {})
    last = path[-1]
    if isinstance(here, list):
        if int(last) < len(here):
            here[int(last)] = value
    elif value is None:
        here.pop(last, None)
    else:
        here[last] = value
