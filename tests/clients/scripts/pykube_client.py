"""pykube-ng, with which kube-janitor and kube-downscaler speak."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import urllib.parse
from typing import Any

import pykube
import requests
from chapters import NAMESPACE, chapter, manifest, run, waited

client = pykube.HTTPClient(pykube.KubeConfig.from_file(os.environ["KUBECONFIG"]), timeout=20)


def made(name: str, command: str | None = None, **metadata: Any) -> pykube.Pod:
    pod = pykube.Pod(client, manifest(name, command, namespace=NAMESPACE, **metadata))
    pod.create()
    return pod


def running(name: str, command: str) -> pykube.Pod:
    pod = made(name, command)

    def runs() -> bool:
        pod.reload()
        return bool(pod.ready)

    waited(f"pod {name} Ready", runs)
    return pod


def refusal(call: Any, *arguments: Any, **options: Any) -> list[Any]:
    """Status of the refusal; an empty list where the call is granted."""
    try:
        call(*arguments, **options)
    except pykube.exceptions.HTTPError as error:
        return [error.code]
    except requests.HTTPError as error:
        return [error.response.status_code]
    except pykube.exceptions.ObjectDoesNotExist:
        return [404]
    return []


def pods(**filters: Any) -> list[pykube.Pod]:
    return list(pykube.Pod.objects(client).filter(namespace=NAMESPACE, **filters))


def present(**filters: Any) -> list[str]:
    return [pod.name for pod in pods(**filters)]


@chapter
def pages_and_selectors() -> Any:
    """It asks for no pages."""
    for index in range(5):
        made(f"paged-{index}", labels={"set": "paged", **({"odd": "yes"} if index % 2 else {})})
    table = pykube.Pod.objects(client).filter(namespace=NAMESPACE, selector={"set": "paged"}).as_table()
    return {
        "names": present(selector={"set": "paged"}),
        "odd": present(selector={"set": "paged", "odd__in": {"yes"}}),
        "even": present(selector={"set": "paged", "odd__neq": "yes"}),
        "named": present(field_selector={"metadata.name": "paged-3", "status.phase": "Pending"}),
        "running": present(selector="set=paged", field_selector="status.phase!=Pending"),
        "its own != for fields": refusal(present, field_selector={"status.phase__neq": "Pending"}),
        "columns": [column["name"] for column in table.columns][:3],
        "rows": [row["cells"][0] for row in table.rows],
        "missing": refusal(pykube.Pod.objects(client).filter(namespace=NAMESPACE).get_by_name, "nobody"),
    }


@chapter
def watching() -> Any:
    query = pykube.Pod.objects(client).filter(namespace=NAMESPACE, selector={"set": "watched"})
    version = query.response["metadata"]["resourceVersion"]
    pod = made("watched", labels={"set": "watched"})
    pod.patch({"metadata": {"labels": {"step": "2"}}})
    pod.delete()
    seen = []
    for event in query.watch(since=version, params={"timeoutSeconds": 20}):
        seen.append([event.type, event.object.labels.get("step")])
        if event.type == "DELETED":
            return seen
    return seen


@chapter
def an_expired_watch_is_begun_anew() -> Any:
    """Its watch gives the ERROR event on, with the status as object."""
    made("before-expiry")
    watcher = pykube.Pod.objects(client).filter(namespace=NAMESPACE)
    first = next(iter(watcher.watch(since="1", params={"timeoutSeconds": 1})))
    expired = [first.object.obj["code"], first.object.obj["reason"]] if first.type == "ERROR" else None
    version = watcher.response["metadata"]["resourceVersion"]
    made("after-expiry")
    then = next(iter(watcher.watch(since=version, params={"timeoutSeconds": 20})))
    return {"expired": expired, "then": then.type}


@chapter
def patches() -> Any:
    pod = made("patched", labels={"a": "1", "b": "2"}, finalizers=["example.org/held"])
    old = pod.metadata["resourceVersion"]
    pod.patch({"metadata": {"labels": {"a": None}, "finalizers": ["example.org/second"]}})
    pod.annotations["why"] = "a test"
    pod.update()
    answer = {
        "labels": pod.labels,
        "annotations": pod.annotations,
        "finalizers": pod.metadata["finalizers"],
        "stale": refusal(pod.patch, {"metadata": {"resourceVersion": old, "labels": {"d": "4"}}}),
        "immutable": refusal(pod.patch, {"spec": {"restartPolicy": "Always"}}),
    }
    pod.patch({"metadata": {"finalizers": None}})
    return answer


@chapter
def careful_deletes() -> Any:
    """Its objects delete without preconditions: these are sent by its client."""
    pod = running("careful", "sleep 600")

    def delete(**options: Any) -> list[Any]:
        answer = client.delete(**pod.api_kwargs(data=json.dumps(options)))
        return [] if answer.ok else [answer.status_code, answer.json()["reason"]]

    other_uid = delete(preconditions={"uid": "11111111-2222-3333-4444-555555555555"})
    other_version = delete(preconditions={"uid": pod.metadata["uid"], "resourceVersion": "1"})
    delete(dryRun=["All"])
    pod.reload()
    kept = pod.metadata.get("deletionTimestamp")
    granted = delete(preconditions={"uid": pod.metadata["uid"]})
    waited("careful gone", lambda: not pod.exists())
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
    waited("three lines", lambda: len(pod.logs().split()) == 3)
    following = client.get(**pod.api_kwargs(operation="log", params={"follow": "true"}), stream=True)
    followed = [line.decode() for line in itertools.islice(following.iter_lines(), 3)]
    following.close()
    return {
        "log": pod.logs(container="base").split(),
        "tail": pod.logs(tail_lines=1).split(),
        "stamped": "T" in pod.logs(timestamps=True),
        "followed": followed,
        "no such container": refusal(pod.logs, container="other"),
    }


@chapter
def events_and_nodes() -> Any:
    pod = made("eventful")
    involved = {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "namespace": NAMESPACE}
    body = {
        "metadata": {"generateName": "reaped-", "namespace": NAMESPACE},
        "involvedObject": involved,
        "reason": "Reaped",
        "message": "by a test",
    }
    pykube.Event(client, body).create()
    of_pod = {"involvedObject.name": pod.name, "reason": "Reaped"}
    found = pykube.Event.objects(client).filter(namespace=NAMESPACE, field_selector=of_pod)
    node = min(pykube.Node.objects(client), key=lambda each: each.name)

    def uncordoned() -> bool:
        node.reload()  # whoever writes taints may have been quicker
        return refusal(node.uncordon) == []

    node.cordon()
    cordoned = node.unschedulable
    waited("the node uncordoned", uncordoned)
    return {"events": [each.obj["message"] for each in found], "cordoned": [cordoned, node.unschedulable]}


@chapter
def discovery() -> Any:
    lease = pykube.object_factory(client, "coordination.k8s.io/v1", "Lease")
    made_lease = lease(
        client, {"metadata": {"name": "reaper", "namespace": NAMESPACE}, "spec": {"holderIdentity": "a"}}
    )
    made_lease.create()
    return {
        "kind": lease.kind,
        "holder": made_lease.obj["spec"]["holderIdentity"],
        "version": client.version[0],
    }


@chapter
def from_inside_a_pod() -> Any:
    folder = pathlib.Path("account").absolute()
    folder.mkdir()
    (folder / "ca.crt").write_text(pathlib.Path(os.environ["CA_FILE"]).read_text())
    (folder / "namespace").write_text(NAMESPACE)
    server = urllib.parse.urlsplit(os.environ["SERVER"])
    os.environ["PYKUBE_KUBERNETES_SERVICE_HOST"] = str(server.hostname)
    os.environ["PYKUBE_KUBERNETES_SERVICE_PORT"] = str(server.port)

    def answer(token: str) -> list[Any]:
        (folder / "token").write_text(token)
        inside = pykube.HTTPClient(pykube.KubeConfig.from_service_account(path=str(folder)))
        return refusal(lambda: list(pykube.Pod.objects(inside)))

    true_token = pathlib.Path(os.environ["TOKEN_FILE"]).read_text()
    return {"wrong token": answer("not-a-token"), "the token in the file by now": answer(true_token)}


run()
