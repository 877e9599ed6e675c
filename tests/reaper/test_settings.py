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
        ("breaker_share", "0"),
        ("breaker_share", "1.01"),
        ("breaker_share", "-0.5"),
        ("breaker_share", "nan"),
        ("breaker_share", "half"),
        ("breaker_share", "50%"),
        ("breaker_floor", "-1"),
        ("breaker_floor", "0.5"),
        ("breaker_floor", "none"),
        ("dry_run", "perhaps"),
        ("output", "xml"),
        ("namespaces", ""),
        ("namespaces", "a,,b"),
        ("namespaces", "A"),
        ("kubeconfig", ""),
        ("cluster_uid", ""),
        ("cluster_uid", "the first"),
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
        "breaker_share = true",
        "breaker_share = []",
        "breaker_floor = 1.0",
        "breaker_floor = false",
        "airflow_url = 3",
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
        ({"KPO_REAPER_NAMESPACES": "a"}, "no Airflow"),
    ],
)
def test_scope_and_database_must_be_told(environ: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load({}, environ=environ)


URL = "https://airflow.example.org"
REST = {"KPO_REAPER_NAMESPACES": "a", "KPO_REAPER_AIRFLOW_URL": URL, "KPO_REAPER_AIRFLOW_TOKEN": "t0k3n"}
NAMED = {
    "KPO_REAPER_NAMESPACES": "a",
    "KPO_REAPER_AIRFLOW_URL": URL,
    "KPO_REAPER_AIRFLOW_USERNAME": "u",
    "KPO_REAPER_AIRFLOW_PASSWORD": " p w ",
}
CONN = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": DSN}
BASE = {"AIRFLOW__API__BASE_URL": URL + "/team/"}


class TestWhereAirflowIs:
    def test_a_url_and_a_token(self) -> None:
        settings = load({}, environ=REST)
        assert (settings.airflow_url, settings.airflow_token, settings.sql_alchemy_conn) == (URL, "t0k3n", "")

    def test_a_url_a_name_and_a_password(self) -> None:
        settings = load({}, environ=NAMED)
        assert (settings.airflow_username, settings.airflow_password) == ("u", " p w ")

    def test_as_flags(self) -> None:
        flags = {"airflow_url": URL + "/", "airflow_token": "t0k3n", "namespaces": ["a"]}
        assert load(flags, environ={}).airflow_url == URL

    def test_as_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "reaper.toml"
        file.write_text(f'namespaces = ["a"]\nairflow_url = "{URL}"\nairflow_token = "t0k3n"\nbreaker_share = 1\n')
        settings = load({}, environ={}, config=str(file))
        assert (settings.airflow_url, settings.breaker_share, settings.breaker_floor) == (URL, 1.0, 50)

    def test_airflows_variables_are_the_last_resort(self) -> None:
        scope = {"KPO_REAPER_NAMESPACES": "a", "AIRFLOW_CLI_TOKEN": "t0k3n"}
        assert load({}, environ=scope | BASE).airflow_url == URL + "/team"
        assert load({}, environ=scope | BASE).airflow_token == "t0k3n"
        assert load({}, environ=scope | BASE | CONN).airflow_url == ""
        assert load({}, environ=scope | BASE | CONN | {"KPO_REAPER_AIRFLOW_TOKEN": "x"}).airflow_token == "x"
        assert load({}, environ=REST | CONN | {"AIRFLOW_CLI_TOKEN": "y"}).airflow_token == "t0k3n"
        assert load({}, environ=NAMED | {"AIRFLOW_CLI_TOKEN": "y"}).airflow_token == ""
        assert load({"sql_alchemy_conn": DSN}, environ=scope | BASE).airflow_url == ""

    @pytest.mark.parametrize(
        ("environ", "words"),
        [
            (REST | {"KPO_REAPER_SQL_ALCHEMY_CONN": DSN}, "both are given"),
            (REST | {"KPO_REAPER_AIRFLOW_USERNAME": "u"}, "both are given"),
            (NAMED | {"KPO_REAPER_AIRFLOW_PASSWORD": ""}, "AIRFLOW_PASSWORD must be"),
            ({name: text for name, text in NAMED.items() if "PASS" not in name}, "wants --airflow-token, or both"),
            ({name: text for name, text in REST.items() if "TOKEN" not in name}, "wants --airflow-token, or both"),
            (ENOUGH | {"KPO_REAPER_AIRFLOW_TOKEN": "t0k3n"}, "without --airflow-url|no Airflow"),
            ({"KPO_REAPER_NAMESPACES": "a"}, "no Airflow"),
        ],
    )
    def test_halves_and_doubles_are_refused(self, environ: dict[str, str], words: str) -> None:
        with pytest.raises(SettingsError, match=words) as caught:
            load({}, environ=environ)
        assert "t0k3n" not in str(caught.value)

    @pytest.mark.parametrize(
        "url",
        [
            "airflow.example.org",
            "ftp://host",
            "https://",
            "https://u:s3cr3t@host",
            "https://s3cr3t@host",
            "https://host/?s3cr3t",
            "https://host/#s3cr3t",
            "https://host:s3cr3t",
            "https://[s3cr3t",
        ],
    )
    def test_what_is_no_url_is_refused_and_not_told(self, url: str) -> None:
        for environ in (REST | {"KPO_REAPER_AIRFLOW_URL": url}, {"AIRFLOW__API__BASE_URL": url}):
            with pytest.raises(SettingsError, match="must be a URL") as caught:
                load({}, environ=environ)
            assert "s3cr3t" not in str(caught.value)

    @pytest.mark.parametrize("token", ["two words", "zwölf", "a\nb", " "])
    def test_what_is_no_token_is_refused_and_not_told(self, token: str) -> None:
        with pytest.raises(SettingsError, match="AIRFLOW_TOKEN must be") as caught:
            load({}, environ=REST | {"KPO_REAPER_AIRFLOW_TOKEN": token})
        assert token == " " or token not in str(caught.value)
