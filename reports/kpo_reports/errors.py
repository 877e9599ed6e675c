"""The one error that this room raises at its users: a report that cannot be read or written."""

from __future__ import annotations


class ReportError(Exception):
    """A report file or folder that does not serve. The message is one sentence: what is wrong, what to do."""
