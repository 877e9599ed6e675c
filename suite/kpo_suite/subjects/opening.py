"""From a reaper file to the subject that it describes."""

from __future__ import annotations

from kpo_suite.subjects.adapter import Subject
from kpo_suite.subjects.command import CommandSubject
from kpo_suite.subjects.daemon import DaemonSubject
from kpo_suite.subjects.forked import ForkedSubject, Hosts
from kpo_suite.subjects.reaper_file import ReaperFile
from kpo_suite.subjects.stdio import StdioSubject


def open_subject(file: ReaperFile, hosts: Hosts | None = None) -> Subject:
    """The subject by the adapter that the file names; close it when nothing more is asked of it.

    ``hosts`` lets several subjects of the adapter ``python`` share the process with their imports.
    """
    if file.run.adapter == "python":
        return ForkedSubject(file, hosts.of(file) if hosts else None)
    if file.run.adapter == "daemon":
        return DaemonSubject(file)
    return CommandSubject(file) if file.run.adapter == "command" else StdioSubject(file)
