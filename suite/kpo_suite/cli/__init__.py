"""The command line: ``kpo-conformance run | list | explain | replay | cluster | airflow``, a thin layer over pytest."""

from __future__ import annotations

import signal
import sys
from types import FrameType

INTERRUPTED = 130


def main() -> None:
    """Entry point. Errors of the user end with one sentence and exit code 2, Ctrl-C and SIGTERM with 130."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        # Imported here, so that Ctrl-C is met with a sentence from the first moment on.
        from kpo_suite.cli.application import run

        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        sys.stderr.write("kpo-conformance: interrupted; everything that was started has been stopped.\n")
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a run as Ctrl-C does, so that what it started is stopped."""
    del number, frame
    raise KeyboardInterrupt
