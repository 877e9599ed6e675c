"""Where a client works: one namespace of a cluster, and the files by which the client gets there."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kpo_fixtures.clusters.interface import Cluster
from kpo_fixtures.endpoints import Endpoint

NODES = ("client-node-1", "client-node-2")


@dataclass(frozen=True)
class Place:
    """One namespace of a cluster and the files by which a client gets there."""

    cluster: Cluster
    namespace: str
    folder: Path
    kubeconfig: Path

    @property
    def endpoint(self) -> Endpoint:
        return self.cluster.endpoint

    @property
    def variables(self) -> dict[str, str]:
        """For a client's script: see ``scripts/chapters.py``."""
        (self.folder / "token").write_text(self.endpoint.token)
        (self.folder / "ca.pem").write_text(self.endpoint.ca_pem)
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "NAMESPACE": self.namespace,
            "SERVER": self.endpoint.url,
            "TOKEN_FILE": str(self.folder / "token"),
            "CA_FILE": str(self.folder / "ca.pem"),
        }


def send(endpoint: Endpoint, method: str, path: str, body: Any) -> None:
    """Write as the administrator, a PATCH as a merge patch; to create what is there already is as good."""
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    request = urllib.request.Request(
        endpoint.url + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {endpoint.token}", "Content-Type": kind},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, context=endpoint.ssl_context(), timeout=20):
            pass
    except urllib.error.HTTPError as error:
        with error:
            if (method, error.code) != ("POST", 409):
                pytest.fail(f"{method} {path}: {error.code} {error.read().decode()}")
