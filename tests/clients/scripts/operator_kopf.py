"""A small operator on kopf: it greets pods and custom resources, counts by a timer, lets no pod go before its time.

Run by ``kopf run``; whatever it does shows in annotations.
"""

from __future__ import annotations

from typing import Any

import kopf

SELECTED = {"labels": {"operated": "yes"}}


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
    settings.persistence.finalizer = "example.org/operator"
    settings.watching.server_timeout = 20


@kopf.on.create("v1", "pods", **SELECTED)
def greet(patch: kopf.Patch, name: str, **_: Any) -> None:
    patch.metadata.annotations["example.org/greeted"] = name


@kopf.on.field("v1", "pods", field="metadata.labels.step", **SELECTED)
def notice(patch: kopf.Patch, new: str | None, **_: Any) -> None:
    if new:
        patch.metadata.annotations["example.org/step"] = new


@kopf.timer("v1", "pods", interval=0.2, **SELECTED)
def count(patch: kopf.Patch, annotations: kopf.Annotations, **_: Any) -> None:
    counted = int(annotations.get("example.org/counted", "0"))
    if counted < 3:
        patch.metadata.annotations["example.org/counted"] = str(counted + 1)


@kopf.on.delete("v1", "pods", **SELECTED)
def hold(annotations: kopf.Annotations, **_: Any) -> None:
    if annotations.get("example.org/release") != "yes":
        raise kopf.TemporaryError("not released yet", delay=0.2)


@kopf.on.create("example.org", "v1", "greetings")
def greeting(spec: kopf.Spec, patch: kopf.Patch, **_: Any) -> None:
    patch.status["said"] = f"hello {spec['name']}"
