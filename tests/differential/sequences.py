"""Random sequences of operations, weighted so that most of them meet something that an earlier one has left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from operations import (
    Bind,
    Create,
    Delete,
    DeleteAll,
    Get,
    List,
    Operation,
    Patch,
    Place,
    Raw,
    Replace,
)

Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Drawn]], Drawn]
Manifest = dict[str, Any]

NAMES = ("a", "b", "c")
_ODD_NAMES = ("Bad", "-x", "x_y", "x" * 254, "a.b", "..", "")
_KINDS = {
    "pods": ("v1", "Pod"),
    "configmaps": ("v1", "ConfigMap"),
    "secrets": ("v1", "Secret"),
    "serviceaccounts": ("v1", "ServiceAccount"),
    "events": ("v1", "Event"),
    "nodes": ("v1", "Node"),
    "leases": ("coordination.k8s.io/v1", "Lease"),
}
_WEIGHED = ("pods",) * 6 + ("configmaps", "secrets", "serviceaccounts", "events", "nodes", "leases")

_LABELS = st.sampled_from(
    [{}, {"app": "a"}, {"app": "b"}, {"app": "a", "try_number": "1"}, {"dag_id": "etl", "try_number": "2"}]
)
# No owners that could be real: the embedded cluster collects garbage, an API server alone does not.
_ODD_METADATA = st.sampled_from(
    [
        {"labels": {"app": "x" * 64}},
        {"labels": {"a b": "c"}},
        {"labels": {"app": 1}},
        {"annotations": {"a/b/c": "d"}},
        {"annotations": {"Owner": "x" * 300}},
        {"finalizers": ["nonsense"]},
        {"finalizers": ["example.com/hold", "example.com/hold"]},
        {"uid": "my-own"},
        {"resourceVersion": "7"},
        {"resourceVersion": "x"},
        {"creationTimestamp": "2020-01-01T00:00:00Z"},
        {"creationTimestamp": "yesterday"},
        {"deletionTimestamp": "2020-01-01T00:00:00Z"},
        {"generation": 7},
        {"selfLink": "/x"},
        {"namespace": "elsewhere"},
        {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x"}]},
        {"unknownField": 1},
        {"labels": None},
        {"labels": []},
    ]
)
_POD_SPECS = st.sampled_from(
    [
        {},
        {},
        {"nodeName": "somewhere"},
        {"nodeName": "somewhere"},
        {"restartPolicy": "Never"},
        {"restartPolicy": "OnFailure", "nodeName": "somewhere", "terminationGracePeriodSeconds": 5},
        {"terminationGracePeriodSeconds": 0},
        {"activeDeadlineSeconds": 30, "nodeSelector": {"disk": "ssd"}},
        {"initContainers": [{"name": "init", "image": "busybox:1.36", "restartPolicy": "Always"}]},
        {"volumes": [{"name": "v", "emptyDir": {}}], "hostNetwork": True},
        {"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}], "priority": 0},
        {"imagePullSecrets": [{"name": "cred"}], "hostname": "h", "subdomain": "s"},
        {"schedulingGates": [{"name": "example.com/wait"}]},
        {"affinity": {"nodeAffinity": {}}, "dnsPolicy": "Default"},
        {"securityContext": {"runAsUser": 1000}, "enableServiceLinks": False, "hostAliases": [{"ip": "10.0.0.1"}]},
    ]
)
_ODD_POD_SPECS = st.sampled_from(
    [
        {"containers": []},
        {"containers": None},
        {"containers": "base"},
        {"containers": [{"image": "x"}]},
        {"containers": [{"name": "base"}]},
        {"containers": [{"name": "B", "image": "x"}]},
        {"containers": [{"name": "base", "image": "x"}, {"name": "base", "image": "y"}]},
        {"containers": [{"name": "base", "image": " x"}]},
        {"containers": [{"name": "base", "image": "x", "imagePullPolicy": "Perhaps"}]},
        {"containers": [{"name": "base", "image": "x", "resources": {"requests": {"cpu": "1x"}}}]},
        {"containers": [{"name": "b", "image": "x", "resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1"}}}]},
        {"containers": [{"name": "base", "image": "x", "resources": {"limits": {"cpu": "-1"}}}]},
        {"containers": [{"name": "base", "image": "x", "env": [{"name": "=", "value": "v"}]}]},
        {"containers": [{"name": "base", "image": "x", "env": [{"value": "v"}]}]},
        {"containers": [{"name": "base", "image": "x", "ports": [{"containerPort": 70000}]}]},
        {"containers": [{"name": "base", "image": "x", "ports": [{"containerPort": "http"}]}]},
        {"containers": [{"name": "base", "image": "x", "volumeMounts": [{"name": "gone", "mountPath": "/x"}]}]},
        {"containers": [{"name": "base", "image": "x", "command": "sleep"}]},
        {"containers": [{"name": "base", "image": "x", "livenessProbe": {"exec": {"command": ["x"]}}}]},
        {"containers": [{"name": "base", "image": "x", "livenessProbe": {"periodSeconds": -1}}]},
        {"containers": [{"name": "base", "image": "x", "lifecycle": {"preStop": {}}}]},
        {"containers": [{"name": "base", "image": "x", "restartPolicy": "Always"}]},
        {"initContainers": [{"name": "base", "image": "x"}]},
        {"ephemeralContainers": [{"name": "debug", "image": "x"}]},
        {"restartPolicy": "Sometimes"},
        {"dnsPolicy": "Maybe"},
        {"terminationGracePeriodSeconds": -1},
        {"terminationGracePeriodSeconds": "soon"},
        {"terminationGracePeriodSeconds": 1.5},
        {"activeDeadlineSeconds": 0},
        {"nodeName": "Not_A_Node"},
        {"nodeSelector": {"a b": "c"}},
        {"nodeSelector": {"a": 1}},
        {"serviceAccountName": "nobody"},
        {"priorityClassName": "nonsense"},
        {"priority": 5},
        {"tolerations": [{"operator": "Equal"}]},
        {"tolerations": [{"key": "k", "operator": "Exists", "value": "v"}]},
        {"tolerations": [{"key": "k", "effect": "NoSchedule", "tolerationSeconds": 3}]},
        {"volumes": [{"name": "v"}]},
        {"volumes": [{"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}]},
        {"volumes": [{"name": "V", "emptyDir": {}}]},
        {"hostname": "H!"},
        {"unknownField": {"a": 1}},
        {"hostAliases": [{"ip": "nonsense"}]},
        {"imagePullSecrets": [{}]},
        {"schedulingGates": [{"name": "a"}, {"name": "a"}]},
    ]
)
_CONTENT: dict[str, st.SearchStrategy[Manifest]] = {
    "configmaps": st.sampled_from(
        [
            {},
            {"data": {"k": "v"}},
            {"data": {"k": "v"}, "immutable": True},
            {"binaryData": {"b": "AAEC"}},
            {"data": {"a b": "v"}},
            {"data": {"k": 1}},
            {"data": {"k": "v"}, "binaryData": {"k": "AA=="}},
            {"binaryData": {"b": "?"}},
        ]
    ),
    "secrets": st.sampled_from(
        [
            {},
            {"stringData": {"k": "v"}},
            {"data": {"k": "dg=="}},
            {"data": {"k": "dg=="}, "type": "example.com/own", "immutable": True},
            {"data": {"k": "?"}},
            {"type": "kubernetes.io/dockerconfigjson"},
            {"type": "kubernetes.io/basic-auth", "stringData": {"username": "u"}},
            {"type": "kubernetes.io/tls"},
        ]
    ),
    "serviceaccounts": st.sampled_from(
        [{}, {"automountServiceAccountToken": False}, {"imagePullSecrets": [{"name": "x"}]}, {"secrets": "x"}]
    ),
    "events": st.builds(
        lambda kind, count, name: {
            "involvedObject": {"kind": "Pod", "name": name, "namespace": "NAMESPACE"},
            "type": kind,
            "reason": "Tried",
            "message": "it was tried",
            "count": count,
            "source": {"component": "us"},
            "firstTimestamp": "2020-01-01T00:00:00Z",
        },
        st.sampled_from(["Normal", "Warning", "Odd"]),
        st.sampled_from([1, 2, -1]),
        st.sampled_from(NAMES),
    ),
    "nodes": st.sampled_from(
        [
            {},
            {"spec": {"unschedulable": True}},
            {"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}},
            {"spec": {"taints": [{"key": "k", "effect": "Sometimes"}]}},
            {"spec": {"podCIDR": "10.0.0.0/24"}, "status": {"capacity": {"cpu": "2000m", "memory": "4096Mi"}}},
            {"spec": {"podCIDR": "nonsense"}},
            {"status": {"capacity": {"cpu": "much"}}},
        ]
    ),
    "leases": st.sampled_from(
        [
            {},
            {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2020-01-01T00:00:00.000000Z"}},
            {"spec": {"leaseDurationSeconds": 0}},
            {"spec": {"leaseTransitions": -1}},
            {"spec": {"renewTime": "2020-01-01T00:00:00Z"}},
            {"spec": {"holderIdentity": 7}},
        ]
    ),
}
_STATUSES = st.sampled_from(
    [
        {"phase": "Running", "containerStatuses": [{"name": "base", "state": {"running": {}}, "ready": True}]},
        {"phase": "Succeeded", "podIP": "10.0.0.9", "startTime": "2020-01-01T00:00:00Z"},
        {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."},
        {"phase": "Nonsense"},
        {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z"}]},
        {"conditions": [{"type": "Ready", "status": "Perhaps"}]},
        {"containerStatuses": [{"name": "base", "restartCount": -1}]},
        {"containerStatuses": "none"},
        {"podIP": "nonsense"},
        {"unknownField": 1},
    ]
)
_SELECTORS = st.sampled_from(
    [
        {"labelSelector": "app=a"},
        {"labelSelector": "app!=a"},
        {"labelSelector": "app in (a,b),!try_number"},
        {"labelSelector": "app notin (b)"},
        {"labelSelector": "try_number>1"},
        {"labelSelector": "try_number"},
        {"labelSelector": "app=="},
        {"labelSelector": "app in ()"},
        {"labelSelector": "a b"},
        {"labelSelector": ",app=a"},
        {"fieldSelector": "metadata.name=a"},
        {"fieldSelector": "metadata.name!=a"},
        {"fieldSelector": "status.phase=Running"},
        {"fieldSelector": "status.phase!=Running,spec.nodeName=somewhere"},
        {"fieldSelector": "spec.restartPolicy=Never"},
        {"fieldSelector": "spec.nodeName="},
        {"fieldSelector": "metadata.labels.app=a"},
        {"fieldSelector": "metadata.name"},
        {"fieldSelector": "involvedObject.name=a,type=Normal"},
        {"fieldSelector": "spec.unschedulable=true"},
        {"fieldSelector": "type=Opaque"},
    ]
)
_DELETE_OPTIONS = st.sampled_from(
    [
        None,
        None,
        {},
        {"gracePeriodSeconds": 0},
        {"gracePeriodSeconds": 0},
        {"gracePeriodSeconds": 5},
        {"gracePeriodSeconds": 60},
        {"gracePeriodSeconds": -1},
        {"gracePeriodSeconds": "soon"},
        {"propagationPolicy": "Background"},
        {"propagationPolicy": "Nonsense"},
        {"orphanDependents": True, "propagationPolicy": "Background"},
        {"dryRun": ["All"]},
        {"dryRun": ["Some"]},
        {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 1},
        {"kind": "Pod", "apiVersion": "v1"},
        {"unknownField": 1},
    ]
)
_DELETE_QUERIES = st.sampled_from(
    [{}, {}, {}, {"gracePeriodSeconds": "0"}, {"gracePeriodSeconds": "x"}, {"dryRun": "All"}, {"dryRun": "x"}]
)
_WRITE_QUERIES = st.sampled_from(
    [{}, {}, {}, {}, {"dryRun": "All"}, {"dryRun": "x"}, {"fieldManager": "me"}, {"fieldManager": "x" * 129}]
)
_MERGES = st.sampled_from(
    [
        {},
        {"metadata": {"labels": {"app": "b"}}},
        {"metadata": {"labels": {"app": None}}},
        {"metadata": {"labels": {"app": "a", "k": "v"}, "annotations": {"note": "x"}}},
        {"metadata": {"finalizers": ["example.com/hold"]}},
        {"metadata": {"finalizers": None}},
        {"metadata": {"finalizers": ["nonsense"]}},
        {"metadata": {"name": "other"}},
        {"metadata": {"namespace": "other"}},
        {"metadata": {"uid": "other"}},
        {"metadata": {"creationTimestamp": None}},
        {"metadata": {"deletionTimestamp": None}},
        {"metadata": {"labels": {"app": "x" * 64}}},
        {"metadata": None},
        {"kind": "Other"},
        {"apiVersion": "v2"},
        {"unknownField": 1},
        {"data": {"k": "w"}},
        {"data": None},
        {"immutable": True},
        {"spec": {"unschedulable": True}},
        {"spec": {"activeDeadlineSeconds": 20}},
        {"spec": {"activeDeadlineSeconds": 50}},
        {"spec": {"restartPolicy": "OnFailure"}},
        {"spec": {"containers": [{"name": "base", "image": "busybox:2"}]}},
        {"spec": {"containers": [{"name": "more", "image": "busybox:1"}]}},
        {"spec": {"tolerations": [{"key": "more", "operator": "Exists"}]}},
        {"spec": {"nodeName": "elsewhere"}},
        {"spec": {"terminationGracePeriodSeconds": 1}},
        {"spec": {"holderIdentity": "you", "leaseTransitions": 1}},
        {"spec": None},
        {"status": {"phase": "Running"}},
        {"count": 3},
        [],
        "text",
        None,
        '{"a":',
    ]
)
_JSON_PATCHES = st.sampled_from(
    [
        [],
        [{"op": "add", "path": "/metadata/labels", "value": {"app": "b"}}],
        [{"op": "add", "path": "/metadata/labels/app", "value": "b"}],
        [{"op": "remove", "path": "/metadata/labels/app"}],
        [{"op": "replace", "path": "/metadata/labels/app", "value": "a"}],
        [{"op": "test", "path": "/metadata/labels/app", "value": "a"}],
        [
            {"op": "test", "path": "/metadata/name", "value": "a"},
            {"op": "add", "path": "/metadata/annotations", "value": {}},
        ],
        [{"op": "copy", "from": "/metadata/name", "path": "/metadata/labels/app"}],
        [{"op": "move", "from": "/metadata/labels", "path": "/metadata/annotations"}],
        [{"op": "add", "path": "/metadata/finalizers", "value": ["example.com/hold"]}],
        [{"op": "remove", "path": "/metadata/finalizers"}],
        [{"op": "remove", "path": "/metadata/finalizers/0"}],
        [{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/other"}],
        [{"op": "nonsense", "path": "/metadata"}],
        [{"op": "add", "path": "metadata"}],
        [{"op": "replace", "path": "/spec/containers/0/image", "value": "busybox:3"}],
        [{"op": "replace", "path": "/metadata/name", "value": "other"}],
        {"op": "add"},
        "text",
    ]
)
_STRATEGIC = st.sampled_from(
    [
        {"metadata": {"finalizers": ["example.com/hold"]}},
        {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/hold"]}},
        {"metadata": {"labels": {"$patch": "replace", "only": "this"}}},
        {"metadata": {"labels": {"$patch": "delete"}}},
        {"spec": {"containers": [{"name": "base", "image": "busybox:4"}]}},
        {"spec": {"containers": [{"image": "busybox:4"}]}},
        {"spec": {"containers": [{"$patch": "delete", "name": "base"}]}},
        {"spec": {"tolerations": [{"key": "t", "operator": "Exists"}]}},
        {"spec": {"taints": [{"key": "t", "effect": "NoExecute"}]}},
        {"spec": {"$setElementOrder/containers": [{"name": "base"}], "containers": [{"name": "base", "image": "b:5"}]}},
        {"metadata": {"$setElementOrder/finalizers": ["example.com/hold"]}},
        {"data": {"$patch": "replace", "only": "this"}},
        {"$patch": "nonsense"},
        {"$retainKeys": ["metadata"]},
    ]
)
_EDITS = st.sampled_from(
    [
        {},
        {"metadata.labels": {"app": "b"}},
        {"metadata.labels": None},
        {"metadata.annotations": {"note": "y"}},
        {"metadata.finalizers": ["example.com/hold"]},
        {"metadata.finalizers": None},
        {"metadata.name": "other"},
        {"metadata.namespace": "other"},
        {"metadata.creationTimestamp": None},
        {"metadata.generation": 9},
        {"spec.containers.0.image": "busybox:9"},
        {"spec.containers.0.name": "renamed"},
        {"spec.restartPolicy": "OnFailure"},
        {"spec.tolerations": None},
        {"spec.nodeName": None},
        {"spec.unschedulable": True},
        {"spec.terminationGracePeriodSeconds": 1},
        {"spec.activeDeadlineSeconds": 10},
        {"spec.holderIdentity": "you"},
        {"status.phase": "Running"},
        {"status.reason": "Testing"},
        {"data": {"k": "ww=="}},
        {"immutable": True},
        {"type": "Warning"},
        {"kind": "Other"},
        {"apiVersion": "v2"},
    ]
)


def manifest(draw: Draw[Any], place: Place, mark: str) -> Manifest:
    """A new object for a place; one in five is odd in one way. ``mark`` is in the labels of what has no namespace."""
    version, kind = _KINDS[place.resource]
    prefix = "" if place.namespace else f"{mark}-"
    odd = draw(st.integers(0, 9))
    metadata: Manifest = {"labels": dict(draw(_LABELS))}
    if draw(st.integers(0, 5)):
        metadata["name"] = prefix + draw(st.sampled_from(NAMES))
    else:
        # A prefix of its own each time: what is generated after it must not decide in which order objects are listed.
        number = f"{draw(st.integers(0, 10**6))}"
        metadata["generateName"] = prefix + draw(st.sampled_from([f"g{number}-", f"G{number}_", number + "x" * 60]))
    if draw(st.integers(0, 7)) == 0:
        metadata["finalizers"] = ["example.com/hold"]
    if odd == 0:
        metadata.update(draw(_ODD_METADATA))
    elif odd == 1:
        metadata["name"] = draw(st.sampled_from(_ODD_NAMES))
    if isinstance(metadata.get("labels"), dict) and not place.namespace:
        metadata["labels"]["sequence"] = mark
    made: Manifest = {"apiVersion": version, "kind": kind, "metadata": metadata}
    if place.resource == "pods":
        container = {"name": "base", "image": "busybox:1.36"}
        made["spec"] = {"containers": [container], "automountServiceAccountToken": False, **draw(_POD_SPECS)}
        if odd in {2, 3}:
            made["spec"].update(draw(_ODD_POD_SPECS))
    else:
        made.update(draw(_CONTENT[place.resource]))
        if place.resource == "events":
            made["involvedObject"]["namespace"] = place.namespace
    if odd == 4:
        made.update(draw(st.sampled_from([{"kind": "Other"}, {"apiVersion": "v2"}, {"kind": ""}, {"unknown": []}])))
    return made


@st.composite
def operations(draw: Draw[Any], mark: str) -> Operation:
    """One operation in the namespace ``mark``, or on nodes whose names begin with it."""
    resource = draw(st.sampled_from(_WEIGHED))
    place = Place(resource, "" if resource == "nodes" else mark)
    name = ("" if place.namespace else f"{mark}-") + draw(st.sampled_from(NAMES))
    choice = draw(st.integers(0, 99))
    if not choice:
        return Raw("GET", "/healthz")  # what shrinking makes of an operation that does not matter
    if choice < 24:
        return Create(place, manifest(draw, place, mark), draw(_WRITE_QUERIES))
    if choice < 34:
        return _get(draw, place, name)
    if choice < 48:
        return _list(draw, place, mark)
    if choice < 58:
        return _replace(draw, place, name)
    if choice < 78:
        return _patch(draw, place, name)
    if choice < 92:
        return _delete(draw, place, name)
    if choice < 94:
        query = draw(_SELECTORS) if place.namespace else {"labelSelector": f"sequence={mark}"}
        return DeleteAll(place, draw(_DELETE_OPTIONS), query)
    if choice < 96 and resource == "pods":
        return Bind(place, name, draw(st.sampled_from(["somewhere", "elsewhere"])), draw(st.sampled_from(_UIDS)))
    return _raw(draw, place, name)


_UIDS = ("none", "none", "current", "former", "foreign")
_VERSIONS = ("none", "none", "current", "current", "stale", "zero", "future", "garbage")
_ACCEPTED = ("json", "json", "json", "json", "table", "partial", "partials", "yaml", "html")


def _get(draw: Draw[Any], place: Place, name: str) -> Operation:
    subresource = draw(st.sampled_from(["", "", "", "status", "log", "ephemeralcontainers", "nonsense"]))
    if subresource == "log" and place.resource == "pods":
        subresource = ""  # what a node says that is not there depends on names in the network
    return Get(place, name, draw(st.sampled_from(_ACCEPTED)), subresource)


def _list(draw: Draw[Any], place: Place, mark: str) -> Operation:
    query = dict(draw(_SELECTORS)) if draw(st.booleans()) else {}
    if not place.namespace:
        query["labelSelector"] = f"sequence={mark}"
    if draw(st.booleans()):
        query["limit"] = draw(st.sampled_from(["1", "2", "0", "-1", "x"]))
    if draw(st.integers(0, 3)) == 0:
        query["resourceVersionMatch"] = draw(st.sampled_from(["Exact", "NotOlderThan", "Nonsense"]))
    version = draw(st.sampled_from(["none", "none", "none", "zero", "listed", "future", "garbage"]))
    if version == "future":  # the real server waits three seconds for such a version before it refuses
        version = "none"
    return List(place, query, version, draw(st.integers(0, 3)) == 0, draw(st.sampled_from(_ACCEPTED)))


def _replace(draw: Draw[Any], place: Place, name: str) -> Operation:
    subresource = draw(st.sampled_from(["", "", "", "status"]))
    version, uid = draw(st.sampled_from(_VERSIONS)), draw(st.sampled_from(_UIDS))
    return Replace(place, name, draw(_EDITS), version, uid, subresource, draw(_WRITE_QUERIES))


def _patch(draw: Draw[Any], place: Place, name: str) -> Operation:
    if place.resource == "pods" and draw(st.integers(0, 2)) == 0:
        kind = draw(st.sampled_from(["merge", "strategic"]))
        return Patch(place, name, kind, {"status": draw(_STATUSES)}, subresource="status")
    kind = draw(st.sampled_from(["merge", "merge", "json", "strategic", "strategic"]))
    if kind == "json":
        patch = draw(_JSON_PATCHES)
    else:
        patch = draw(_MERGES if kind == "merge" or draw(st.booleans()) else _STRATEGIC)
    version = draw(st.sampled_from(_VERSIONS))
    return Patch(place, name, kind, patch, version, draw(st.sampled_from(["", "", "", "status"])), draw(_WRITE_QUERIES))


def _delete(draw: Draw[Any], place: Place, name: str) -> Operation:
    evict = place.resource == "pods" and draw(st.integers(0, 5)) == 0
    uid = draw(st.sampled_from(_UIDS))
    version = draw(st.sampled_from(("none", "none", "none", "current", "stale", "garbage")))
    query = {} if evict else draw(_DELETE_QUERIES)
    return Delete(place, name, draw(_DELETE_OPTIONS), query, uid, version, evict)


def _raw(draw: Draw[Any], place: Place, name: str) -> Operation:
    below = f"{place.path}/{name}"
    return draw(
        st.sampled_from(
            [
                Raw("GET", "/api/v1/nonsense"),
                Raw("GET", "/apis/nonsense/v1"),
                Raw("GET", "/nonsense"),
                Raw("GET", f"/api/v1/namespaces/{place.namespace or 'default'}"),
                Raw("POST", below, {}),
                Raw("PUT", place.path, {}),
                Raw("PATCH", place.path, {}, "application/merge-patch+json"),
                Raw("POST", place.path, "{", "application/json"),
                Raw("POST", place.path, "[]", "application/json"),
                Raw("POST", place.path, "null", "application/json"),
                Raw("POST", place.path, "a: [", "application/yaml"),
                Raw("POST", place.path, "{}", "text/plain"),
                Raw("PATCH", below, "{}", "application/json"),
                Raw("PATCH", below, "{}", "application/nonsense"),
                Raw("DELETE", below, "{"),
                Raw("GET", f"{below}/nonsense"),
                Raw("POST", f"{below}/eviction", {}),
                Raw("POST", f"{below}/binding", {}),
                Raw("GET", place.path, query={"timeoutSeconds": "x"}),
                Raw("POST", place.path, {}, query={"fieldValidation": "Nonsense"}),
            ]
        )
    )
