"""lightkube, with which Juju's charms and some operators speak."""

from __future__ import annotations

import itertools
import os
import pathlib
from typing import Any

from chapters import NAMESPACE, chapter, manifest, run, waited
from lightkube import ApiError, Client, KubeConfig, SingleConfig
from lightkube.config.kubeconfig import Cluster, Context, User
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.operators import exists, not_equal, not_exists
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import ConfigMap, Event, Node, Pod, PodEviction
from lightkube.types import PatchType

client = Client(KubeConfig.from_env(), namespace=NAMESPACE, field_manager="reaper")


def made(name: str, command: str | None = None, **metadata: Any) -> Pod:
    return client.create(Pod.from_dict(manifest(name, command, **metadata)))


def running(name: str, command: str) -> Pod:
    made(name, command)
    return client.wait(Pod, name, for_conditions=["Ready"])


def refusal(call: Any, *arguments: Any, **options: Any) -> list[Any]:
    """Status and reason of the refusal; an empty list where the call is granted."""
    try:
        call(*arguments, **options)
    except ApiError as error:
        return [error.status.code, error.status.reason]
    return []


def present(**selectors: Any) -> list[str]:
    return [pod.metadata.name for pod in client.list(Pod, **selectors)]


@chapter
def pages_and_selectors() -> Any:
    for index in range(5):
        made(f"paged-{index}", labels={"set": "paged", **({"odd": "yes"} if index % 2 else {})})
    return {
        "names": [pod.metadata.name for pod in client.list(Pod, labels={"set": "paged"}, chunk_size=2)],
        "odd": present(labels={"set": "paged", "odd": ["yes"]}),
        "even": present(labels={"set": ["paged"], "odd": not_exists()}),
        "named": present(fields={"metadata.name": "paged-3", "status.phase": "Pending"}),
        "running": present(labels={"set": exists()}, fields={"status.phase": not_equal("Pending")}),
        "malformed": refusal(present, labels={"-a": "b"}),
    }


@chapter
def watching() -> Any:
    listed = client.list(Pod)
    list(listed)
    version = listed.resourceVersion
    made("watched", labels={"set": "watched"})
    client.patch(Pod, "watched", {"metadata": {"labels": {"step": "2"}}})
    client.delete(Pod, "watched")
    seen = []
    for kind, pod in client.watch(Pod, labels={"set": "watched"}, resource_version=version, server_timeout=20):
        seen.append([kind, (pod.metadata.labels or {}).get("step")])
        if kind == "DELETED":
            return {"seen": seen, "resumes": int(pod.metadata.resourceVersion) > int(version)}
    return {"seen": seen}


@chapter
def an_expired_watch_is_begun_anew() -> Any:
    expired = None
    made("before-expiry")
    try:
        next(client.watch(Pod, resource_version="1", server_timeout=1))
    except ApiError as error:
        expired = [error.status.code, error.status.reason]
    listed = client.list(Pod)
    list(listed)
    made("after-expiry")
    for kind, pod in client.watch(Pod, resource_version=listed.resourceVersion, server_timeout=20):
        if pod.metadata.name == "after-expiry":
            return {"expired": expired, "then": kind}
    return {"expired": expired, "then": None}


@chapter
def patches() -> Any:
    def patch(body: Any, kind: PatchType) -> Pod:
        return client.patch(Pod, "patched", body, patch_type=kind)

    pod = made("patched", labels={"a": "1", "b": "2"}, finalizers=["example.org/held"])
    changes = {"metadata": {"labels": {"a": None}, "finalizers": ["example.org/second"]}}
    strategic = patch(changes, PatchType.STRATEGIC)
    test = {"op": "test", "path": "/metadata/labels/b", "value": "2"}
    tested = patch([test, {"op": "add", "path": "/metadata/labels/c", "value": "3"}], PatchType.JSON)
    failed = refusal(patch, [{**test, "value": "other"}], PatchType.JSON)
    merged = patch({"metadata": {"finalizers": None}}, PatchType.MERGE)
    stale = {"metadata": {"resourceVersion": pod.metadata.resourceVersion, "labels": {"d": "4"}}}
    return {
        "strategic": [strategic.metadata.labels, sorted(strategic.metadata.finalizers)],
        "json": tested.metadata.labels,
        "failed test": failed,
        "merge": merged.metadata.finalizers,
        "stale": refusal(patch, stale, PatchType.MERGE),
        "immutable": refusal(patch, {"spec": {"restartPolicy": "Always"}}, PatchType.STRATEGIC),
    }


