"""The API server for the clients, with simulated nodes, and a place on it for each test module."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from places import NODES, Place, post

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
def places(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Place]:
    """Makes a place of that name, with the default account also where no controller makes one."""

    def make(name: str) -> Place:
        folder = tmp_path_factory.mktemp(name)
        post(cluster.endpoint, "/api/v1/namespaces", {"metadata": {"name": name}})
        post(cluster.endpoint, f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        kubeconfig = cluster.endpoint.write_kubeconfig(folder / "kubeconfig", namespace=name)
        return Place(cluster, name, folder, kubeconfig)

    return make


@pytest.fixture(scope="module")
def place(places: Callable[[str], Place], request: pytest.FixtureRequest) -> Place:
    """The module's own place."""
    return places(Path(request.path).stem.removeprefix("test_").replace("_", "-"))
