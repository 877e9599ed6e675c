"""The report as data and its published schema."""

import json
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest

from kpo_reports import json_schema, load_report, write_json
from kpo_reports.schema import published, rendered

from .samples import report, result, varied_report


def test_the_published_schema_is_that_of_the_model() -> None:
    assert published() == rendered(), "renew it: python -m kpo_reports.schema"


def test_every_field_says_who_reads_it() -> None:
    for name, definition in json_schema()["$defs"].items():
        assert definition["description"], name
        for field, schema in definition.get("properties", {}).items():
            assert schema.get("description"), f"{name}.{field}"


def test_a_written_report_keeps_to_the_schema(tmp_path: Path) -> None:
    write_json(varied_report(), tmp_path / "report.json")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = json.loads((tmp_path / "report.json").read_text())
    validator.validate(written)
    written["results"][0]["verdict"] = "skipped"
    assert not validator.is_valid(written)


def test_a_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = varied_report()
    write_json(made, tmp_path / "report.json")
    assert load_report(tmp_path / "report.json") == made


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/history.jsonl", "a/../../b", "", "C:\\history", "..\\up"])
def test_evidence_stays_inside_the_folder_of_the_report(path: str) -> None:
    with pytest.raises(ValueError, match="inside the report's folder"):
        result(evidence=path)


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        report(started=datetime(2026, 11, 21))  # noqa: DTZ001