@chapter
def server_side_apply() -> Any:
    def applied(manager: str, value: str, *, force: bool = False) -> Pod:
        body = Pod.from_dict(manifest("applied", labels={"owner": value}))
        return client.apply(body, field_manager=manager, force=force)

    first = applied("reaper", "a")
    try:
        applied("other", "b")
        conflict: Any = None
    except ApiError as error:
        conflict = error.status.reason
    forced = applied("other", "b", force=True)
    return {
        "managers": [[each.manager, each.operation] for each in first.metadata.managedFields],
        "conflict": conflict,
        "forced": forced.metadata.labels,
    }


@chapter
def deletes() -> Any:
    """Without preconditions, which its delete does not have."""
    running("careful", "sleep 600")
    client.delete(Pod, "careful", dry_run=True)
    kept = client.get(Pod, "careful").metadata.deletionTimestamp
    client.delete(Pod, "careful", grace_period=1)
    waited("careful gone", lambda: not present(fields={"metadata.name": "careful"}))
    dry = refusal(client.create, Pod.from_dict(manifest("imagined")), dry_run=True)
    return {"dry run": kept, "again": refusal(client.delete, Pod, "careful"), "dry run of a create": dry}


@chapter
def bulk_and_eviction() -> Any:
    made("evicted", labels={"set": "evicted"})
    client.create(PodEviction(metadata=ObjectMeta(name="evicted", namespace=NAMESPACE)), "evicted")
    waited("evicted gone", lambda: not present(labels={"set": "evicted"}))
    for name in ("bulk-a", "bulk-b"):
        client.create(ConfigMap(metadata=ObjectMeta(name=name), data={"a": "b"}))
    client.deletecollection(ConfigMap)
    return [each.metadata.name for each in client.list(ConfigMap) if each.metadata.name.startswith("bulk-")]


@chapter
def logs() -> Any:
    running("talking", "echo one; echo two >&2; echo three; sleep 600")

    def log(**options: Any) -> list[str]:
        return [line.strip() for line in client.log("talking", **{"container": "base", **options})]

    waited("three lines", lambda: len(log()) == 3)
    return {
        "log": log(),
        "tail": log(tail_lines=1),
        "stamped": all("T" in line for line in log(timestamps=True)),
        "followed": [line.strip() for line in itertools.islice(client.log("talking", follow=True), 3)],
        "no such container": refusal(log, container="other"),
    }


@chapter
def execution() -> Any:
    running("obeying", "sleep 600")
    said = client.exec("obeying", command=["sh", "-c", "echo out"], stdout=True)
    both = client.exec(
        "obeying",
        command=["sh", "-c", "read word; echo got $word; echo bad >&2; exit 3"],
        stdin="hello\n",
        stdout=True,
        stderr=True,
        raise_on_error=False,
    )
    return {
        "exec": said.stdout.strip(),
        "stdout": both.stdout.strip(),
        "stderr": both.stderr.strip(),
        "code": both.exit_code,
    }


@chapter
def events() -> Any:
    pod = made("eventful")
    client.create(
        Event.from_dict(
            {
                "metadata": {"generateName": "reaped-", "namespace": NAMESPACE},
                "involvedObject": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": "eventful",
                    "namespace": NAMESPACE,
                    "uid": pod.metadata.uid,
                },
                "reason": "Reaped",
                "message": "by a test",
                "type": "Normal",
            }
        )
    )
    found = client.list(Event, fields={"involvedObject.uid": pod.metadata.uid, "reason": "Reaped"})
    return [event.message for event in found]


@chapter
def leases() -> Any:
    lease = {"metadata": {"name": "reaper"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}}
    old = client.create(Lease.from_dict(lease))
    taken = client.get(Lease, "reaper")
    taken.spec.holderIdentity = "b"
    holder = client.replace(taken).spec.holderIdentity
    old.spec.holderIdentity = "c"
    return {"holder": holder, "late": refusal(client.replace, old)}


@chapter
def from_inside_a_pod() -> Any:
    """What it makes of a pod's variables and files: a configuration of server, authority and token."""

    def answer(token: str) -> list[Any]:
        inside = SingleConfig(
            context_name="inside",
            context=Context(cluster="inside", user="inside", namespace=NAMESPACE),
            cluster=Cluster(server=os.environ["SERVER"], certificate_auth=os.environ["CA_FILE"]),
            user=User(token=token),
        )
        with Client(inside) as pods:
            return refusal(lambda: list(pods.list(Pod)))

    true_token = pathlib.Path(os.environ["TOKEN_FILE"]).read_text()
    return {"wrong token": answer("not-a-token"), "the token in the file by now": answer(true_token)}


@chapter
def cluster_scoped() -> Any:
    return sorted(node.metadata.name for node in client.list(Node))


run()
