"""Where live scenarios run: the stores, nodes that run or play containers, and a whole Airflow. Started once."""

from __future__ import annotations

from pathlib import Path

from kpo_fixtures.airflow.environments import AirflowEnvironment, install
from kpo_fixtures.airflow.live import LiveAirflow
from kpo_fixtures.nodes import NodeSimulator
from kpo_suite.settings import RunSettings
from kpo_suite.stores import Stores
from kpo_suite.subjects import Surroundings

WORK_SECONDS = 120
"""How long a healthy task's container works where time cannot be held: from its start until after the sweep.

A worker's death is noticed 15 s later, which two loaded cores can make 60.
"""


class LiveTestbed(Stores):
    """All that live scenarios need, from ``start`` to ``stop``; ``dags`` is the folder of their DAGs."""

    def __init__(self, settings: RunSettings, dags: Path) -> None:
        super().__init__(settings)
        self.dags = dags
        self.environment: AirflowEnvironment | None = None
        self.simulator: NodeSimulator | None = None
        self._airflow: LiveAirflow | None = None

    @property
    def airflow(self) -> LiveAirflow:
        """The running Airflow. It reaches the API server by a way of its own, not through the gateway."""
        assert self._airflow is not None, "the testbed has not been started"
        return self._airflow

    def start(self) -> None:
        """Install Airflow where it is missing and start everything; errors as in ``Stores.start``."""
        self.environment = install(self.settings.airflow)
        super().start()
        self.cluster.seed([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}])
        if not self.cluster.runs_pods:
            self.simulator = NodeSimulator(self.cluster.endpoint)
            self.simulator.start()
        kubeconfig = self.cluster.endpoint.write_kubeconfig(self.directory / "airflow.yaml", namespace=self.namespace)
        self._airflow = LiveAirflow(
            self.environment,
            server=self.server,
            dags=self.dags,
            kubeconfig=kubeconfig,
            namespace=self.namespace,
            settings={} if self.simulator else {"KPO_CONFORMANCE_WORK_SECONDS": str(WORK_SECONDS)},
        )
        self._airflow.start()

    def stop(self) -> None:
        """As ``Stores.stop``."""
        if self._airflow is not None:
            self._airflow.stop()
        if self.simulator is not None:
            self.simulator.stop()
        super().stop()

    def reset(self) -> None:
        """Forget what the subject did; the scenario before has cleared its pods."""
        self.forget()

    def surroundings(self) -> Surroundings:
        """What the subject is told."""
        return self.surroundings_with(self.airflow.database, (self.namespace,))
