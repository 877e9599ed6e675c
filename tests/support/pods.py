"""Pods on a cluster, made, watched and read by the official Python client."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes import client, config
from waiting import eventually

from kpo_fixtures.endpoints import Endpoint


@contextmanager
def client_of(endpoint: Endpoint) -> Iterator[client.CoreV1Api]:
    """A client that leaves no connection behind."""
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = endpoint.write_kubeconfig(Path(folder) / "kubeconfig")
        with config.new_client_from_config(str(kubeconfig)) as api_client:
            yield client.CoreV1Api(api_client)
            api_client.rest_client.pool_manager.clear()


class Pods:
    """The pods of one namespace as plain JSON data."""

    def __init__(self, api: client.CoreV1Api, namespace: str = "default") -> None:
        self.api = api
        self.namespace = namespace

    def _plain(self, thing: Any) -> Any:
        return self.api.api_client.sanitize_for_serialization(thing)

    def create(self, name: str, script: str = "sleep infinity", **more: Any) -> Any:
        """A pod whose container runs ``script``; ``more`` is cpu, memory, labels, annotations, or of its spec."""
        requests = {kind: more.pop(kind) for kind in ("cpu", "memory") if kind in more}
        metadata = {"name": name, **{kind: more.pop(kind) for kind in ("labels", "annotations") if kind in more}}
        container = {
            "name": "base",
            "image": "busybox:latest",
            "command": ["/bin/sh", "-c", script],
            **({"resources": {"requests": requests}} if requests else {}),
            **more.pop("container", {}),
        }
        # A bare API server has no controller that makes the config map which the token's volume needs.
        spec = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container], **more}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        return self._plain(self.api.create_namespaced_pod(self.namespace, body))

    def find(self, name: str) -> Any:
        """The pod, None where there is none."""
        pods = self.api.list_namespaced_pod(self.namespace, field_selector=f"metadata.name={name}").items
        return self._plain(pods[0]) if pods else None

    def in_phase(self, name: str, phase: str) -> Any:
        """The pod, once it is in a phase."""

        def look() -> Any:
            pod = self.find(name)
            return pod if pod and pod["status"]["phase"] == phase else None

        return eventually(f"pod {name} to be {phase}", look)

    def gone(self, name: str) -> None:
        """Wait until there is no such pod."""
        eventually(f"pod {name} to be gone", lambda: self.find(name) is None)

    def terminating(self, name: str) -> Any:
        """The pod, once it is being deleted."""

        def look() -> Any:
            pod = self.find(name)
            return pod if pod and "deletionTimestamp" in pod["metadata"] else None

        return eventually(f"pod {name} to be terminating", look)

    def condition(self, name: str, kind: str) -> Any:
        """Status, reason and message of a condition of the pod; empty without."""
        conditions = ((self.find(name) or {}).get("status") or {}).get("conditions") or []
        found = [each for each in conditions if each["type"] == kind]
        return tuple(found[0].get(key) for key in ("status", "reason", "message")) if found else ()

    def event(self, name: str, reason: str) -> str:
        """The message of an event about the pod, or about a node, once there is one of this reason."""

        def look() -> Any:
            chosen = f"involvedObject.name={name},reason={reason}"
            return self.api.list_event_for_all_namespaces(field_selector=chosen).items

        return str(eventually(f"event {reason} of {name}", look)[0].message)

    def node(self, name: str) -> Any:
        """A node as plain data, None where there is none."""
        nodes = self.api.list_node(field_selector=f"metadata.name={name}").items
        return self._plain(nodes[0]) if nodes else None
