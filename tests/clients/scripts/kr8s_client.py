"""kr8s, in its synchronous and its asynchronous manner."""

from __future__ import annotations

import itertools
import json
import warnings
from typing import Any

import kr8s
import kr8s.asyncio
from chapters import NAMESPACE, chapter, manifest, run, waited
from kr8s.objects import ConfigMap, Event, Node, Pod

warnings.filterwarnings("ignore", "Kubernetes version .* is not supported")
api = kr8s.api(namespace=NAMESPACE)


def made(name: str, command: str | None = None, **metadata: Any) -> Pod:
    pod = Pod(manifest(name, command, namespace=NAMESPACE, **metadata))
    pod.create()
    return pod


def running(name: str, command: str) -> Pod:
    pod = made(name, command)
    pod.wait("condition=Ready", timeout=30)
    return pod


def refusal(call: Any, *arguments: Any, **options: Any) -> list[Any]:
    """Status and reason of the refusal; an empty list where the call is granted."""
    try:
        call(*arguments, **options)
    except kr8s.ServerError as error:
        return [error.response.status_code, error.status["reason"]]
    except kr8s.NotFoundError:
        return [404, "NotFound"]
    return []


def present(**selectors: Any) -> list[str]:
    return [pod.name for pod in kr8s.get("pods", namespace=NAMESPACE, **selectors)]


@chapter
def pages_and_selectors() -> Any:
    """It asks for no pages of its own accord."""
    for index in range(5):
        made(f"paged-{index}", labels={"set": "paged", **({"odd": "yes"} if index % 2 else {})})
    return {
        "names": present(label_selector="set=paged"),
        "odd": present(label_selector={"set": "paged", "odd": "yes"}),
        "even": present(label_selector="set in (paged),!odd"),
        "named": present(field_selector={"metadata.name": "paged-3", "status.phase": "Pending"}),
        "running": present(label_selector="set=paged", field_selector="status.phase!=Pending"),
        "malformed": refusal(present, label_selector="a in b"),
        "one": Pod.get("paged-1", namespace=NAMESPACE).labels["odd"],
    }


@chapter
async def watching() -> Any:
    """Its watch begins with what is there."""
    pods = await kr8s.asyncio.api(namespace=NAMESPACE)
    made("watched", labels={"set": "watched"})
    seen = []
    async for kind, pod in pods.watch("pods", namespace=NAMESPACE, label_selector="set=watched"):
        seen.append([kind, pod.labels.get("step")])
        if len(seen) == 1:
            await pod.patch({"metadata": {"labels": {"step": "2"}}})
        elif len(seen) == 2:
            await pod.delete()
        elif kind == "DELETED":
            break
    return seen


@chapter
def patches() -> Any:
    pod = made("patched", labels={"a": "1", "b": "2"}, finalizers=["example.org/held"])
    old = pod.metadata.resourceVersion
    pod.label({"c": "3"})
    pod.patch([{"op": "remove", "path": "/metadata/labels/a"}], type="json")
    pod.annotate({"why": "a test"})
    pod.remove_label("b")
    stale = {"metadata": {"resourceVersion": old, "labels": {"d": "4"}}}
    answer = {
        "labels": dict(pod.labels),
        "annotations": dict(pod.annotations),
        "failed test": refusal(pod.patch, [{"op": "test", "path": "/metadata/labels/c", "value": "?"}], type="json"),
        "stale": refusal(pod.patch, stale),
        "immutable": refusal(pod.patch, {"spec": {"restartPolicy": "Always"}}),
    }
    pod.patch({"metadata": {"finalizers": None}})
    return {**answer, "finalizers": pod.metadata.get("finalizers")}


@chapter
async def careful_deletes() -> Any:
    """Its objects delete without preconditions: these are sent by its ``call_api``."""
    pod = running("careful", "sleep 600")
    calls = await kr8s.asyncio.api(namespace=NAMESPACE)

    async def delete(**options: Any) -> list[Any]:
        sent = {"namespace": NAMESPACE, "url": "pods/careful", "content": json.dumps(options)}
        async with calls.call_api("DELETE", raise_for_status=False, **sent) as answer:
            return [] if answer.is_success else [answer.status_code, answer.json()["reason"]]

    other_uid = await delete(preconditions={"uid": "11111111-2222-3333-4444-555555555555"})
    other_version = await delete(preconditions={"uid": pod.metadata.uid, "resourceVersion": "1"})
    await delete(dryRun=["All"])
    pod.refresh()
    kept = pod.metadata.get("deletionTimestamp")
    granted = await delete(preconditions={"uid": pod.metadata.uid})
    pod.wait("delete", timeout=30)
    return {
        "other uid": other_uid,
        "other version": other_version,
        "dry run": kept,
        "granted": granted,
        "again": refusal(pod.delete),
    }


@chapter
def logs() -> Any:
    pod = running("talking", "echo one; echo two >&2; echo three; sleep 600")
    waited("three lines", lambda: len([*pod.logs()]) == 3)
    return {
        "log": [*pod.logs(container="base")],
        "tail": [*pod.logs(tail_lines=1)],
        "stamped": all("T" in line for line in pod.logs(timestamps=True)),
        "followed": [*itertools.islice(pod.logs(follow=True), 3)],
        "no such container": refusal(lambda: [*pod.logs(container="other")]),
    }


@chapter
def execution() -> Any:
    """Without stdin, which it gives by v5 only, and it takes v4 where both are offered."""
    pod = running("obeying", "sleep 600")
    said = pod.exec(["sh", "-c", "echo out"])
    both = pod.exec(["sh", "-c", "echo got hello; echo bad >&2; exit 3"], check=False)
    return {
        "exec": said.stdout.decode().strip(),
        "stdout": both.stdout.decode().strip(),
        "stderr": both.stderr.decode().strip(),
        "code": both.returncode,
    }


@chapter
def events() -> Any:
    pod = made("eventful")
    Event(
        {
            "metadata": {"generateName": "reaped-", "namespace": NAMESPACE},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "namespace": NAMESPACE},
            "reason": "Reaped",
            "message": "by a test",
        }
    ).create()
    of_pod = {"involvedObject.name": pod.name, "reason": "Reaped"}
    return [event.raw["message"] for event in kr8s.get("events", namespace=NAMESPACE, field_selector=of_pod)]


@chapter
def owners() -> Any:
    owner = ConfigMap({"metadata": {"name": "owner", "namespace": NAMESPACE}})
    owner.create()
    pod = made("owned")
    pod.set_owner(owner)
    return [[each.kind, each.uid == owner.metadata.uid] for each in pod.metadata.ownerReferences]


@chapter
def cluster_wide() -> Any:
    resources = {each["name"] for each in api.api_resources()}
    return {
        "nodes": sorted(node.name for node in Node.list()),
        "resources": {"pods", "nodes", "leases", "events"} <= resources,
        "version": api.version()["major"],
        "whoami": bool(api.whoami()),
        "versions": "v1" in list(api.api_versions()),
    }


run()
