"""No password and no token reaches a file, whatever surrounds it; what is no secret stays readable."""

import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kpo_reports import failure_text, print_report, redact, redact_data, write_all

from .samples import failure, foreign_text, report, unhurried

# Marked, so that it cannot stand in the rest of a report by chance.
raw_secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'"), max_size=12).map(
    lambda text: f"{text}zQ7{text}"
)
tokens = st.text("abcXYZ019-_.~+/=", max_size=20).map(lambda text: f"zQ7{text}")
prose = st.text("abc .,;:()\n", max_size=12)

carriers = st.one_of(
    st.builds("postgresql+psycopg2://airflow:{}@db.example:5432/airflow".format, raw_secrets),
    st.builds(
        "postgresql://user@server:{}@db.example/airflow".format, raw_secrets.map(lambda raw: quote(raw, safe=""))
    ),
    st.builds("redis://:{}@cache:6379/0".format, raw_secrets),
    st.builds("https://{}@example.org/path".format, raw_secrets.map(lambda raw: quote(raw, safe=""))),
    st.builds("Authorization: Bearer {}".format, tokens),
    st.builds("authorization='Basic {}'".format, tokens),
    st.builds("('authorization', b'Basic {}A=')".format, st.text("abXY09", min_size=3).map(lambda text: f"zQ7{text}")),
    st.builds("got bearer  {} back".format, tokens),
    st.builds("got Basic {}A= back".format, st.text("abXY09", min_size=3).map(lambda text: f"zQ7{text}")),
    st.builds("ac\u017funder to\u212aen={}".format, tokens),  # letters that are s and k in another case
    st.builds("pr\u0131vate-key={}".format, tokens),  # and letters that are an i
    st.builds("AP\u0130KEY={}".format, tokens),
    st.builds("kept by glpat-{}".format, st.text("abXY09", min_size=3).map(lambda text: f"zQ7{text}")),
    st.builds("kept by gho_{}".format, st.text("abXY09", min_size=3).map(lambda text: f"zQ7{text}")),
    st.builds("host=db password={} user=airflow".format, raw_secrets),
    st.builds("{{'token': '{}', 'n': 1}}".format, tokens),
    st.builds('{{"client_secret": "{} with blanks"}}'.format, tokens),
    st.builds("reaper --db-password {} --dry-run".format, tokens),
    st.builds("AIRFLOW__CORE__FERNET_KEY={}".format, raw_secrets),
    st.builds("    client-key-data: {}".format, tokens),
    st.builds("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----".format, tokens),
    st.builds("https://example.org/?page=2&access_token={}".format, tokens),
)


@unhurried
@given(prose, carriers, prose)
def test_a_secret_in_any_field_reaches_neither_file_nor_terminal(before: str, carrier: str, after: str) -> None:
    text = f"{before} {carrier} {after}"
    bad = failure(reason=text, required=text, observed=text, because=text, fault=text)
    made = report(bad, config={"dsn": text, "nested": [{"deep": text}], "command": ["reaper", text]})
    console = Console(record=True, width=200, file=Path("/dev/null").open("w"))  # noqa: SIM115
    with tempfile.TemporaryDirectory() as folder, console.file:
        paths = write_all(made, Path(folder))
        written = "".join(path.read_text() for path in paths)
        print_report(console, made, paths)
    assert "zQ7" not in written
    assert "zQ7" not in console.export_text()
    assert "zQ7" not in failure_text(bad)


@unhurried
@given(foreign_text, carriers | foreign_text)
def test_redacting_twice_changes_nothing_more(text: str, carrier: str) -> None:
    once = redact(text + carrier)
    assert redact(once) == once


@unhurried
@given(foreign_text, st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=20))
def test_a_known_secret_goes_wherever_it_stands(text: str, secret: str) -> None:
    assert secret not in redact(f"{text}{secret}{text}", [secret]).replace("***", "")


def test_a_known_secret_goes_in_its_other_guises() -> None:
    assert redact("a%2Fb+c%26d YS9iIGMmZA== a/b c&d", ["a/b c&d"]) == "*** *** ***"
    assert redact(r'{"said": "x\"y\u00e9z"}', ['x"y\u00e9z']) == '{"said": "***"}'


def test_values_under_the_name_of_a_secret_are_masked_whole() -> None:
    config = {
        "sql_password": 1234,
        "Token": {"value": "abc"},
        "secrets": None,
        "argv": ["reaper", "--token", "abc", "--token=abc", "sweep"],
        "seed": 7,
    }
    assert redact_data(config) == {
        "sql_password": "***",
        "Token": "***",
        "secrets": None,
        "argv": ["reaper", "--token", "***", "--token=***", "sweep"],
        "seed": 7,
    }


@pytest.mark.parametrize(
    "text",
    [
        "DELETE airflow/etl-load-x7f2 (uid 41c8..) committed at step 9; try 2 of etl.load was running on it.",
        "postgresql://postgres@/airflow?host=/tmp/socket",
        "https://127.0.0.1:6443/api/v1/namespaces/airflow/pods?limit=500",
        "the verdict is pass: nothing was deleted",
        "no basic authentication",
        "the continue token expired at step 3",
        "registry.example:5000/airflow:3.3.2",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_password_is_masked_and_the_rest_of_its_dsn_is_kept() -> None:
    assert redact("to postgresql://airflow:p@ss/w:rd@db:5432/airflow failed") == (
        "to postgresql://airflow:***@db:5432/airflow failed"
    )


def test_ids_that_speak_of_secrets_stay_whole(tmp_path: Path) -> None:
    token = "TELL-NO-SECRETS/prints_no_password:airflow=3.3"
    bad = failure(requirement="TELL-NO-SECRETS", scenario="prints_no_password", replay=token)
    assert f"kpo-conformance replay {token}" in failure_text(bad)
    assert token in write_all(report(bad), tmp_path).markdown.read_text()
