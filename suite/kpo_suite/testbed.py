"""Where replay scenarios run: the stores with one recorded Airflow database. Started once, reset for each scenario."""

from __future__ import annotations

from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase
from kpo_suite.settings import RunSettings
from kpo_suite.stores import Stores
from kpo_suite.subjects import Surroundings


class Testbed(Stores):
    """All that a replay scenario needs, from ``start`` to ``stop``; ``reset`` gives the next scenario an empty one."""

    __test__ = False  # pytest: a name that begins with Test, and no test

    def __init__(self, settings: RunSettings) -> None:
        super().__init__(settings)
        self._database: StateDatabase | None = None

    @property
    def database(self) -> StateDatabase:
        """Airflow's database of the present scenario."""
        assert self._database is not None, "the testbed has not been started"
        return self._database

    def start(self) -> None:
        """Start the stores and make the database; errors as in ``Stores.start``."""
        super().start()
        airflow = RecordedAirflow(self.server, self.settings.airflow)
        airflow.prepare()
        self._database = airflow.fresh()

    def stop(self) -> None:
        """As ``Stores.stop``."""
        if self._database is not None:
            self._database.close()
            self._database = None
        super().stop()

    def reset(self) -> None:
        """Empty both stores and the record."""
        self.cluster.reset()
        self.database.reset()
        self.gateway.clear()

    def surroundings(self) -> Surroundings:
        """What the subject is told."""
        return self.surroundings_with(self.database.name)
