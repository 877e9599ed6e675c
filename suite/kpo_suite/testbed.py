"""Where replay scenarios run: the stores with recorded Airflow databases. Started once, reset for each scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase, TaskInstanceRow
from kpo_fixtures.endpoints import Endpoint
from kpo_fixtures.gateways import Exchange, Statement, Stray
from kpo_fixtures.gateways.http import HttpGateway
from kpo_suite.elsewhere import AnotherCluster, Elsewhere
from kpo_suite.settings import RunSettings
from kpo_suite.stores import Stores
from kpo_suite.subjects import Surroundings
from kpo_suite.world import World

if TYPE_CHECKING:
    from kpo_fixtures.airflow.rest import RestFace

# The REST face brings a web framework along that a run on the database need not pay for.

REST_USER = "reaper"


class Testbed(Stores):
    """All that a replay scenario needs, from ``start`` to ``stop``; ``reset`` gives the next scenario an empty one.

    It holds a database, and where the state source is ``rest`` a REST face, for each generation that was asked for. One
    gateway leads to the face of the present generation.
    """

    __test__ = False  # pytest: a name that begins with Test, and no test

    def __init__(self, settings: RunSettings, server: PostgresServer | None = None) -> None:
        super().__init__(settings, server)
        self._databases: dict[str, StateDatabase] = {}
        self._faces: dict[str, RestFace] = {}
        self._rest_gateway: HttpGateway | None = None
        self._asked = 0
        self._airflow = settings.generations[0]
        self._scope: Sequence[str] = (self.namespace,)
        self._password = self.server.reader_password
        self._elsewhere = Elsewhere(self.server, settings.schema)
        self._another_cluster = AnotherCluster()

    @property
    def airflow(self) -> str:
        """The generation of the present scenario."""
        return self._airflow

    @property
    def database(self) -> StateDatabase:
        """Airflow's database of the present scenario."""
        if self._airflow not in self._databases:
            recorded = RecordedAirflow(self.server, self._airflow, schema=self.settings.schema)
            self._databases[self._airflow] = recorded.fresh()
        return self._databases[self._airflow]

    @property
    def elsewhere(self) -> Mapping[str, Callable[[], str]]:
        """As ``Stores.elsewhere``."""
        return self._elsewhere.names

    @property
    def other_clusters(self) -> Mapping[str, Callable[[], Endpoint]]:
        """As ``Stores.other_clusters``."""
        return self._another_cluster.names

    @property
    def secrets(self) -> tuple[str, ...]:
        """As ``Stores.secrets``, with the tokens of the REST API."""
        return (*super().secrets, *(self._token(airflow) for airflow in self._faces if has_tokens(airflow)))

    def stop(self) -> None:
        """As ``Stores.stop``."""
        if self._rest_gateway is not None:
            self._rest_gateway.stop()
            self._rest_gateway = None
        for face in self._faces.values():
            face.stop()
        self._faces.clear()
        for database in self._databases.values():
            database.close()
        self._databases.clear()
        self._elsewhere.close()
        self._another_cluster.stop()
        super().stop()

    def prepare(self, airflow: str) -> None:
        """Have the database of this generation ready; otherwise it is made at the first ``reset``."""
        self._airflow = airflow
        assert self.database

    def reset(self, airflow: str) -> None:
        """Empty both stores and the record; from now on the Airflow is of this generation."""
        self._airflow = airflow
        self.cluster.reset()
        self.database.reset()
        self.forget()
        if self._rest_gateway is not None:
            self._rest_gateway.clear()

    def write(self, rows: Sequence[TaskInstanceRow]) -> None:
        """Write the rows with which the world begins."""
        self.database.write(rows)
        self._elsewhere.begin(self._airflow, rows)

    def show(self, world: World) -> None:
        """Let the subject see the world that has been written: its scope, and what its REST user may read."""
        self._scope = world.scope
        self._another_cluster.begin(world.manifests())
        if self.settings.source == "rest":
            from kpo_fixtures.airflow.rest import RestUser

            readable = None
            if world.hidden:
                readable = frozenset(task.dag_id for task in world.tasks) - world.hidden
            self._face().set_users([RestUser(name=REST_USER, password=self._password, readable_dags=readable)])

    def listen(self) -> None:
        """As ``Stores.listen``."""
        super().listen()
        self._asked = len(self.rest())

    def heard(self) -> tuple[Sequence[Statement], int]:
        """As ``Stores.heard``."""
        statements, _ = super().heard()
        return statements, len(self.rest()) - self._asked

    def rest(self) -> Sequence[Exchange]:
        """What the subject has asked Airflow's REST API since ``reset``, once nothing is under way."""
        return self._rest_gateway.exchanges() if self._rest_gateway is not None else ()

    def strays(self) -> Sequence[Stray]:
        """Who has followed a redirect to another host since ``reset``."""
        of_airflow = self._rest_gateway.strays() if self._rest_gateway is not None else ()
        return (*self.gateway.strays(), *of_airflow)

    def surroundings(self) -> Surroundings:
        """What the subject is told: the database, or the REST API and nothing of the database."""
        if self.settings.source == "sql":
            return self.surroundings_with(self.database.name, self._scope)
        gateway = self._gateway_to(self._face())
        return Surroundings(
            kubeconfig=self.kubeconfig(),
            namespaces=tuple(self._scope),
            airflow_url=gateway.endpoint.url,
            airflow_token=self._token(self._airflow) if has_tokens(self._airflow) else "",
            airflow_username=REST_USER,
            airflow_password=self._password,
            cluster_uid=self.cluster_uid(),
            state=self.state(),
        )

    def _face(self) -> RestFace:
        if self._airflow not in self._faces:
            from kpo_fixtures.airflow.rest import RestFace, RestUser

            user = RestUser(name=REST_USER, password=self._password)
            face = RestFace(self.database, users=[user])
            face.start()
            self._faces[self._airflow] = face
        return self._faces[self._airflow]

    def _gateway_to(self, face: RestFace) -> HttpGateway:
        upstream = Endpoint(url=face.url)
        if self._rest_gateway is None:
            self._rest_gateway = HttpGateway(upstream, timeline=self.timeline, channel="airflow")
            self._rest_gateway.start()
        else:
            self._rest_gateway.lead_to(upstream)
        return self._rest_gateway

    def _token(self, airflow: str) -> str:
        return self._faces[airflow].token(REST_USER)


def has_tokens(airflow: str) -> bool:
    """Whether the REST API of this generation takes bearer tokens: from 3.0 on, basic credentials before."""
    return int(airflow.partition(".")[0]) >= 3
