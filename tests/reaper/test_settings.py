from pathlib import Path
from typing import Any

import pytest

from kpo_reaper.errors import SettingsError
from kpo_reaper.settings import load

DSN = "postgresql+psycopg2://airflow:secret@db/airflow"
ENOUGH = {"KPO_REAPER_NAMESPACES": "a,b", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": DSN}


def test_the_environment_is_enough() -> None:
    settings = load({}, environ=ENOUGH)
    assert settings.namespaces == ("a", "b")
    assert settings.sql_alchemy_conn == DSN
    assert settings.max_deletions == 100


def test_flags_go_before_variables_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "reaper.toml"
    file.write_text('min_age = "10m"\nterminal_age = 20\nmax_deletions = 3\nexclusive_scope = true\n')
    settings = load(
        {"max_deletions": "5", "min_age": None},
        environ=ENOUGH | {"KPO_REAPER_MAX_DELETIONS": "4", "KPO_REAPER_TERMINAL_AGE": "1h"},
        config=str(file),
    )
    assert settings.min_age == 600
    assert settings.terminal_age == 3600
    assert settings.max_deletions == 5
    assert settings.exclusive_scope is True


def test_the_links_of_a_service_called_kpo_reaper_are_no_settings() -> None:
    links = {
        "KPO_REAPER_SERVICE_HOST": "10.0.0.1",
        "KPO_REAPER_SERVICE_PORT": "80",
        "KPO_REAPER_SERVICE_PORT_METRICS": "80",
        "KPO_REAPER_PORT": "tcp://10.0.0.1:80",
        "KPO_REAPER_PORT_80_TCP_ADDR": "10.0.0.1",
    }
    assert load({}, environ=ENOUGH | links).namespaces == ("a", "b")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("min_age", "0"),
        ("min_age", "-5"),
        ("min_age", "nan"),
        ("min_age", "soon"),
        ("terminal_age", "0s"),
        ("terminal_age", "-1m"),
        ("max_deletions", "0"),
        ("max_deletions", "-1"),
        ("max_deletions", "1.5"),
        ("max_deletions", "unlimited"),
        ("request_timeout", "0"),
        ("deadline", "inf"),
        ("dry_run", "perhaps"),
        ("output", "xml"),
        ("namespaces", ""),
        ("namespaces", "a,,b"),
        ("namespaces", "A"),
        ("kubeconfig", ""),
        ("max_delations", "5"),
    ],
)
def test_an_odd_setting_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"KPO_REAPER_{name.upper()}"):
        load({}, environ=ENOUGH | {f"KPO_REAPER_{name.upper()}": text})


@pytest.mark.parametrize(
    "line",
    [
        "max_deletions = 0",
        "max_deletions = true",
        "min_age = -1",
        "min_age = inf",
        "min_age = true",
        "dry_run = 1",
        "namespaces = []",
        "namespaces = [1]",
        "namespace = 'a'",
        "[reaper]\nmin_age = 3",
        "kubeconfig = 3",
    ],
)
def test_an_odd_line_of_the_file_is_refused(line: str, tmp_path: Path) -> None:
    file = tmp_path / "reaper.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=r"reaper\.toml"):
        load({}, environ=ENOUGH, config=str(file))


def test_a_file_that_is_not_toml_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "reaper.toml"
    file.write_text(f"sql_alchemy_conn = {DSN}")
    with pytest.raises(SettingsError, match="not TOML") as caught:
        load({}, environ=ENOUGH, config=str(file))
    assert "secret" not in str(caught.value)


def test_a_file_that_is_missing_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load({}, environ=ENOUGH | {"KPO_REAPER_CONFIG": "/nowhere/reaper.toml"})


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": DSN}, "neither is given"),
        (ENOUGH | {"KPO_REAPER_ALL_NAMESPACES": "true"}, "both are given"),
        ({"KPO_REAPER_NAMESPACES": "a"}, "no database"),
    ],
)
def test_scope_and_database_must_be_told(environ: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load({}, environ=environ)
