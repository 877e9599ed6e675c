"""The official Python client (``kubernetes``): what reapers and operators do with the API."""

from __future__ import annotations

import json
import threading
from typing import Any

from chapters import NAMESPACE, chapter, manifest, run, waited
from kubernetes import client, config, dynamic, stream, watch

config.load_kube_config()
core = client.CoreV1Api()
core.api_client.configuration.retries = 0


def made(name: str, command: str | None = None, **metadata: Any) -> client.V1Pod:
    return core.create_namespaced_pod(NAMESPACE, manifest(name, command, **metadata))


def running(name: str, command: str) -> client.V1Pod:
    made(name, command)
    return waited(
        f"pod {name} Running",
        lambda: (pod := core.read_namespaced_pod(name, NAMESPACE)).status.phase == "Running" and pod,
    )


def refusal(call: Any, *arguments: Any, **options: Any) -> list[Any]:
    """Status and reason of the refusal; an empty list where the call is granted."""
    try:
        call(*arguments, **options)
    except client.ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return []


def present(**selectors: str) -> list[str]:
    return [pod.metadata.name for pod in core.list_namespaced_pod(NAMESPACE, **selectors).items]


@chapter
def pages_and_selectors() -> Any:
    for index in range(5):
        made(f"paged-{index}", labels={"set": "paged", **({"odd": "yes"} if index % 2 else {})})
    names, sizes, token = [], [], None
    while True:
        page = core.list_namespaced_pod(NAMESPACE, label_selector="set=paged", limit=2, _continue=token)
        names += [pod.metadata.name for pod in page.items]
        sizes.append(len(page.items))
        token = page.metadata._continue
        if not token:
            break
    return {
        "names": names,
        "sizes": sizes,
        "odd": present(label_selector="set=paged,odd in (yes)"),
        "even": present(label_selector="set in (paged),!odd"),
        "named": present(field_selector="metadata.name=paged-3,status.phase=Pending"),
        "running": present(label_selector="set=paged", field_selector="status.phase!=Pending"),
        "malformed": refusal(core.list_namespaced_pod, NAMESPACE, label_selector="a in b"),
    }


@chapter
def watching() -> Any:
    version = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    made("watched", labels={"set": "watched"})
    core.patch_namespaced_pod("watched", NAMESPACE, {"metadata": {"labels": {"step": "2"}}})
    core.delete_namespaced_pod("watched", NAMESPACE)
    seen, watcher = [], watch.Watch()
    following = watcher.stream(
        core.list_namespaced_pod,
        NAMESPACE,
        label_selector="set=watched",
        resource_version=version,
        timeout_seconds=20,
        allow_watch_bookmarks=True,
    )
    for event in following:
        if event["type"] == "BOOKMARK":
            continue
        seen.append([event["type"], (event["object"].metadata.labels or {}).get("step")])
        if event["type"] == "DELETED":
            watcher.stop()
    return {"seen": seen, "resumes": int(watcher.resource_version) > int(version)}


@chapter
def an_expired_watch_is_begun_anew() -> Any:
    """Expired is null where the server still remembers its first version."""
    expired = None
    try:
        list(watch.Watch().stream(core.list_namespaced_pod, NAMESPACE, resource_version="1", timeout_seconds=1))
    except client.ApiException as error:
        expired = [error.status, str(error.reason).partition(":")[0]]
    version = core.list_namespaced_pod(NAMESPACE).metadata.resource_version
    made("after-expiry", labels={"set": "expiry"})
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_pod, NAMESPACE, resource_version=version, timeout_seconds=20):
        if event["object"].metadata.name == "after-expiry":
            return {"expired": expired, "then": event["type"]}
    return {"expired": expired, "then": None}


