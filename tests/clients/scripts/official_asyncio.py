"""kubernetes_asyncio, the client of Airflow's trigger and of many operators."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pathlib
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any

from chapters import NAMESPACE, awaited, chapter, manifest, run
from kubernetes_asyncio import client, config, stream, watch


@contextlib.asynccontextmanager
async def core_api() -> AsyncIterator[Any]:
    await config.load_kube_config()
    async with client.ApiClient() as connection:
        yield client.CoreV1Api(connection)


async def refusal(call: Any) -> list[Any]:
    """Status and reason of the refusal of an awaitable; an empty list where the call is granted."""
    try:
        await call
    except client.ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return []


async def present(core: Any, **selectors: str) -> list[str]:
    return [pod.metadata.name for pod in (await core.list_namespaced_pod(NAMESPACE, **selectors)).items]


async def running(core: Any, name: str, command: str) -> None:
    await core.create_namespaced_pod(NAMESPACE, manifest(name, command))

    async def runs() -> bool:
        return (await core.read_namespaced_pod(name, NAMESPACE)).status.phase == "Running"

    await awaited(f"pod {name} Running", runs)


@chapter
async def pages_and_selectors() -> Any:
    async with core_api() as core:
        for index in range(5):
            labels = {"set": "paged", **({"odd": "yes"} if index % 2 else {})}
            await core.create_namespaced_pod(NAMESPACE, manifest(f"paged-{index}", labels=labels))
        names, sizes, token = [], [], None
        while True:
            options = {"_continue": token} if token else {}
            page = await core.list_namespaced_pod(NAMESPACE, label_selector="set=paged", limit=2, **options)
            names += [pod.metadata.name for pod in page.items]
            sizes.append(len(page.items))
            token = page.metadata._continue
            if not token:
                break
        return {
            "names": names,
            "sizes": sizes,
            "odd": await present(core, label_selector="set=paged,odd in (yes)"),
            "even": await present(core, label_selector="set in (paged),!odd"),
            "named": await present(core, field_selector="metadata.name=paged-3,status.phase=Pending"),
            "running": await present(core, label_selector="set=paged", field_selector="status.phase!=Pending"),
            "malformed": await refusal(core.list_namespaced_pod(NAMESPACE, label_selector="a in b")),
        }


@chapter
async def watching() -> Any:
    async with core_api() as core:
        version = (await core.list_namespaced_pod(NAMESPACE)).metadata.resource_version
        await core.create_namespaced_pod(NAMESPACE, manifest("watched", labels={"set": "watched"}))
        await core.patch_namespaced_pod("watched", NAMESPACE, {"metadata": {"labels": {"step": "2"}}})
        await core.delete_namespaced_pod("watched", NAMESPACE)
        seen, watcher = [], watch.Watch()
        options = {"label_selector": "set=watched", "resource_version": version, "timeout_seconds": 20}
        async with watcher.stream(core.list_namespaced_pod, NAMESPACE, **options) as following:
            async for event in following:
                seen.append([event["type"], (event["object"].metadata.labels or {}).get("step")])
                if event["type"] == "DELETED":
                    break
        return {"seen": seen, "resumes": int(watcher.resource_version) > int(version)}


@chapter
async def an_expired_watch_is_begun_anew() -> Any:
    expired = None
    async with core_api() as core:
        try:
            options = {"resource_version": "1", "timeout_seconds": 1}
            async with watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, **options) as following:
                async for _ in following:
                    pass
        except client.ApiException as error:
            expired = [error.status, str(error.reason).partition(":")[0]]
        version = (await core.list_namespaced_pod(NAMESPACE)).metadata.resource_version
        await core.create_namespaced_pod(NAMESPACE, manifest("after-expiry"))
        options = {"resource_version": version, "timeout_seconds": 20}
        async with watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, **options) as following:
            async for event in following:
                if event["object"].metadata.name == "after-expiry":
                    return {"expired": expired, "then": event["type"]}
    return {"expired": expired, "then": None}


@chapter
async def patches() -> Any:
    async with core_api() as core:

        def patch(body: Any, kind: str) -> Any:
            return core.patch_namespaced_pod("patched", NAMESPACE, body, _content_type=f"application/{kind}+json")

        pod = await core.create_namespaced_pod(
            NAMESPACE, manifest("patched", labels={"a": "1", "b": "2"}, finalizers=["example.org/held"])
        )
        changes = {"metadata": {"labels": {"a": None}, "finalizers": ["example.org/second"]}}
        strategic = await patch(changes, "strategic-merge-patch")
        test = {"op": "test", "path": "/metadata/labels/b", "value": "2"}
        tested = await patch([test, {"op": "add", "path": "/metadata/labels/c", "value": "3"}], "json-patch")
        failed = await refusal(patch([{**test, "value": "other"}], "json-patch"))
        merged = await patch({"metadata": {"finalizers": None}}, "merge-patch")
        stale = {"metadata": {"resourceVersion": pod.metadata.resource_version, "labels": {"d": "4"}}}
        return {
            "strategic": [strategic.metadata.labels, sorted(strategic.metadata.finalizers)],
            "json": tested.metadata.labels,
            "failed test": failed,
            "merge": merged.metadata.finalizers,
            "stale": await refusal(patch(stale, "merge-patch")),
            "immutable": await refusal(patch({"spec": {"restartPolicy": "Always"}}, "merge-patch")),
        }


@chapter
async def server_side_apply() -> Any:
    async with core_api() as core:

        def applied(manager: str, value: str, **options: Any) -> Any:
            return core.patch_namespaced_pod(
                "applied",
                NAMESPACE,
                manifest("applied", labels={"owner": value}),
                field_manager=manager,
                _content_type="application/apply-patch+yaml",
                **options,
            )

        first = await applied("reaper", "a")
        conflict = await refusal(applied("other", "b"))
        forced = await applied("other", "b", force=True)
        return {
            "managers": [[each.manager, each.operation] for each in first.metadata.managed_fields],
            "conflict": conflict[1],
            "forced": forced.metadata.labels,
        }


@chapter
async def careful_deletes() -> Any:
    async with core_api() as core:
        await running(core, "careful", "sleep 600")
        pod = await core.read_namespaced_pod("careful", NAMESPACE)

        async def delete(**preconditions: str) -> list[Any]:
            options = client.V1DeleteOptions(preconditions=client.V1Preconditions(**preconditions))
            return await refusal(core.delete_namespaced_pod("careful", NAMESPACE, body=options))

        async def gone() -> bool:
            return not await present(core, field_selector="metadata.name=careful")

        other_uid = await delete(uid="11111111-2222-3333-4444-555555555555")
        other_version = await delete(uid=pod.metadata.uid, resource_version="1")
        await core.delete_namespaced_pod("careful", NAMESPACE, dry_run="All")
        kept = (await core.read_namespaced_pod("careful", NAMESPACE)).metadata.deletion_timestamp
        granted = await delete(uid=pod.metadata.uid)
        await awaited("careful gone", gone)
        return {
            "other uid": other_uid,
            "other version": other_version,
            "dry run": kept,
            "granted": granted,
            "again": await refusal(core.delete_namespaced_pod("careful", NAMESPACE)),
        }


@chapter
async def bulk_and_eviction() -> Any:
    async with core_api() as core:
        for name in ("bulk-a", "bulk-b", "bulk-c"):
            labels = {"set": "bulk", "last": str(name == "bulk-c")}
            await core.create_namespaced_pod(NAMESPACE, manifest(name, labels=labels))
        await core.delete_collection_namespaced_pod(
            NAMESPACE, label_selector="set=bulk,last=False", grace_period_seconds=0
        )
        left = await present(core, label_selector="set=bulk")
        eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="bulk-c", namespace=NAMESPACE))
        await core.create_namespaced_pod_eviction("bulk-c", NAMESPACE, eviction)

        async def gone() -> bool:
            return not await present(core, label_selector="set=bulk")

        await awaited("bulk-c evicted", gone)
        dry = await refusal(core.create_namespaced_pod(NAMESPACE, manifest("imagined"), dry_run="All"))
        imagined = await present(core, field_selector="metadata.name=imagined")
        return {"left": left, "dry run of a create": dry, "imagined": imagined}


@chapter
async def logs() -> Any:
    async with core_api() as core:
        await running(core, "talking", "echo one; echo two >&2; echo three; sleep 600")

        async def log(**options: Any) -> str:
            return await core.read_namespaced_pod_log("talking", NAMESPACE, **{"container": "base", **options})

        async def complete() -> bool:
            return len((await log()).split()) == 3

        await awaited("three lines", complete)
        answer = await core.read_namespaced_pod_log("talking", NAMESPACE, follow=True, _preload_content=False)
        followed = [(await answer.content.readline()).decode().strip() for _ in range(3)]
        answer.close()
        return {
            "log": (await log()).split(),
            "tail": (await log(tail_lines=1)).split(),
            "stamped": "T" in await log(timestamps=True, limit_bytes=25),
            "followed": followed,
            "no such container": await refusal(log(container="other")),
        }


@chapter
async def execution() -> Any:
    async with core_api() as core:
        await running(core, "obeying", "sleep 600")
    async with stream.WsApiClient() as connection:
        connect = client.CoreV1Api(connection).connect_get_namespaced_pod_exec
        shell = {"stdin": False, "stdout": True, "stderr": True, "tty": False, "container": "base"}
        said = await connect("obeying", NAMESPACE, command=["sh", "-c", "echo out"], **shell)
        opened = await connect(
            "obeying",
            NAMESPACE,
            command=["sh", "-c", "read word; echo got $word; echo bad >&2; exit 3"],
            _preload_content=False,
            **{**shell, "stdin": True},
        )
        heard: dict[int, str] = {1: "", 2: "", 3: ""}
        async with opened as socket:
            await socket.send_bytes(b"\x00hello\n")
            async for message in socket:
                heard[message.data[0]] += message.data[1:].decode()
        return {
            "exec": said.strip(),
            "stdout": heard[1].strip(),
            "stderr": heard[2].strip(),
            "code": connection.parse_error_data(heard[3]),
        }


@chapter
async def events() -> Any:
    async with core_api() as core:
        pod = await core.create_namespaced_pod(NAMESPACE, manifest("eventful"))
        involved = {"apiVersion": "v1", "kind": "Pod", "name": "eventful", "namespace": NAMESPACE}
        body = {
            "metadata": {"generateName": "reaped-"},
            "involvedObject": {**involved, "uid": pod.metadata.uid},
            "reason": "Reaped",
            "message": "by a test",
            "type": "Normal",
        }
        await core.create_namespaced_event(NAMESPACE, body)
        of_pod = f"involvedObject.uid={pod.metadata.uid},reason=Reaped"
        found = (await core.list_namespaced_event(NAMESPACE, field_selector=of_pod)).items
        newer = await client.EventsV1Api(core.api_client).list_namespaced_event(
            NAMESPACE, field_selector="reason=Reaped", _preload_content=False
        )
        notes = [event["note"] for event in json.loads(await newer.read())["items"]]
        return {"core": [event.message for event in found], "events.k8s.io": notes}


@chapter
async def leases() -> Any:
    async with core_api() as core:
        coordination = client.CoordinationV1Api(core.api_client)
        body = {"metadata": {"name": "reaper"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}}
        old = await coordination.create_namespaced_lease(NAMESPACE, body)
        taken = await coordination.read_namespaced_lease("reaper", NAMESPACE)
        taken.spec.holder_identity = "b"
        replaced = await coordination.replace_namespaced_lease("reaper", NAMESPACE, taken)
        old.spec.holder_identity = "c"
        late = await refusal(coordination.replace_namespaced_lease("reaper", NAMESPACE, old))
        return {"holder": replaced.spec.holder_identity, "late": late}


@chapter
def from_inside_a_pod() -> Any:
    server = urllib.parse.urlsplit(os.environ["SERVER"])
    token = pathlib.Path("mounted-token")
    token.write_text("not-a-token")

    async def answer() -> list[Any]:
        inside = client.Configuration()
        config.incluster_config.InClusterConfigLoader(
            token_filename=str(token),
            cert_filename=os.environ["CA_FILE"],
            environ={"KUBERNETES_SERVICE_HOST": server.hostname, "KUBERNETES_SERVICE_PORT": str(server.port)},
        ).load_and_set(inside)
        async with client.ApiClient(inside) as connection:
            return await refusal(client.CoreV1Api(connection).list_namespaced_pod(NAMESPACE))

    wrong = asyncio.run(answer())
    token.write_text(pathlib.Path(os.environ["TOKEN_FILE"]).read_text())
    return {"wrong token": wrong, "the token in the file by now": asyncio.run(answer())}


@chapter
async def who_may_what() -> Any:
    async with core_api() as core:
        attributes = {"namespace": NAMESPACE, "verb": "delete", "resource": "pods"}
        review = await client.AuthorizationV1Api(core.api_client).create_self_subject_access_review(
            {"spec": {"resourceAttributes": attributes}}
        )
        myself = await client.AuthenticationV1Api(core.api_client).create_self_subject_review({})
        return {
            "delete": review.status.allowed,
            "groups": "system:authenticated" in myself.status.user_info.groups,
            "version": (await client.VersionApi(core.api_client).get_code()).major,
        }


run()
