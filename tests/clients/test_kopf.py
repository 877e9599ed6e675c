"""An operator on kopf as a process of its own: creation, a field, a timer, and a finalizer that blocks deletion."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from client_environments import CLIENTS, client_python, variables
from kubectls import awaited, manifest
from kubernetes import client, config
from places import Place

pytestmark = [pytest.mark.clients, pytest.mark.client_kopf]

FINALIZER = "example.org/operator"
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "greetings.example.org"},
    "spec": {
        "group": "example.org",
        "scope": "Namespaced",
        "names": {"plural": "greetings", "singular": "greeting", "kind": "Greeting"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": ANYTHING, "status": ANYTHING}}},
            }
        ],
    },
}


@pytest.fixture(scope="module")
def greetings(place: Place) -> Iterator[client.CustomObjectsApi]:
    """A custom resource, ``greetings.example.org``, for as long as the module runs."""
    with config.new_client_from_config(str(place.kubeconfig)) as connection:
        definitions = client.ApiextensionsV1Api(connection)
        definitions.create_custom_resource_definition(DEFINITION)

        def established() -> bool:
            conditions = definitions.read_custom_resource_definition("greetings.example.org").status.conditions or []
            return any(each.type == "Established" and each.status == "True" for each in conditions)

        awaited("the custom resource established", established)
        yield client.CustomObjectsApi(connection)
        definitions.delete_custom_resource_definition("greetings.example.org")
        connection.rest_client.pool_manager.clear()


@pytest.fixture(scope="module")
def operator(place: Place, greetings: client.CustomObjectsApi) -> Iterator[subprocess.Popen[bytes]]:
    """``kopf run`` in the module's namespace; its log is shown when it has ended by itself."""
    python = client_python("kopf")
    log = place.folder / "operator.log"
    command = [python.with_name("kopf"), "run", "--standalone", "-n", place.namespace]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*map(str, command), str(CLIENTS / "scripts" / "operator_kopf.py")],
            env=variables(**place.variables),
            cwd=place.folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        yield process
        still_running = process.poll() is None
        process.terminate()
        ended = process.wait(30)
    assert still_running, f"the operator ended by itself:\n{log.read_text()[-5000:]}"
    assert ended == 0, f"the operator did not end well:\n{log.read_text()[-5000:]}"


def annotations(core: client.CoreV1Api, place: Place, name: str) -> dict[str, Any]:
    return core.read_namespaced_pod(name, place.namespace).metadata.annotations or {}


@pytest.mark.usefixtures("operator")
def test_an_operator_sees_a_pod_from_creation_to_release(core: client.CoreV1Api, place: Place) -> None:
    core.create_namespaced_pod(place.namespace, manifest("operated", labels={"operated": "yes"}))
    core.create_namespaced_pod(place.namespace, manifest("foreign"))
    awaited("a greeting", lambda: annotations(core, place, "operated").get("example.org/greeted") == "operated")
    awaited("three counts", lambda: annotations(core, place, "operated").get("example.org/counted") == "3")
    core.patch_namespaced_pod("operated", place.namespace, {"metadata": {"labels": {"step": "2"}}})
    awaited("the step", lambda: annotations(core, place, "operated").get("example.org/step") == "2")
    assert core.read_namespaced_pod("operated", place.namespace).metadata.finalizers == [FINALIZER]
    assert core.read_namespaced_pod("foreign", place.namespace).metadata.finalizers is None

    held = core.delete_namespaced_pod("operated", place.namespace)
    assert held.metadata.deletion_timestamp is not None

    def progressed() -> bool:
        noted = annotations(core, place, "operated")
        return any("hold" in key and '"retries":' in value for key, value in noted.items())

    awaited("a refused release in kopf's notes", progressed)
    core.patch_namespaced_pod(
        "operated", place.namespace, {"metadata": {"annotations": {"example.org/release": "yes"}}}
    )
    selected = "metadata.name=operated"
    awaited("the end", lambda: not core.list_namespaced_pod(place.namespace, field_selector=selected).items)


@pytest.mark.usefixtures("operator")
def test_an_operator_answers_a_custom_resource(greetings: client.CustomObjectsApi, place: Place) -> None:
    where = ("example.org", "v1", place.namespace, "greetings")
    body = {"apiVersion": "example.org/v1", "kind": "Greeting", "metadata": {"name": "a"}, "spec": {"name": "world"}}
    greetings.create_namespaced_custom_object(*where, body)

    def said() -> Any:
        return greetings.get_namespaced_custom_object(*where, "a").get("status", {}).get("said")

    awaited("an answer in the status", lambda: said() == "hello world")