@chapter
def patches() -> Any:
    pod = made("patched", labels={"a": "1", "b": "2"}, finalizers=["example.org/held"])
    strategic = core.patch_namespaced_pod(
        "patched", NAMESPACE, {"metadata": {"labels": {"a": None}, "finalizers": ["example.org/second"]}}
    )
    tested = core.patch_namespaced_pod(
        "patched",
        NAMESPACE,
        [
            {"op": "test", "path": "/metadata/labels/b", "value": "2"},
            {"op": "add", "path": "/metadata/labels/c", "value": "3"},
        ],
    )
    failed = refusal(
        core.patch_namespaced_pod,
        "patched",
        NAMESPACE,
        [{"op": "test", "path": "/metadata/labels/b", "value": "other"}],
    )
    merging = client.ApiClient()
    merging.set_default_header("Content-Type", "application/merge-patch+json")
    merging.select_header_content_type = lambda *_: "application/merge-patch+json"
    merged = client.CoreV1Api(merging).patch_namespaced_pod("patched", NAMESPACE, {"metadata": {"finalizers": None}})
    stale = {"metadata": {"resourceVersion": pod.metadata.resource_version, "labels": {"d": "4"}}}
    return {
        "strategic": [strategic.metadata.labels, sorted(strategic.metadata.finalizers)],
        "json": tested.metadata.labels,
        "failed test": failed,
        "merge": merged.metadata.finalizers,
        "stale": refusal(core.patch_namespaced_pod, "patched", NAMESPACE, stale),
        "immutable": refusal(core.patch_namespaced_pod, "patched", NAMESPACE, {"spec": {"restartPolicy": "Always"}}),
    }


@chapter
def server_side_apply() -> Any:
    pods = dynamic.DynamicClient(core.api_client).resources.get(api_version="v1", kind="Pod")

    def applied(manager: str, value: str, *, force: bool = False) -> Any:
        body = manifest("applied", labels={"owner": value})
        options = {"force_conflicts": True} if force else {}
        return pods.server_side_apply(namespace=NAMESPACE, body=body, field_manager=manager, **options)

    first = applied("reaper", "a").to_dict()
    try:
        applied("other", "b")
        conflict: Any = None
    except dynamic.exceptions.ConflictError as error:
        conflict = json.loads(error.body)["reason"]
    forced = applied("other", "b", force=True).to_dict()
    return {
        "managers": [[each["manager"], each["operation"]] for each in first["metadata"]["managedFields"]],
        "conflict": conflict,
        "forced": forced["metadata"]["labels"],
    }


@chapter
def careful_deletes() -> Any:
    pod = made("careful", "sleep 600")
    waited("careful Running", lambda: present(field_selector="metadata.name=careful,status.phase=Running"))

    def delete(**preconditions: str) -> list[Any]:
        options = client.V1DeleteOptions(preconditions=client.V1Preconditions(**preconditions))
        return refusal(core.delete_namespaced_pod, "careful", NAMESPACE, body=options)

    other_uid = delete(uid="11111111-2222-3333-4444-555555555555")
    other_version = delete(uid=pod.metadata.uid, resource_version="1")
    core.delete_namespaced_pod("careful", NAMESPACE, dry_run="All")
    kept = core.read_namespaced_pod("careful", NAMESPACE).metadata.deletion_timestamp
    granted = delete(uid=pod.metadata.uid)
    waited("careful gone", lambda: not present(field_selector="metadata.name=careful"))
    return {
        "other uid": other_uid,
        "other version": other_version,
        "dry run": kept,
        "granted": granted,
        "again": refusal(core.delete_namespaced_pod, "careful", NAMESPACE),
    }


@chapter
def bulk_and_eviction() -> Any:
    for name in ("bulk-a", "bulk-b", "bulk-c"):
        made(name, labels={"set": "bulk", "last": str(name == "bulk-c")})
    core.delete_collection_namespaced_pod(NAMESPACE, label_selector="set=bulk,last=False", grace_period_seconds=0)
    left = present(label_selector="set=bulk")
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="bulk-c", namespace=NAMESPACE))
    core.create_namespaced_pod_eviction("bulk-c", NAMESPACE, eviction)
    waited("bulk-c evicted", lambda: not present(label_selector="set=bulk"))
    dry = refusal(core.create_namespaced_pod, NAMESPACE, manifest("imagined"), dry_run="All")
    return {"left": left, "dry run of a create": dry, "imagined": present(field_selector="metadata.name=imagined")}


