"""Where replay scenarios run: one cluster with a recording gateway, and one recorded Airflow database. Started once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Self

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase
from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_fixtures.clusters.interface import Cluster
from kpo_fixtures.gateways.http import HttpGateway
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import Surroundings


class Testbed:
    """All that a replay scenario needs, from ``start`` to ``stop``; ``reset`` gives the next scenario an empty one."""

    __test__ = False  # pytest: a name that begins with Test, and no test

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings
        self.cluster: Cluster = EmbeddedCluster()
        self.server = PostgresServer()
        self._directory = tempfile.TemporaryDirectory(prefix="kpo-conformance-")
        self._gateway: HttpGateway | None = None
        self._database: StateDatabase | None = None

    @property
    def gateway(self) -> HttpGateway:
        """The subject's way to the API server."""
        assert self._gateway is not None, "the testbed has not been started"
        return self._gateway

    @property
    def database(self) -> StateDatabase:
        """Airflow's database of the present scenario."""
        assert self._database is not None, "the testbed has not been started"
        return self._database

    @property
    def directory(self) -> Path:
        """A temporary folder, removed by ``stop``."""
        return Path(self._directory.name)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the subject was told and nobody else may read."""
        return (self.gateway.endpoint.token, self.server.password, self.server.reader_password)

    def start(self) -> None:
        """Start cluster, gateway and database. Raises FixtureError where it cannot; ``stop`` is due then too."""
        self.cluster.start()
        self._gateway = HttpGateway(self.cluster.endpoint)
        self._gateway.start()
        self.server.start()
        airflow = RecordedAirflow(self.server, self.settings.airflow)
        airflow.prepare()
        self._database = airflow.fresh()

    def stop(self) -> None:
        """Stop and remove everything; may be called twice, and after a start that failed half-way."""
        if self._gateway is not None:
            self._gateway.stop()
        self.cluster.stop()
        if self._database is not None:
            self._database.close()
            self._database = None
        self.server.stop()
        self._directory.cleanup()

    def reset(self) -> None:
        """Empty both stores and the record."""
        self.cluster.reset()
        self.database.reset()
        self.gateway.clear()

    def surroundings(self, namespace: str) -> Surroundings:
        """What the subject is told: a kubeconfig that leads to the gateway, and a role that can only read."""
        kubeconfig = self.directory / "kubeconfig.yaml"
        if not kubeconfig.exists():
            self.gateway.endpoint.write_kubeconfig(kubeconfig, namespace=namespace)
        return Surroundings(
            kubeconfig=kubeconfig,
            sql_alchemy_conn=self.database.sql_alchemy_conn(read_only=True),
            database_url=self.server.read_only_dsn(self.database.name),
            namespaces=(namespace,),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
