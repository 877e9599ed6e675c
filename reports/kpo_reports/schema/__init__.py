"""The published JSON Schema of ``report.json``, made from the model.

``python -m kpo_reports.schema`` renews the file.
"""

from __future__ import annotations

import inspect
import json
from importlib import resources
from typing import Any

import msgspec

from kpo_reports.model import Report

FILE = "report-1.json"


def json_schema() -> dict[str, Any]:
    """The schema as the model gives it now (JSON Schema draft 2020-12)."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kpo-conformance:report:1",
        "title": "Report of kpo-conformance, schema version 1",
    } | msgspec.json.schema(Report)
    for definition in schema["$defs"].values():
        # Docstrings come with their indentation up to Python 3.12.
        definition["description"] = inspect.cleandoc(definition["description"])
    return schema


def rendered() -> str:
    """The text of the schema file as it should be."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def published() -> str:
    """The text of the schema file as it is."""
    return (resources.files(__name__) / FILE).read_text(encoding="utf-8")