@chapter
def logs() -> Any:
    running("talking", "echo one; echo two >&2; echo three; sleep 600")

    def log(**options: Any) -> str:
        # As it came: 36.0 gives the text of a bytes literal for it otherwise.
        options = {"container": "base", "_preload_content": False, **options}
        return core.read_namespaced_pod_log("talking", NAMESPACE, **options).data.decode()

    waited("three lines", lambda: log().count("\n") == 3)
    followed = []
    watcher = watch.Watch()
    for line in watcher.stream(core.read_namespaced_pod_log, "talking", NAMESPACE, container="base"):
        followed.append(line)
        if line == "three":
            watcher.stop()
    return {
        "log": log().split(),
        "tail": log(tail_lines=1).split(),
        "stamped": "T" in log(timestamps=True, limit_bytes=25),
        "followed": followed,
        "no such container": refusal(core.read_namespaced_pod_log, "talking", NAMESPACE, container="other"),
    }


@chapter
def execution() -> Any:
    running("obeying", "sleep 600")
    connect = core.connect_get_namespaced_pod_exec
    shell = {"stdin": False, "stdout": True, "stderr": True, "tty": False, "container": "base"}
    said = stream.stream(connect, "obeying", NAMESPACE, command=["sh", "-c", "echo out"], **shell)
    both = stream.stream(
        connect,
        "obeying",
        NAMESPACE,
        command=["sh", "-c", "read word; echo got $word; echo bad >&2; exit 3"],
        _preload_content=False,
        **{**shell, "stdin": True},
    )
    both.write_stdin("hello\n")
    both.run_forever(timeout=20)
    answer = {
        "exec": said.strip(),
        "stdout": both.read_stdout().strip(),
        "stderr": both.read_stderr().strip(),
        "code": both.returncode,
    }
    both.close()
    return answer


@chapter
def events() -> Any:
    pod = made("eventful")
    core.create_namespaced_event(
        NAMESPACE,
        client.CoreV1Event(
            metadata=client.V1ObjectMeta(generate_name="reaped-"),
            involved_object=client.V1ObjectReference(
                api_version="v1", kind="Pod", name="eventful", namespace=NAMESPACE, uid=pod.metadata.uid
            ),
            reason="Reaped",
            message="by a test",
            type="Normal",
        ),
    )
    found = core.list_namespaced_event(
        NAMESPACE, field_selector=f"involvedObject.uid={pod.metadata.uid},reason=Reaped"
    ).items
    # Without models: from 37 on they refuse an event that was made by the core group, since its eventTime is null.
    newer = client.EventsV1Api().list_namespaced_event(
        NAMESPACE, field_selector="reason=Reaped", _preload_content=False
    )
    notes = [event["note"] for event in json.loads(newer.data)["items"]]
    return {"core": [event.message for event in found], "events.k8s.io": notes}


@chapter
def leader_election() -> Any:
    from kubernetes.leaderelection import electionconfig, leaderelection
    from kubernetes.leaderelection.resourcelock import configmaplock

    try:
        from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock as Lock
    except ImportError:  # before 37 it has locks in config maps only
        Lock = configmaplock.ConfigMapLock  # noqa: N806
    told, leads = [], threading.Event()

    def started() -> None:
        told.append("leads")
        leads.set()

    election = leaderelection.LeaderElection(
        electionconfig.Config(
            Lock("election", NAMESPACE, "candidate-a"),
            lease_duration=4,
            renew_deadline=3,
            retry_period=1,
            onstarted_leading=started,
            onstopped_leading=lambda: told.append("stopped"),
        )
    )
    candidate = threading.Thread(target=election.run, daemon=True)
    candidate.start()
    assert leads.wait(20), "nobody led"
    if Lock is configmaplock.ConfigMapLock:
        record = core.read_namespaced_config_map("election", NAMESPACE).metadata.annotations
        holder = json.loads(next(iter(record.values())))["holderIdentity"]
        usurped: Any = {**json.loads(next(iter(record.values()))), "holderIdentity": "candidate-b"}
        annotations = {next(iter(record)): json.dumps(usurped)}
        core.patch_namespaced_config_map("election", NAMESPACE, {"metadata": {"annotations": annotations}})
    else:
        leases = client.CoordinationV1Api()
        holder = leases.read_namespaced_lease("election", NAMESPACE).spec.holder_identity
        leases.patch_namespaced_lease("election", NAMESPACE, {"spec": {"holderIdentity": "candidate-b"}})
    candidate.join(20)
    return {"holder": holder, "told": told}


