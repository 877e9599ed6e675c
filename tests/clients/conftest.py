"""The API server for the clients, with simulated nodes, and a place on it for each test module."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubectls import Kubectl, kubectls
from kubernetes import client, config
from places import NODES, Place, send

from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_fixtures.clusters.interface import Cluster
from kpo_fixtures.nodes import NodeSimulator, NodeSpec


@pytest.fixture(scope="session", params=["embedded", pytest.param("envtest", marks=pytest.mark.envtest)])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The API server: embedded, and in the layer envtest a real one; nodes are simulated on both."""
    with contextlib.ExitStack() as stack:
        if request.param == "embedded":
            embedded = stack.enter_context(EmbeddedCluster())
            embedded.compact()  # the first version is forgotten, as on a server that has run for a while
            started: Cluster = embedded
        else:
            from kpo_fixtures.clusters.backends import cluster_named

            started = stack.enter_context(cluster_named(request.param))
        stack.enter_context(NodeSimulator(started.endpoint, nodes=[NodeSpec(name=name) for name in NODES]))
        yield started


@pytest.fixture(scope="module")
def places(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    """Makes a place of that name, with what controllers make in a namespace also where there are none.

    Its pods go with the module, so that they are in nobody's way on the nodes.
    """
    made: list[str] = []

    def make(name: str) -> Place:
        folder = tmp_path_factory.mktemp(name)
        send(cluster.endpoint, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        account = {"metadata": {"name": "default"}}
        authority = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": cluster.endpoint.ca_pem}}
        send(cluster.endpoint, "POST", f"/api/v1/namespaces/{name}/serviceaccounts", account)
        send(cluster.endpoint, "POST", f"/api/v1/namespaces/{name}/configmaps", authority)
        kubeconfig = cluster.endpoint.write_kubeconfig(folder / "kubeconfig", namespace=name)
        made.append(name)
        return Place(cluster, name, folder, kubeconfig)

    yield make
    for name in made:
        cluster.delete_pods(name)


@pytest.fixture(scope="module")
def place(places: Callable[[str], Place], request: pytest.FixtureRequest) -> Place:
    """The module's own place."""
    return places(Path(request.path).stem.removeprefix("test_").replace("_", "-"))


@pytest.fixture
def core(place: Place) -> Iterator[client.CoreV1Api]:
    """The way by which a test prepares and looks: the official client of this project's own environment."""
    with config.new_client_from_config(str(place.kubeconfig)) as connection:
        yield client.CoreV1Api(connection)
        connection.rest_client.pool_manager.clear()


@pytest.fixture(scope="module", params=kubectls(), ids=str)
def kubectl(request: pytest.FixtureRequest, places: Callable[[str], Place]) -> Kubectl:
    """Each kubectl of this machine, in a namespace of the module's own."""
    number = request.param_index
    name = Path(request.path).stem.removeprefix("test_").replace("_", "-")
    return Kubectl(request.param, places(f"{name}-{number}"))
