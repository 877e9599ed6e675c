"""Chaos Toolkit with chaosk8s: experiments as a user writes them, run by ``chaos run``; the journal tells."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from client_environments import client_python, variables
from kubectls import awaited, manifest
from kubernetes import client
from places import NODES, Place

pytestmark = [pytest.mark.clients, pytest.mark.client_chaostoolkit]

NODE = NODES[1]


class Experiment:
    """Runs steps of chaosk8s at a place and gives what each of them put out."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def step(self, module: str, function: str, /, **arguments: Any) -> dict[str, Any]:
        """An activity; the place's namespace is given to those that ask for one by ``ns=None``."""
        if "ns" in arguments:
            arguments["ns"] = self.place.namespace
        provider = {"type": "python", "module": f"chaosk8s.{module}", "func": function, "arguments": arguments}
        kind = "action" if module.endswith("actions") else "probe"
        return {"type": kind, "name": f"{len(arguments)}-{function}", "provider": provider}

    def run(self, *steps: dict[str, Any], hypothesis: tuple[dict[str, Any], ...] = ()) -> list[Any]:
        """The output of each step. The test fails with the journal where the experiment did not complete."""
        document: dict[str, Any] = {"title": "a test", "description": "of the API", "method": [*steps]}
        if hypothesis:
            document["steady-state-hypothesis"] = {"title": "as it was", "probes": [*hypothesis]}
        (self.place.folder / "experiment.json").write_text(json.dumps(document))
        journal = self.place.folder / "journal.json"
        journal.unlink(missing_ok=True)
        command = [client_python("chaostoolkit").with_name("chaos"), "run", "--journal-path", journal]
        ended = subprocess.run(
            [*map(str, command), "experiment.json"],
            env=variables(KUBECONFIG=str(self.place.kubeconfig), HOME=str(self.place.folder)),
            cwd=self.place.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        told = json.loads(journal.read_text()) if journal.exists() else {"status": "no journal"}
        assert told["status"] == "completed", f"{json.dumps(told.get('run'))}\n{ended.stderr[-3000:]}"
        assert {each["status"] for each in told["run"]} == {"succeeded"}, json.dumps(told["run"])
        return [each.get("output") for each in told["run"]]


@pytest.fixture(scope="module")
def experiment(place: Place) -> Experiment:
    return Experiment(place)


@pytest.fixture
def running(core: client.CoreV1Api, place: Place) -> Iterator[list[str]]:
    """Two pods that run on one node, and belong to a controller, as a drain wants it."""
    owner = client.V1ConfigMap(metadata=client.V1ObjectMeta(generate_name="owner-"))
    stored = core.create_namespaced_config_map(place.namespace, owner)
    belongs = {"apiVersion": "v1", "kind": "ConfigMap", "controller": True}
    reference = {**belongs, "name": stored.metadata.name, "uid": stored.metadata.uid}
    names = ["chaos-a", "chaos-b"]
    for name in names:
        body = manifest(name, f"echo {name}; sleep 600", labels={"app": "chaos"}, ownerReferences=[reference])
        body["spec"]["nodeName"] = NODE
        # A drain by chaosk8s wants any volume; accounts' tokens are one where they are mounted.
        body["spec"]["volumes"] = [{"name": "owner", "configMap": {"name": stored.metadata.name}}]
        core.create_namespaced_pod(place.namespace, body)

    def run() -> bool:
        pods = core.list_namespaced_pod(place.namespace, label_selector="app=chaos").items
        return [pod.status.phase for pod in pods] == ["Running", "Running"]

    awaited("two pods Running", run)
    yield names
    core.delete_collection_namespaced_pod(place.namespace, grace_period_seconds=0)


def present(core: client.CoreV1Api, place: Place) -> list[str]:
    return [pod.metadata.name for pod in core.list_namespaced_pod(place.namespace, label_selector="app=chaos").items]


def test_probes_of_pods(experiment: Experiment, running: list[str]) -> None:
    selected = {"label_selector": "app=chaos", "ns": None}
    steady = experiment.step("pod.probes", "pods_in_phase", **selected, phase="Running")
    ready = [{"type": "Ready", "status": "True"}]
    counted, healthy, conditions, logs = experiment.run(
        experiment.step("pod.probes", "count_pods", **selected, phase="Running"),
        experiment.step("pod.probes", "all_pods_healthy", ns=None),
        experiment.step("pod.probes", "pods_in_conditions", **selected, conditions=ready),
        experiment.step("pod.probes", "read_pod_logs", **selected, last="5m"),
        hypothesis=({**steady, "tolerance": True},),
    )
    assert [counted, healthy, conditions] == [2, True, True]
    assert {name: log.split()[1] for name, log in logs.items()} == {name: name for name in running}


def test_terminate_pods(experiment: Experiment, running: list[str], core: client.CoreV1Api, place: Place) -> None:
    (terminated,) = experiment.run(
        experiment.step("pod.actions", "terminate_pods", name_pattern="chaos-a", ns=None, grace_period=0)
    )
    assert terminated == ["chaos-a"]
    awaited("chaos-a gone", lambda: present(core, place) == ["chaos-b"])


@pytest.mark.usefixtures("running")
def test_exec_then_drain(experiment: Experiment, core: client.CoreV1Api, place: Place) -> None:
    selected = {"label_selector": "app=chaos", "all": True, "ns": None, "container_name": "base"}
    said, _, nodes, _ = experiment.run(
        experiment.step("pod.actions", "exec_in_pods", cmd=["echo", "hello"], **selected),
        experiment.step("node.actions", "drain_nodes", name=NODE, timeout=60),
        experiment.step("node.probes", "get_nodes"),
        experiment.step("node.actions", "uncordon_node", name=NODE),
    )
    assert [[each["pod_name"], each["stdout"].strip()] for each in said] == [["chaos-a", "hello"], ["chaos-b", "hello"]]
    cordoned = [node["metadata"]["name"] for node in nodes["items"] if node["spec"].get("unschedulable")]
    assert cordoned == [NODE]
    assert present(core, place) == []
    assert not core.read_node(NODE).spec.unschedulable


def test_network_policies(experiment: Experiment, core: client.CoreV1Api, place: Place) -> None:
    policies = client.NetworkingV1Api(core.api_client)
    experiment.run(experiment.step("networking.actions", "deny_all_ingress", ns=None))
    (policy,) = policies.list_namespaced_network_policy(place.namespace).items
    assert policy.spec.policy_types == ["Ingress"]
    experiment.run(experiment.step("networking.actions", "remove_deny_all_ingress", ns=None))
    assert policies.list_namespaced_network_policy(place.namespace).items == []


def test_namespaces_and_events(experiment: Experiment) -> None:
    name = f"{experiment.place.namespace}-other"
    _, there, _, events = experiment.run(
        experiment.step("namespace.actions", "create_namespace", name=name),
        experiment.step("namespace.probes", "namespace_exists", name=name),
        experiment.step("namespace.actions", "delete_namespace", name=name),
        experiment.step("event.probes", "get_events"),
    )
    assert there is True
    assert events["kind"] == "EventList"
