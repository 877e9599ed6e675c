"""``kpo-conformance cluster probe``: what it prints, and with which exit code."""

from __future__ import annotations

import orjson
from typer.testing import CliRunner

from kpo_suite.cli.application import application


def test_table_and_exit_code_of_a_selection() -> None:
    result = CliRunner().invoke(application, ["cluster", "probe", "--select", "new-pod-is-pending"])
    assert result.exit_code == 0, result.output
    assert "1 checks: 1 passed, 0 failed, 0 not applicable" in result.output
    assert "(emulated)" in result.output


def test_report_as_json() -> None:
    result = CliRunner().invoke(application, ["cluster", "probe", "--json", "--select", "leases"])
    report = orjson.loads(result.stdout)
    assert report["backend"] == "embedded"
    assert report["checks"] == report["passed"] == len(report["results"]) > 3
    assert {each["topic"] for each in report["results"]} == {"leases"}
