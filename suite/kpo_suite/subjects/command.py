"""The ``command`` adapter: one process for each sweep, with everything it needs in its arguments and environment."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence

from kpo_suite.subjects.adapter import Subject, end_group, text
from kpo_suite.subjects.surroundings import Outcome, Surroundings


class CommandSubject(Subject):
    """Runs a reaper's command once for each sweep. A process never outlives its sweep, nor do its children."""

    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """As ``Subject.sweep``; a command that cannot be started is exit code 127, as in a shell."""
        argv = self.arguments(surroundings, options, extra)
        began = time.monotonic()
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, self._group:
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    env=self.environment(surroundings),
                    # A session of its own: Ctrl-C reaches the suite first, which then ends the whole group.
                    start_new_session=True,
                )
            except OSError as error:
                return Outcome(exit_code=127, stdout="", stderr=str(error), seconds=0.0)
            self._group.led_by(process.pid)
            code: int | None
            try:
                code = process.wait(self.file.run.timeout)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                end_group(process)
            seconds = time.monotonic() - began
            return Outcome(exit_code=code, stdout=text(stdout), stderr=text(stderr), seconds=seconds)
