"""The two stores that every world is written into, with a recording gateway: what replay and live testbeds share."""

from __future__ import annotations

import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.clusters.backends import cluster_named
from kpo_fixtures.clusters.interface import Cluster
from kpo_fixtures.endpoints import Endpoint
from kpo_fixtures.faults import Timeline
from kpo_fixtures.gateways import Statement
from kpo_fixtures.gateways.http import HttpGateway
from kpo_fixtures.gateways.postgres import PostgresGateway
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import Surroundings


class Stores(ABC):
    """A cluster with a gateway in front of it and a PostgreSQL server, from ``start`` to ``stop``."""

    def __init__(self, settings: RunSettings, server: PostgresServer | None = None) -> None:
        """``server`` is one that runs already and that somebody else stops."""
        self.settings = settings
        self.later = timedelta()
        """How far the world's clock is ahead of the subject's host."""
        self.cluster: Cluster = cluster_named(
            settings.cluster, clock=self.present, kubeconfig=settings.kubeconfig, context=settings.context
        )
        self.namespace = self.cluster.space("airflow")
        """Where the world's pods are, and what the subject is given to sweep."""
        self.server = server or PostgresServer()
        self._owns_server = server is None
        self._cluster_uid = ""
        self._directory = tempfile.TemporaryDirectory(prefix="kpo-conformance-")
        self.timeline = Timeline()
        """The steps of the subject over all gateways."""
        self._gateway: HttpGateway | None = None
        self._database_gateway: PostgresGateway | None = None

    @abstractmethod
    def surroundings(self) -> Surroundings:
        """What the subject is told of the present world."""

    def present(self) -> datetime:
        """The time of the world, in UTC: of the cluster and of what is written about task instances."""
        return datetime.now(UTC) + self.later

    @property
    def gateway(self) -> HttpGateway:
        """The subject's way to the API server, and nobody else's."""
        assert self._gateway is not None, "the testbed has not been started"
        return self._gateway

    @property
    def database_gateway(self) -> PostgresGateway:
        """The subject's way to Airflow's database, and nobody else's."""
        assert self._database_gateway is not None, "the testbed has not been started"
        return self._database_gateway

    @property
    def elsewhere(self) -> Mapping[str, Callable[[], str]]:
        """The databases that a fault can lead a connection to, by name."""
        return {}

    @property
    def other_clusters(self) -> Mapping[str, Callable[[], Endpoint]]:
        """The clusters that a fault can lead a request to, by name."""
        return {}

    @property
    def directory(self) -> Path:
        """A temporary folder, removed by ``stop``."""
        return Path(self._directory.name)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the subject was told and nobody else may read."""
        return (*self.gateway.tokens, self.server.password, self.server.reader_password)

    def start(self) -> None:
        """Start everything. Raises FixtureError where the machine cannot; ``stop`` is due then too."""
        self.cluster.start()
        self._gateway = HttpGateway(self.cluster.endpoint, timeline=self.timeline, elsewhere=self.other_clusters)
        self._gateway.start()
        if self._owns_server:
            self.server.start()
        self._database_gateway = PostgresGateway(self.server.port, timeline=self.timeline, elsewhere=self.elsewhere)
        self._database_gateway.start()

    def listen(self) -> None:
        """Forget what the subject has asked the state source so far."""
        self.database_gateway.clear()

    def heard(self) -> tuple[Sequence[Statement], int]:
        """What it has asked since: the statements at the database, and how many requests at Airflow's REST API."""
        return self.database_gateway.statements(), 0

    def stop(self) -> None:
        """Stop and remove everything; may be called twice, and after a start that failed half-way."""
        if self._gateway is not None:
            self._gateway.stop()
        if self._database_gateway is not None:
            self._database_gateway.stop()
        self.cluster.stop()
        if self._owns_server:
            self.server.stop()
        self._directory.cleanup()

    def kubeconfig(self, caller: str = "") -> Path:
        """A file that leads the subject to the gateway, or one of its replicas by a way of its own."""
        path = self.directory / f"subject{caller}.yaml"
        if not path.exists():
            self.gateway.way_in(caller).write_kubeconfig(path, namespace=self.namespace)
        return path

    def state(self, whose: str = "subject") -> Path:
        """The folder in which somebody may keep what it wants to know in its next sweep of this world."""
        path = self.directory / "state" / whose
        path.mkdir(parents=True, exist_ok=True)
        return path

    def surroundings_of(self, companion: str) -> Surroundings:
        """What a second subject is told: the same world by a way in of its own, as on another host."""
        return replace(self.surroundings(), kubeconfig=self.kubeconfig(companion), state=self.state(companion))

    def unresolved(self, what: str) -> Surroundings:
        """What the subject is told, but for the ``cluster`` or the ``source``, whose host is a name of nobody."""
        told = self.surroundings()
        if what == "cluster":
            way = self.gateway.way_in("")
            path = self.directory / "unresolved.yaml"
            replace(way, url=_of_nobody(way.url)).write_kubeconfig(path, namespace=self.namespace)
            return replace(told, kubeconfig=path)
        return replace(
            told,
            sql_alchemy_conn=_of_nobody(told.sql_alchemy_conn),
            database_url=_of_nobody(told.database_url),
            airflow_url=_of_nobody(told.airflow_url),
        )

    def cluster_uid(self) -> str:
        """The uid of the namespace kube-system in the present world."""
        if not self._cluster_uid:
            system = [each for each in self.cluster.objects("namespaces") if each["metadata"]["name"] == "kube-system"]
            self._cluster_uid = str(system[0]["metadata"]["uid"]) if system else ""
        return self._cluster_uid

    def forget(self) -> None:
        """Forget what was recorded of the subject, and what it keeps of the world before."""
        self._cluster_uid = ""
        self.timeline.clear()
        self.gateway.clear()
        shutil.rmtree(self.directory / "state", ignore_errors=True)

    def surroundings_with(self, database: str, namespaces: Sequence[str]) -> Surroundings:
        """What a subject is told that reads the database, by a role that can only read."""
        port = self.database_gateway.port
        return Surroundings(
            kubeconfig=self.kubeconfig(),
            # As Airflow's own setting is usually written, whichever driver the subject then takes.
            sql_alchemy_conn=self.server.read_only_dsn(database, driver="psycopg2", port=port),
            database_url=self.server.read_only_dsn(database, port=port),
            namespaces=tuple(namespaces),
            cluster_uid=self.cluster_uid(),
            state=self.state(),
        )

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


def _of_nobody(url: str) -> str:
    """The same URL under a host name that no resolver knows: ``invalid`` is reserved for that (RFC 6761, 6.4)."""
    parts = urlsplit(url)
    credentials, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{credentials}{at}kpo-conformance.invalid:{parts.port}").geturl() if url else ""
