"""A reaper that cannot say what it deletes: on a full device, into a closed stream, to nobody."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest

from kpo_reaper.cli import main
from kpo_reaper.errors import SettingsError, UnheardError
from kpo_reaper.report import Report


class Full(io.StringIO):
    """A stream on a device without room."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("output", ["json", "text"])
def test_a_report_that_cannot_be_written_ends_the_sweep_with_a_sentence(output: str) -> None:
    report = Report(output=output, dry_run=False, out=Full(), err=io.StringIO())
    with pytest.raises(UnheardError, match="the report cannot be written: No space left on device"):
        report.summary()


def test_an_error_that_cannot_be_printed_is_in_the_summary_all_the_same() -> None:
    out = io.StringIO()
    report = Report(output="json", dry_run=False, out=out, err=Full())
    report.error("a page was missing")
    report.summary()
    assert report.failed
    assert '"errors":["a page was missing"]' in out.getvalue()


@pytest.mark.parametrize(("stream", "told"), [("stdout", "output"), ("stderr", "error")])
def test_a_stream_that_was_closed_is_a_setting_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, stream: str, told: str
) -> None:
    monkeypatch.setattr(sys, stream, None)
    with pytest.raises(SettingsError, match=f"there is no standard {told}"):
        Report(output="json", dry_run=False)


def test_nothing_is_begun_without_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:p@127.0.0.1:1/x")
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["sweep", "--namespace", "airflow", "--kubeconfig", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == "kpo-reaper: there is no standard output: nobody would hear what is deleted\n"
