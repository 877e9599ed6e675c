"""kubectl writes: create, apply, patch, label, delete in its ways, wait."""

from __future__ import annotations

import pytest
from kubectls import Kubectl, manifest

pytestmark = [pytest.mark.clients, pytest.mark.client_kubectl]


def settings(value: str, *, name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": value}}


def test_create(kubectl: Kubectl) -> None:
    said = kubectl("create", "configmap", "made", "--from-literal=a=1").out
    assert said == "configmap/made created\n"
    again = kubectl("create", "configmap", "made", code=1).err
    assert again == 'error: failed to create configmap: configmaps "made" already exists\n'
    assert kubectl("create", "-f", "-", "--dry-run=server", given=[manifest("imagined")]).out.endswith(
        "created (server dry run)\n"
    )
    kubectl("get", "pod", "imagined", code=1)
    wrong = {**manifest("wrong"), "spec": {"containers": []}}
    assert "spec.containers: Required value" in kubectl("create", "-f", "-", given=[wrong], code=1).err


def test_unknown_fields_are_refused(kubectl: Kubectl) -> None:
    unknown = manifest("unknown")
    unknown["spec"]["restart"] = "Never"
    assert 'unknown field "spec.restart"' in kubectl("create", "-f", "-", given=[unknown], code=1).err
    assert "created" in kubectl("create", "-f", "-", "--validate=ignore", given=[unknown]).out


def test_create_by_name(kubectl: Kubectl) -> None:
    other = f"{kubectl.place.namespace}-other"
    assert kubectl("create", "namespace", other).out == f"namespace/{other} created\n"
    assert kubectl("create", "serviceaccount", "reaper").out == "serviceaccount/reaper created\n"
    assert kubectl("create", "secret", "generic", "hidden", "--from-literal=a=1").out == "secret/hidden created\n"
    assert kubectl("run", "ran", "--image=busybox:stable", "--restart=Never").out == "pod/ran created\n"
    assert kubectl("delete", "namespace", other, "--wait=false").out == f'namespace "{other}" deleted\n'


def test_create_token(kubectl: Kubectl) -> None:
    kubectl("create", "serviceaccount", "holder")
    token = kubectl("create", "token", "holder", "--duration=1h").out.strip()
    whoami = kubectl("auth", "whoami", "--token", token, "-o", "jsonpath={.status.userInfo.username}")
    assert whoami.out == f"system:serviceaccount:{kubectl.place.namespace}:holder"


def test_create_job_and_quota(kubectl: Kubectl) -> None:
    assert kubectl("create", "job", "once", "--image=busybox:stable", "--", "true").out == "job.batch/once created\n"
    assert kubectl("get", "job", "once", "-o", "jsonpath={.spec.backoffLimit}").out == "6"
    assert kubectl("create", "quota", "few", "--hard=secrets=100").out == "resourcequota/few created\n"


def test_apply(kubectl: Kubectl) -> None:
    first = {**settings("1", name="applied"), "data": {"key": "1", "gone": "soon"}}
    assert kubectl("apply", "-f", "-", given=[first]).out == "configmap/applied created\n"
    second = settings("2", name="applied")
    difference = kubectl("diff", "-f", "-", given=[second], code=1).out
    assert "-  gone: soon" in difference
    assert '+  key: "2"' in difference
    assert kubectl("apply", "-f", "-", given=[second]).out == "configmap/applied configured\n"
    assert kubectl.get("configmap", "applied")["data"] == {"key": "2"}
    assert kubectl("apply", "-f", "-", given=[second]).out == "configmap/applied unchanged\n"


def test_apply_a_pod(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", given=[manifest("applied", labels={"a": "1", "b": "2"})])
    kubectl("apply", "-f", "-", given=[manifest("applied", labels={"a": "2"})])
    assert kubectl.get("pod", "applied")["metadata"]["labels"] == {"a": "2"}


def test_server_side_apply(kubectl: Kubectl) -> None:
    def apply(value: str, manager: str, *arguments: str, code: int = 0) -> str:
        flags = ["apply", "--server-side", f"--field-manager={manager}", *arguments, "-f", "-"]
        said = kubectl(*flags, given=[settings(value, name="shared")], code=code)
        return said.out + said.err

    assert apply("1", "reaper") == "configmap/shared serverside-applied\n"
    conflict = apply("2", "other", code=1)
    assert 'conflict with "reaper"' in conflict
    assert ".data.key" in conflict
    assert apply("2", "other", "--force-conflicts") == "configmap/shared serverside-applied\n"
    managed = kubectl("get", "configmap", "shared", "--show-managed-fields", "-o", "yaml").out
    assert "manager: other" in managed
    assert kubectl.get("configmap", "shared")["data"] == {"key": "2"}


@pytest.mark.parametrize(
    ("kind", "patch", "labels"),
    [
        ("strategic", '{"metadata": {"labels": {"a": null, "c": "3"}}}', {"b": "2", "c": "3"}),
        ("merge", '{"metadata": {"labels": {"b": "9"}}}', {"a": "1", "b": "9"}),
        ("json", '[{"op": "replace", "path": "/metadata/labels/a", "value": "8"}]', {"a": "8", "b": "2"}),
    ],
)
def test_patch(kubectl: Kubectl, kind: str, patch: str, labels: dict[str, str]) -> None:
    kubectl.pod(f"patched-{kind}", labels={"a": "1", "b": "2"})
    assert kubectl("patch", "pod", f"patched-{kind}", f"--type={kind}", "-p", patch).out.endswith("patched\n")
    assert kubectl.get("pod", f"patched-{kind}")["metadata"]["labels"] == labels


def test_label_and_annotate(kubectl: Kubectl) -> None:
    kubectl.pod("labelled", labels={"a": "1"})
    assert kubectl("label", "pod", "labelled", "b=2").out == "pod/labelled labeled\n"
    assert "--overwrite is false" in kubectl("label", "pod", "labelled", "b=3", code=1).err
    kubectl("label", "pod", "labelled", "b=3", "a-", "--overwrite")
    assert kubectl("annotate", "pods", "-l", "b=3", "why=a test").out == "pod/labelled annotated\n"
    metadata = kubectl.get("pod", "labelled")["metadata"]
    assert [metadata["labels"], metadata["annotations"]] == [{"b": "3"}, {"why": "a test"}]


def test_replace(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", given=[settings("1", name="replaced")])
    stale = kubectl.get("configmap", "replaced")
    assert kubectl("replace", "-f", "-", given=[settings("2", name="replaced")]).out == "configmap/replaced replaced\n"
    stale["data"] = {"key": "3"}
    assert "the object has been modified" in kubectl("replace", "-f", "-", given=[stale], code=1).err


@pytest.mark.parametrize(
    "flags", [[], ["--grace-period=1"], ["--force", "--grace-period=0"], ["--now"], ["--cascade=background"]]
)
def test_delete_waits_until_the_pod_is_gone(kubectl: Kubectl, flags: list[str]) -> None:
    kubectl.pod("doomed", "sleep 600")
    said = kubectl("delete", "pod", "doomed", *flags)
    assert said.out.startswith('pod "doomed"')
    kubectl("get", "pod", "doomed", code=1)


def test_delete_without_waiting_meets_a_finalizer(kubectl: Kubectl) -> None:
    kubectl.pod("held", finalizers=["example.org/held"])
    kubectl("delete", "pod", "held", "--wait=false")
    assert kubectl.get("pod", "held")["metadata"]["deletionTimestamp"]
    timed_out = kubectl("wait", "--for=delete", "pod/held", "--timeout=1s", code=1).err
    assert "timed out waiting for the condition" in timed_out
    kubectl("patch", "pod", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    kubectl("wait", "--for=delete", "pod/held", "--timeout=20s")


def test_delete_by_selector(kubectl: Kubectl) -> None:
    for name in ("many-a", "many-b"):
        kubectl.pod(name, labels={"set": "many"})
    gone = kubectl("delete", "pods", "-l", "set=many", "--dry-run=server").lines
    assert len(gone) == 2
    assert len(kubectl("get", "pods", "-l", "set=many", "-o", "name").lines) == 2
    kubectl("delete", "pods", "-l", "set=many")
    assert kubectl("get", "pods", "-l", "set=many", "-o", "name").lines == []


def test_wait(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", given=[manifest("brief", "echo done")])
    waited = kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/brief", "--timeout=30s")
    assert waited.out == "pod/brief condition met\n"
