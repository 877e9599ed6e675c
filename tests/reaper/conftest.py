from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import RecordedAirflow, StateDatabase

from .fake_api import FakeApi


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as fake:
        yield fake


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as running:
        yield running


@pytest.fixture(scope="session")
def one_database(server: PostgresServer) -> Iterator[StateDatabase]:
    with RecordedAirflow(server, "3.3").fresh() as database:
        yield database


@pytest.fixture
def database(one_database: StateDatabase) -> Iterator[StateDatabase]:
    """An Airflow 3.3 database without a task instance."""
    yield one_database
    one_database.reset()
