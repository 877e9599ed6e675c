"""The owners that a world's pods name: without them, garbage collection would take the pods away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kpo_fixtures.clusters.interface import Manifest
from kpo_fixtures.clusters.owners import owner


def owners_of(pods: Iterable[Mapping[str, Any]]) -> list[Manifest]:
    """One object for each owner that a pod names, in the pod's namespace and with the uid that is named."""
    found: dict[tuple[str, str], Manifest] = {}
    for pod in pods:
        metadata = pod["metadata"]
        for reference in metadata.get("ownerReferences") or ():
            made = owner(reference, metadata["namespace"])
            if made is not None:
                found.setdefault((metadata["namespace"], reference["uid"]), made)
    return list(found.values())
