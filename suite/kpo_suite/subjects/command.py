"""The ``command`` adapter: one process for each sweep, with everything it needs in its arguments and environment."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_suite.subjects.adapter import FULL, Subject, can_be, end_group, text
from kpo_suite.subjects.surroundings import Outcome, Surroundings


class CommandSubject(Subject):
    """Runs a reaper's command once for each sweep. A process never outlives its sweep, nor do its children."""

    def can_be_started(self, circumstances: Circumstances) -> bool:
        """As ``Subject.can_be_started``."""
        return can_be(circumstances)

    def sweep(self, surroundings: Surroundings, *, options: Sequence[str] = (), extra: Sequence[str] = ()) -> Outcome:
        """As ``Subject.sweep``; a command that cannot be started is exit code 127, as in a shell."""
        argv = under(surroundings.circumstances, self.arguments(surroundings, options, extra))
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


def under(circumstances: Circumstances, argv: Sequence[str]) -> list[str]:
    """The same command, started by a shell that becomes it, where something about its process is not as ever."""
    if circumstances == AS_EVER:
        return [*argv]
    ends = {"kept": "", "closed": ">&-", "full": f">{FULL}"}
    out, err = ends[circumstances.stdout], ends[circumstances.stderr]
    if not circumstances.disk:
        out, err = f">{os.devnull}", f">{os.devnull}"
    limits = [] if circumstances.disk else ["ulimit -f 0"]
    if circumstances.memory is not None:
        limits.append(f"ulimit -d {circumstances.memory >> 10}")
    return ["sh", "-c", "; ".join([*limits, f'exec "$@" {out} {err and "2" + err}']), "sh", *argv]
