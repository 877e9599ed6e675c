"""A second subject of the same kind that sweeps the same world while the first does. No verdicts here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpo_suite.history import Sweep
from kpo_suite.subjects import Subject

if TYPE_CHECKING:
    from kpo_suite.stores import Stores

COMPANION = "companion"
"""How exchanges and sweeps of the second subject are marked (``Exchange.by``)."""


class Company:
    """What the second subject did: its sweeps in their order."""

    def __init__(self, subject: Subject, stores: Stores) -> None:
        self._subject = subject
        self._stores = stores
        self.sweeps: list[Sweep] = []

    def sweep(self) -> None:
        """Let it make a whole sweep; the first subject is held at one of its steps meanwhile.

        The steps of both are counted together. Nothing is asked of the stores' record: the first sweep goes on.
        """
        first = self._stores.timeline.count + 1
        with self._subject.another() as other:
            outcome = other.sweep(self._stores.surroundings_of(COMPANION))
        self.sweeps.append(
            Sweep(
                ordinal=len(self.sweeps) + 1,
                exit_code=outcome.exit_code,
                stdout=outcome.stdout,
                stderr=outcome.stderr,
                seconds=outcome.seconds,
                first_step=first,
                last_step=self._stores.timeline.count,
                timeout=other.file.run.timeout,
                by=COMPANION,
                faulty=True,
            )
        )
