"""A pods-only API server over plain HTTP whose answers a test can bend at one exact request.

It knows what the reaper uses (paged LIST by label, GET, DELETE with preconditions, access reviews) and nothing else.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .fake_server import FakeServer, Reply, Request
from .worlds import NOW, stamp

Manifest = dict[str, Any]


def failure(status: int, reason: str, **headers: str) -> Reply:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status}
    return Reply(status, body | {"message": f"because of {reason}"}, headers)


class FakeApi(FakeServer):
    """Pods by namespace and name; ``denied`` are verbs that an access review does not allow, ``uid`` kube-system's."""

    def __init__(self) -> None:
        super().__init__()
        self.pods: dict[tuple[str, str], Manifest] = {}
        self.page = 500
        self.uid = "6c7a3a1e-0000-4000-8000-000000000001"
        self.denied: set[str] = set()
        self._version = 5000
        self._snapshots: dict[str, list[Manifest]] = {}

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

    def answer(self, request: Request) -> Reply:
        if request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
            verb = request.body["spec"]["resourceAttributes"]["verb"]
            return Reply(201, request.body | {"status": {"allowed": verb not in self.denied}})
        if request.path == "/api/v1/namespaces/kube-system":
            return Reply(200, {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": self.uid}})
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
