"""Writes the schema file from the model: ``python -m kpo_reports.schema``."""

from pathlib import Path

from kpo_reports.schema import FILE, rendered

Path(__file__).with_name(FILE).write_text(rendered(), encoding="utf-8")
