"""kubectl looks: get in its forms, describe, explain, events, who may what."""

from __future__ import annotations

import json

import pytest
from kubectls import Kubectl, awaited
from places import NODES

pytestmark = [pytest.mark.clients, pytest.mark.client_kubectl]


@pytest.fixture(scope="module", autouse=True)
def pods(kubectl: Kubectl) -> None:
    kubectl.pod("running", "echo hello; sleep 600", labels={"app": "a", "tier": "front"})
    kubectl.pod("waiting", labels={"app": "b"}, annotations={"why": "nobody schedules it"})


def test_get_as_a_table(kubectl: Kubectl) -> None:
    head, running, waiting = kubectl("get", "pods").words
    assert head == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert running[:4] == ["running", "1/1", "Running", "0"]
    assert waiting[:4] == ["waiting", "0/1", "Pending", "0"]


def test_get_wide_with_labels(kubectl: Kubectl) -> None:
    head, row = kubectl("get", "pod", "running", "-o", "wide", "--show-labels", "-L", "tier").words
    assert head[5:8] == ["IP", "NODE", "NOMINATED"]
    assert row[6] in NODES
    assert row[-1] == "app=a,tier=front"
    assert row[-2] == "front"


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (["-l", "app=a"], ["pod/running"]),
        (["-l", "app in (b,c)"], ["pod/waiting"]),
        (["-l", "!tier"], ["pod/waiting"]),
        (["--field-selector", "status.phase=Running"], ["pod/running"]),
        (["--field-selector", "status.phase!=Running,metadata.name=waiting"], ["pod/waiting"]),
        (["--chunk-size=1"], ["pod/running", "pod/waiting"]),
        (["--sort-by=.metadata.labels.app"], ["pod/running", "pod/waiting"]),
    ],
)
def test_get_selected(kubectl: Kubectl, selection: list[str], names: list[str]) -> None:
    assert kubectl("get", "pods", *selection, "-o", "name").lines == names


def test_get_in_other_forms(kubectl: Kubectl) -> None:
    assert kubectl.get("pod", "waiting")["metadata"]["annotations"] == {"why": "nobody schedules it"}
    listed = json.loads(kubectl("get", "pods", "-o", "json").out)
    assert [listed["kind"], len(listed["items"])] == ["List", 2]
    path = "jsonpath={.items[*].status.phase}"
    assert kubectl("get", "pods", "-o", path).out == "Running Pending"
    columns = "custom-columns=N:.metadata.name,P:.status.phase"
    assert kubectl("get", "pods", "-o", columns, "--no-headers").words == [
        ["running", "Running"],
        ["waiting", "Pending"],
    ]
    assert kubectl("get", "pods,serviceaccounts", "-o", "name").lines[-1] == "serviceaccount/default"
    assert f"{kubectl.place.namespace}   " in kubectl("get", "pods", "-A").out
    assert kubectl("get", "--raw", "/readyz").out == "ok"


def test_what_is_not_there(kubectl: Kubectl) -> None:
    missing = kubectl("get", "pod", "nobody", code=1).err
    assert missing == 'Error from server (NotFound): pods "nobody" not found\n'
    assert kubectl("get", "pod", "nobody", "--ignore-not-found").out == ""
    assert "the server doesn't have a resource type" in kubectl("get", "unicorns", code=1).err
    nothing = kubectl("get", "pods", "-l", "app=none")
    assert nothing.err == f"No resources found in {kubectl.place.namespace} namespace.\n"


def test_describe_a_pod(kubectl: Kubectl) -> None:
    described = kubectl("describe", "pod", "running").out
    told = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in described.splitlines()}
    assert told["Name"] == "running"
    assert told["Node"].partition("/")[0] in NODES
    assert told["Status"] == "Running"
    assert told["Image"] == "busybox:stable"
    assert told["QoS Class"] == "BestEffort"

    def scheduled() -> bool:
        events = kubectl("describe", "pod", "running").out.partition("Events:")[2]
        return "Scheduled" in events and "Started" in events

    awaited("the events of the pod", scheduled)


def test_describe_a_node(kubectl: Kubectl) -> None:
    described = kubectl("describe", "node", NODES[0]).out
    assert "kubelet" in described.lower()
    assert "Allocated resources:" in described
    assert "Ready" in described.partition("Conditions:")[2]
    assert kubectl("get", "nodes", "--no-headers").words[0][:2] == [NODES[0], "Ready"]


def test_events(kubectl: Kubectl) -> None:
    def told() -> bool:
        return "Started" in kubectl("events", "--for", "pod/running").out

    awaited("the event Started", told)
    first = kubectl("get", "events", "--field-selector", "involvedObject.name=running,reason=Scheduled").words
    assert first[0] == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert first[1][1:4] == ["Normal", "Scheduled", "pod/running"]


def test_what_the_server_knows(kubectl: Kubectl) -> None:
    resources = {words[0]: words for words in kubectl("api-resources", "--no-headers").words}
    assert resources["pods"] == ["pods", "po", "v1", "true", "Pod"]
    assert resources["nodes"][3] == "false"
    assert {"v1", "coordination.k8s.io/v1"} <= set(kubectl("api-versions").lines)
    version = json.loads(kubectl("version", "-o", "json").out)
    assert version["serverVersion"]["gitVersion"] == kubectl.place.cluster.kubernetes_version
    assert "is running at" in kubectl("cluster-info").out


def test_explain(kubectl: Kubectl) -> None:
    explained = kubectl("explain", "pod.spec.terminationGracePeriodSeconds").out
    assert "FIELD: terminationGracePeriodSeconds <integer>" in explained
    assert "FIELDS:" in kubectl("explain", "leases").out


def test_who_may_what(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "delete", "pods").out == "yes\n"
    assert "*.*" in kubectl("auth", "can-i", "--list").out
    whoami = kubectl("auth", "whoami", "-o", "json")
    assert "system:authenticated" in json.loads(whoami.out)["status"]["userInfo"]["groups"]


def test_who_may_what_for_another(kubectl: Kubectl) -> None:
    account = f"--as=system:serviceaccount:{kubectl.place.namespace}:default"
    assert kubectl("auth", "can-i", "delete", "pods", account, code=1).out == "no\n"
    refused = kubectl("get", "pods", account, code=1).err
    assert refused.startswith("Error from server (Forbidden): pods is forbidden: User")