@chapter
def leases() -> Any:
    coordination = client.CoordinationV1Api()
    spec = client.V1LeaseSpec(holder_identity="a", lease_duration_seconds=15)
    old = coordination.create_namespaced_lease(
        NAMESPACE, client.V1Lease(metadata=client.V1ObjectMeta(name="reaper"), spec=spec)
    )
    taken = coordination.read_namespaced_lease("reaper", NAMESPACE)
    taken.spec.holder_identity = "b"
    holder = coordination.replace_namespaced_lease("reaper", NAMESPACE, taken).spec.holder_identity
    old.spec.holder_identity = "c"
    return {"holder": holder, "late": refusal(coordination.replace_namespaced_lease, "reaper", NAMESPACE, old)}


@chapter
def from_inside_a_pod() -> Any:
    import datetime
    import os
    import pathlib
    import urllib.parse

    server = urllib.parse.urlsplit(os.environ["SERVER"])
    token = pathlib.Path("mounted-token")
    token.write_text("not-a-token")
    loader = config.incluster_config.InClusterConfigLoader(
        token_filename=str(token),
        cert_filename=os.environ["CA_FILE"],
        environ={"KUBERNETES_SERVICE_HOST": server.hostname, "KUBERNETES_SERVICE_PORT": str(server.port)},
    )
    inside = client.Configuration()
    loader.load_and_set(inside)
    pods = client.CoreV1Api(client.ApiClient(inside))
    wrong = refusal(pods.list_namespaced_pod, NAMESPACE)
    token.write_text(pathlib.Path(os.environ["TOKEN_FILE"]).read_text())
    loader.token_expires_at = datetime.datetime.now()  # noqa: DTZ005 - as the client reckons
    return {"wrong token": wrong, "the token in the file by now": refusal(pods.list_namespaced_pod, NAMESPACE)}


@chapter
def who_may_what() -> Any:
    def may(**attributes: str) -> bool:
        review = client.V1SelfSubjectAccessReview(
            spec=client.V1SelfSubjectAccessReviewSpec(
                resource_attributes=client.V1ResourceAttributes(namespace=NAMESPACE, **attributes)
            )
        )
        return client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed

    review = client.AuthenticationV1Api().create_self_subject_review(client.V1SelfSubjectReview())
    return {
        "delete": may(verb="delete", resource="pods"),
        "groups": "system:authenticated" in review.status.user_info.groups,
        "version": client.VersionApi().get_code().major,
    }


@chapter
def informer() -> Any:
    """None before 36, which has none."""
    try:
        from kubernetes.informer import ADDED, DELETED, SharedInformer
    except ImportError:
        return None
    added, deleted = [], []
    shared = SharedInformer(
        list_func=core.list_namespaced_pod, namespace=NAMESPACE, label_selector="set=informed", resync_period=0
    )
    shared.add_event_handler(ADDED, lambda pod: added.append(pod.metadata.name))
    shared.add_event_handler(DELETED, lambda pod: deleted.append(pod.metadata.name))
    made("informed-before", labels={"set": "informed"})
    shared.start()
    try:
        waited("the first list", lambda: "informed-before" in added)
        made("informed-after", labels={"set": "informed"})
        waited("an event", lambda: "informed-after" in added)
        core.delete_namespaced_pod("informed-after", NAMESPACE)
        waited("the deletion", lambda: deleted)
        return {"added": added, "deleted": deleted, "held": [pod.metadata.name for pod in shared.cache.list()]}
    finally:
        shared.stop()


run()
