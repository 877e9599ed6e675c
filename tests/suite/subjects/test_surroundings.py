"""What a subject is told: its world's stores, of the one source that it is given, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from sweeps import REST, SQL, reaper

from kpo_suite.subjects import Surroundings
from kpo_suite.subjects.command import CommandSubject
from kpo_suite.subjects.surroundings import PLACEHOLDERS, arguments


def test_placeholders_are_filled_and_namespaces_repeated() -> None:
    argv = ["reap", "--kubeconfig={kubeconfig}", "-n", "{namespaces}", "--ns={namespace}", "{other} {", "{}"]
    assert arguments(argv, SQL) == [
        "reap",
        "--kubeconfig=/somewhere/kubeconfig",
        "-n",
        "airflow,etl",
        "--ns=airflow",
        "--ns=etl",
        "{other} {",
        "{}",
    ]


def test_a_value_is_not_filled_again() -> None:
    odd = Surroundings(kubeconfig=Path("/tmp/{python}"), sql_alchemy_conn="{kubeconfig}", namespaces=("a",))
    assert arguments(["{kubeconfig} {sql_alchemy_conn}"], odd) == ["/tmp/{python} {kubeconfig}"]


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS - {"namespace"}))
def test_every_placeholder_is_filled_from_either_source(word: str) -> None:
    for where in (SQL, REST):
        assert arguments([f"{{{word}}}"], where) == [where.words()[word]]


def test_the_source_is_what_there_is_an_address_of() -> None:
    assert (SQL.source, REST.source) == ("sql", "rest")


def test_with_rest_there_is_nothing_of_the_database() -> None:
    assert REST.environment() == {
        "KUBECONFIG": "/somewhere/kubeconfig",
        "AIRFLOW__API__BASE_URL": "http://127.0.0.1:6",
        "AIRFLOW_CLI_TOKEN": "a-token",
        "KPO_CONFORMANCE_NAMESPACES": "airflow",
    }
    assert {REST.words()[word] for word in ("sql_alchemy_conn", "database_url")} == {""}


def test_with_the_database_there_is_nothing_of_rest() -> None:
    assert {name for name in SQL.environment() if name.startswith("AIRFLOW")} == {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"}
    assert {word for name, word in SQL.words().items() if name.startswith("airflow_")} == {""}


@pytest.mark.parametrize("where", [SQL, REST], ids=["sql", "rest"])
@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW_CLI_TOKEN",
        "AIRFLOW_HOME",
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "KPO_CONFORMANCE_NAMESPACES",
        "PGHOST",
        "PGPASSWORD",
        "PGSERVICEFILE",
    ],
)
def test_what_leads_to_the_callers_own_stores_is_not_handed_on(
    name: str, where: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "the caller's own")
    monkeypatch.setenv("LANGUAGE", "the caller's")
    environment = CommandSubject(reaper("command", "x")).environment(where)
    assert environment.get(name) == where.environment().get(name)
    assert environment["LANGUAGE"] == "the caller's"


def test_the_file_may_set_what_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "the caller's own")
    subject = CommandSubject(reaper("command", "x", env={"PGHOST": "here", "KUBECONFIG": "{kubeconfig}:more"}))
    environment = subject.environment(SQL)
    assert (environment["PGHOST"], environment["KUBECONFIG"]) == ("here", "/somewhere/kubeconfig:more")
