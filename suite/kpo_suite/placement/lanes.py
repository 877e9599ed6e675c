"""Several testbeds in the threads of one process: while one run waits, others go on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from kpo_suite.settings import RunSettings
from kpo_suite.subjects import Subject, open_subject
from kpo_suite.testbed import Testbed

Job = TypeVar("Job")
Done = TypeVar("Done")

WAITING_LANES = 6
"""Lanes for runs that mostly wait. Each has a cluster, a gateway, a database and a process of the subject."""


@dataclass(frozen=True)
class Lane:
    """Where one run happens at a time."""

    testbed: Testbed
    subject: Subject


class Lanes:
    """The lane of the process itself and, where the cluster is light, some more, started when they are needed first."""

    def __init__(self, settings: RunSettings, own: Lane) -> None:
        self._settings = settings
        self._own = own
        self._more: list[Lane] = []
        self._making = threading.Lock()
        self._running = ExitStack()

    def run(
        self,
        jobs: Sequence[Job],
        do: Callable[[Job, Lane], Done],
        *,
        airflow: str,
        waits: Callable[[Job], bool],
        goes_on: Callable[[], bool] = lambda: True,
    ) -> list[Done]:
        """Do every job, each on one lane, and return what came of them in their order.

        Those that wait run beside the others. No job is begun once ``goes_on`` denies it. What a job raises, and
        Ctrl-C, is raised here once no lane works any more.
        """
        waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
        working: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
        for number, job in enumerate(jobs):
            (waiting if waits(job) else working).put((number, job))
        done: dict[int, Done] = {}
        errors: list[BaseException] = []

        def work(lane: Lane, source: queue.SimpleQueue[tuple[int, Job]]) -> None:
            while not errors and goes_on():
                try:
                    number, job = source.get_nowait()
                except queue.Empty:
                    return
                done[number] = do(job, lane)

        def help_out(lane: Lane) -> None:
            try:
                work(lane, waiting)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
                errors.append(error)

        lanes = self._waiting_lanes(airflow, waiting.qsize())
        threads = [threading.Thread(target=help_out, args=(lane,), name="kpo-lane") for lane in lanes]
        try:
            for thread in threads:
                thread.start()
            work(self._own, working)
            work(self._own, waiting)
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            for thread in threads:
                thread.join()
        if errors:
            raise errors[0]
        return [done[number] for number in sorted(done)]

    @property
    def secrets(self) -> set[str]:
        """What the subjects of all lanes were told and nobody else may read."""
        return {secret for lane in (self._own, *self._more) for secret in lane.testbed.secrets}

    def close(self) -> None:
        """End the lanes that were started here; the process's own is its owner's."""
        self._more.clear()
        self._running.close()

    def _waiting_lanes(self, airflow: str, wanted: int) -> Sequence[Lane]:
        if self._settings.cluster != "embedded":
            return ()  # a real API server each would cost more than it gains
        with self._making:
            while len(self._more) < min(wanted, WAITING_LANES):
                subject = self._running.enter_context(open_subject(self._settings.reaper))
                testbed = self._running.enter_context(Testbed(self._settings, self._own.testbed.server))
                self._more.append(Lane(testbed, subject))
        # Databases are copies of one template, to which nobody may be connected meanwhile: one after the other.
        for lane in self._more:
            lane.testbed.prepare(airflow)
        return self._more[:wanted]
