"""The objects that a world's pods name as their owners: without them, garbage collection would take the pods away.

Source: kubernetes pkg/controller/garbagecollector: a dependent goes when none of its owners is there. Owners of kinds
that the API server does not know are never looked for. The Job is somebody else's to sync, so that nobody works on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kpo_fixtures.clusters.interface import Manifest

_SELECTED = {"kpo-conformance": "nothing"}
_TEMPLATE: Manifest = {
    "metadata": {"labels": _SELECTED},
    "spec": {"containers": [{"name": "none", "image": "none"}]},
}
_WORKLOAD: Manifest = {"selector": {"matchLabels": _SELECTED}, "template": _TEMPLATE}
_SPECS: Mapping[tuple[str, str], Manifest] = {
    ("apps/v1", "DaemonSet"): _WORKLOAD,
    ("apps/v1", "ReplicaSet"): {**_WORKLOAD, "replicas": 0},
    ("apps/v1", "StatefulSet"): {**_WORKLOAD, "replicas": 0, "serviceName": "none"},
    ("batch/v1", "Job"): {
        "managedBy": "kpo-conformance/nobody",
        "suspend": True,
        "template": {**_TEMPLATE, "spec": {**_TEMPLATE["spec"], "restartPolicy": "Never"}},
    },
    ("v1", "ConfigMap"): {},
}


def owners_of(pods: Iterable[Mapping[str, Any]]) -> list[Manifest]:
    """One object for each owner that a pod names, in the pod's namespace and with the uid that is named."""
    found: dict[tuple[str, str], Manifest] = {}
    for pod in pods:
        metadata = pod["metadata"]
        for reference in metadata.get("ownerReferences") or ():
            spec = _SPECS.get((reference.get("apiVersion"), reference.get("kind")))
            if spec is not None:
                found.setdefault(
                    (metadata["namespace"], reference["uid"]),
                    {
                        "apiVersion": reference["apiVersion"],
                        "kind": reference["kind"],
                        "metadata": {
                            "name": reference["name"],
                            "namespace": metadata["namespace"],
                            "uid": reference["uid"],
                        },
                        **({"spec": spec} if spec else {}),
                    },
                )
    return list(found.values())
