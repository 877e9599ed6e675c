"""Hand-made histories: the words in which the judge's tests are written."""

from __future__ import annotations

import json
from typing import Any

from kpo_fixtures.clusters.interface import ObjectChange
from kpo_fixtures.gateways import Exchange, Target
from kpo_suite.fates import Fate, FateKind, Role, TaskEnd
from kpo_suite.history import History, Sweep


def pod(name: str, *, namespace: str = "airflow", phase: str = "Running", deleting: bool = False) -> dict[str, Any]:
    metadata: dict[str, Any] = {"namespace": namespace, "name": name, "uid": f"uid-{name}", "resourceVersion": "7"}
    if deleting:
        metadata["deletionTimestamp"] = "2026-11-20T06:00:00Z"
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"terminationGracePeriodSeconds": 30},
        "status": {"phase": phase},
    }


def fate(name: str, kind: FateKind, *examines: str, role: Role = "examined") -> Fate:
    return Fate(
        namespace="airflow",
        name=name,
        uid=f"uid-{name}",
        kind=kind,
        why=f"{name} is {kind}",
        task="etl.load",
        truth="running, try 1",
        role=role,
        examines=frozenset(examines),
    )


def exchange(
    method: str,
    path: str,
    *,
    step: int = 1,
    status: int = 200,
    body: Any = None,
    answer: Any = None,
    query: str = "",
) -> Exchange:
    return Exchange(
        step=step,
        method=method,
        path=path,
        query=query,
        target=Target.of(path),
        status=status,
        request_body=b"" if body is None else json.dumps(body).encode(),
        response_body=b"" if answer is None else json.dumps(answer).encode(),
    )


def listing(*pods: dict[str, Any], step: int = 1) -> Exchange:
    return exchange(
        "GET", "/api/v1/namespaces/airflow/pods", step=step, answer={"kind": "PodList", "items": list(pods)}
    )


def delete(name: str, *, step: int = 2, status: int = 200, body: Any = None, query: str = "") -> Exchange:
    path = f"/api/v1/namespaces/airflow/pods/{name}"
    return exchange("DELETE", path, step=step, status=status, body=body, answer=pod(name, deleting=True), query=query)


def sweep(ordinal: int = 1, *, exit_code: int | None = 0, stderr: str = "", steps: tuple[int, int] = (1, 9)) -> Sweep:
    return Sweep(
        ordinal=ordinal,
        exit_code=exit_code,
        stdout="",
        stderr=stderr,
        seconds=0.1,
        first_step=steps[0],
        last_step=steps[1],
        timeout=5,
    )


TWIN = fate("twin", "zombie", role="twin")
CONTROL = fate("control", "live", role="control")


def history(
    *fates: Fate,
    exchanges: list[Exchange] | None = None,
    after: list[dict[str, Any]] | None = None,
    before: list[dict[str, Any]] | None = None,
    sweeps: list[Sweep] | None = None,
    changes: list[ObjectChange] | None = None,
    ends: list[TaskEnd] | None = None,
    twin_goes: bool = True,
) -> History:
    """A world with twin and control, swept once by a reaper that took the twin and, by default, nothing else."""
    steps = [listing(*(before or ())), *([delete("twin", step=2)] if twin_goes else []), *(exchanges or [])]
    present = [*(after or []), pod("control"), *([] if twin_goes else [pod("twin")])]
    return History(
        fates=[*fates, TWIN, CONTROL],
        sweeps=[sweep()] if sweeps is None else sweeps,
        exchanges=steps,
        changes=changes or [],
        before=before or [],
        after=present,
        ends=ends or [],
    )
