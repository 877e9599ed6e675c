"""One sweep of a subject with everything that the history keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpo_suite.history import Sweep
from kpo_suite.subjects import CommandSubject, Surroundings

if TYPE_CHECKING:
    from kpo_fixtures.gateways.http import HttpGateway


def sweep(subject: CommandSubject, surroundings: Surroundings, gateway: HttpGateway, ordinal: int) -> Sweep:
    """Let the subject make its ``ordinal``-th pass (from 1) and wait until its last request has been answered."""
    first = gateway.steps + 1
    outcome = subject.sweep(surroundings)
    gateway.exchanges()
    return Sweep(
        ordinal=ordinal,
        exit_code=outcome.exit_code,
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        seconds=outcome.seconds,
        first_step=first,
        last_step=gateway.steps,
        timeout=subject.file.run.timeout,
    )
