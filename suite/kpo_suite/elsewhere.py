"""Stores that faults lead a subject to: an empty database, one that lags, one of another Airflow; another cluster.

Each database is made when a connection comes to it, at most once for each world. To write the world's rows into a spare
database takes less than to copy the database by a template, and nobody need be kept off meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase, TaskInstanceRow
from kpo_fixtures.airflow.recorded.databases import Schema
from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_fixtures.endpoints import Endpoint

ANOTHER = {"2.10": "3.3"}
"""Which Airflow is another one; 2.10 to all that are not named."""
SEED = 7
"""Of another cluster's uids; the world's own has 0."""


class Elsewhere:
    """The spare databases of one server, from the first that is needed to ``close``."""

    def __init__(self, server: PostgresServer, schema: Schema) -> None:
        self._server, self._schema = server, schema
        self._spares: dict[tuple[str, str], StateDatabase] = {}
        self._written: set[tuple[str, str]] = set()
        self._airflow = ""
        self._rows: Sequence[TaskInstanceRow] = ()
        self._lock = threading.Lock()

    @property
    def names(self) -> Mapping[str, Callable[[], str]]:
        """What a ``Route`` can lead to, with what returns the name of the database."""
        return {"empty": self._empty, "behind": self._behind, "another": self._another}

    def begin(self, airflow: str, rows: Sequence[TaskInstanceRow] = ()) -> None:
        """From now on the world is on an Airflow of this generation and began with these rows."""
        with self._lock:
            self._airflow, self._rows = airflow, rows
            self._written.clear()

    def close(self) -> None:
        """Close the connections to the spare databases; they go with their server."""
        with self._lock:
            for spare in self._spares.values():
                spare.close()
            self._spares.clear()

    def _empty(self) -> str:
        """A database as Airflow migrates it."""
        return self._spare("empty", self._airflow, ())

    def _behind(self) -> str:
        """Airflow's database as it was when the world began."""
        return self._spare("behind", self._airflow, self._rows)

    def _another(self) -> str:
        """The same rows in the tables of another Airflow."""
        return self._spare("another", ANOTHER.get(self._airflow, "2.10"), self._rows)

    def _spare(self, name: str, airflow: str, rows: Sequence[TaskInstanceRow]) -> str:
        with self._lock:
            key = (name, airflow)
            if key not in self._spares:
                self._spares[key] = RecordedAirflow(self._server, airflow, schema=self._schema).fresh()
            spare = self._spares[key]
            if key not in self._written:
                spare.reset()
                spare.write(rows)
                self._written.add(key)
            return spare.name


class AnotherCluster:
    """A cluster with pods of the same names, labels and times as the world's, and with uids of its own.

    It is started when the first request comes to it, and made anew for each world.
    """

    def __init__(self) -> None:
        self._cluster: EmbeddedCluster | None = None
        self._manifests: Sequence[dict[str, Any]] = ()
        self._written = False
        self._lock = threading.Lock()

    @property
    def names(self) -> Mapping[str, Callable[[], Endpoint]]:
        """What a ``Route`` can lead to, with what returns the way in."""
        return {"cluster": self._endpoint}

    def begin(self, manifests: Sequence[dict[str, Any]]) -> None:
        """From now on the world began with these objects."""
        with self._lock:
            self._manifests, self._written = manifests, False

    def stop(self) -> None:
        """Stop it where it runs."""
        with self._lock:
            if self._cluster is not None:
                self._cluster.stop()
                self._cluster = None

    def _endpoint(self) -> Endpoint:
        with self._lock:
            if self._cluster is None:
                self._cluster = EmbeddedCluster(seed=SEED)
                self._cluster.start()
            if not self._written:
                self._cluster.reset()
                self._cluster.seed(self._manifests)
                self._written = True
            return self._cluster.endpoint
