"""The edge to the file system: a report is written here, whole or not at all and without secrets, and read back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from kpo_reports.errors import ReportError
from kpo_reports.journal import Activity, chaos_journal
from kpo_reports.junit import junit_xml
from kpo_reports.markdown import markdown_report
from kpo_reports.model import Report
from kpo_reports.redaction import redact_report
from kpo_reports.summary import summarize

SCHEMA_VERSION = "1"
EVIDENCE = "evidence"
"""The folder, inside the report's, with a file for each run."""
JOURNAL = "journal.json"
"""What live runs have beside their report."""


class Paths(NamedTuple):
    """Where the files of one report are."""

    json: Path
    junit: Path
    markdown: Path

    @classmethod
    def within(cls, directory: Path) -> Paths:
        """The names that every report folder uses."""
        return cls(directory / "report.json", directory / "junit.xml", directory / "report.md")


def write_json(report: Report, path: Path, *, secrets: Collection[str] = ()) -> None:
    """Write ``report.json``. ``secrets`` are values to hide besides all that looks like one. Raises ReportError."""
    _put(path, _json(_publishable(report, secrets)))


def write_junit(report: Report, path: Path, *, secrets: Collection[str] = ()) -> None:
    """Write ``junit.xml``; ``secrets`` and errors as for ``write_json``."""
    _put(path, junit_xml(_publishable(report, secrets)))


def write_markdown(report: Report, path: Path, *, secrets: Collection[str] = ()) -> None:
    """Write ``report.md``; ``secrets`` and errors as for ``write_json``."""
    _put(path, markdown_report(_publishable(report, secrets)))


def write_all(report: Report, directory: Path, *, secrets: Collection[str] = ()) -> Paths:
    """Write every format into ``directory``, which is created where missing; errors as for ``write_json``."""
    published = _publishable(report, secrets)
    paths = Paths.within(directory)
    _create(directory)
    _put(paths.json, _json(published))
    _put(paths.junit, junit_xml(published))
    _put(paths.markdown, markdown_report(published))
    return paths


def write_journal(
    report: Report, activities: Iterable[Activity], directory: Path, *, secrets: Collection[str] = ()
) -> Path:
    """Write ``journal.json`` of Chaos Toolkit into ``directory`` and return its path; errors as for ``write_json``."""
    _create(directory)
    path = directory / JOURNAL
    told = chaos_journal(_publishable(report, secrets), activities, secrets=secrets)
    _put(path, msgspec.json.format(msgspec.json.encode(told).decode()) + "\n")
    return path


def clear_previous(directory: Path) -> None:
    """Remove the report and the evidence of an earlier run, so that a run which is broken off leaves none of it.

    Raises ReportError where they cannot be removed; a folder that is not there is clear.
    """
    try:
        for path in (*Paths.within(directory), directory / JOURNAL, *(directory / EVIDENCE).glob("*.json")):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"The earlier report in {directory} cannot be removed ({_cause(error)}); choose another folder."
        ) from error


def check_writable(directory: Path) -> None:
    """Raise ReportError unless a report can be written into ``directory``, which is created where missing.

    It creates and removes a file, for permission bits do not tell: root passes them, and a read-only file system or
    /proc refuses all the same. Meant to be asked before a run, not after it.
    """
    _create(directory)
    try:
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".writable-") as probe:
            probe.write(b"x")
    except OSError as error:
        raise ReportError(
            f"The report folder {directory} cannot be written to ({_cause(error)}); choose another one."
        ) from error
    for path in Paths.within(directory):
        if path.is_dir():
            raise ReportError(f"{path} is a folder where a file of the report has to go; move it or choose another.")


def load_report(path: Path) -> Report:
    """The report in the file ``path``, checked against the model and its own arithmetic. Raises ReportError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ReportError(f"The report {path} cannot be read ({_cause(error)}); check the path.") from error
    try:
        version = msgspec.json.decode(text, type=_Versioned).schema_version
        if version != SCHEMA_VERSION:
            raise ReportError(
                f"The report {path} has schema_version {version!r} and this release reads {SCHEMA_VERSION!r};"
                " read it with the release that wrote it."
            )
        report = msgspec.json.decode(text, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReportError(
            f"{path} is not a report of kpo-conformance ({str(error).rstrip('.')}); write it again with a run."
        ) from error
    _check_arithmetic(report, path)
    return report


class _Versioned(msgspec.Struct):
    schema_version: str


def _check_arithmetic(report: Report, path: Path) -> None:
    computed = summarize(report.results, requirements=report.suite.requirements, floor=report.summary.floor)
    for figure in report.summary.__struct_fields__:
        if getattr(report.summary, figure) != getattr(computed, figure):
            raise ReportError(
                f"The summary of {path} does not follow from its results (see summary.{figure});"
                " it was changed after the run, so write it again."
            )


def _publishable(report: Report, secrets: Collection[str]) -> Report:
    try:
        return redact_report(report, secrets)
    except TypeError as error:
        raise ReportError(f"The report cannot be written: {error}; give it as text.") from error


def _json(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def _create(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = "it is a file" if directory.is_file() else _cause(error)
        raise ReportError(f"The report folder {directory} cannot be created ({cause}); choose another one.") from error


def _put(path: Path, text: str) -> None:
    """Write beside the file and move into place, so that no reader ever meets half a report."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        beside = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            beside.chmod(0o666 & ~_umask())  # mkstemp is private, a report is for others
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({_cause(error)}); choose another report folder.") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
