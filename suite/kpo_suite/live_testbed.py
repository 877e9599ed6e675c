"""Where live scenarios run: a cluster whose node plays containers, a recording gateway, and a whole Airflow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Self

from kpo_fixtures.airflow.environments import AirflowEnvironment, install
from kpo_fixtures.airflow.live import LiveAirflow
from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_fixtures.clusters.interface import Cluster
from kpo_fixtures.gateways.http import HttpGateway
from kpo_fixtures.nodes import NodeSimulator
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import Surroundings


class LiveTestbed:
    """A cluster with a node that plays containers, a gateway for the subject, and a whole Airflow. Started once."""

    namespace = "airflow"
    """Where Airflow's pods run, and what the subject is given to sweep."""

    def __init__(self, settings: RunSettings, dags: Path) -> None:
        self.settings = settings
        self.dags = dags
        self.cluster: Cluster = EmbeddedCluster()
        self.server = PostgresServer()
        self.environment: AirflowEnvironment | None = None
        self.simulator: NodeSimulator | None = None
        self._directory = tempfile.TemporaryDirectory(prefix="kpo-conformance-")
        self._gateway: HttpGateway | None = None
        self._airflow: LiveAirflow | None = None

    @property
    def gateway(self) -> HttpGateway:
        """The subject's way to the API server; Airflow has its own."""
        assert self._gateway is not None, "the testbed has not been started"
        return self._gateway

    @property
    def airflow(self) -> LiveAirflow:
        """The running Airflow."""
        assert self._airflow is not None, "the testbed has not been started"
        return self._airflow

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the subject was told and nobody else may read."""
        return (self.gateway.endpoint.token, self.server.password, self.server.reader_password)

    def start(self) -> None:
        """Install Airflow where it is missing and start everything. Raises FixtureError; ``stop`` is due then too."""
        self.environment = install(self.settings.airflow)
        self.cluster.start()
        self.cluster.seed([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}])
        self.simulator = NodeSimulator(self.cluster.endpoint)
        self.simulator.start()
        self._gateway = HttpGateway(self.cluster.endpoint)
        self._gateway.start()
        self.server.start()
        directory = Path(self._directory.name)
        self._airflow = LiveAirflow(
            self.environment,
            server=self.server,
            dags=self.dags,
            kubeconfig=self.cluster.endpoint.write_kubeconfig(directory / "airflow.yaml", namespace=self.namespace),
            namespace=self.namespace,
        )
        self._airflow.start()

    def stop(self) -> None:
        """Stop and remove everything; may be called twice, and after a start that failed half-way."""
        if self._airflow is not None:
            self._airflow.stop()
        if self._gateway is not None:
            self._gateway.stop()
        if self.simulator is not None:
            self.simulator.stop()
        self.cluster.stop()
        self.server.stop()
        self._directory.cleanup()

    def reset(self) -> None:
        """Forget what the subject did; the scenario before has cleared its pods."""
        self.gateway.clear()

    def surroundings(self) -> Surroundings:
        """What the subject is told: a kubeconfig that leads to the gateway, and a role that can only read."""
        kubeconfig = Path(self._directory.name) / "subject.yaml"
        if not kubeconfig.exists():
            self.gateway.endpoint.write_kubeconfig(kubeconfig, namespace=self.namespace)
        return Surroundings(
            kubeconfig=kubeconfig,
            sql_alchemy_conn=self.server.read_only_dsn(self.airflow.database, driver="psycopg2"),
            database_url=self.server.read_only_dsn(self.airflow.database),
            namespaces=(self.namespace,),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()
