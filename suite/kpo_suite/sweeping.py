"""One sweep of a subject with everything that the history keeps of it."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_fixtures.gateways.proxy import Proxy
from kpo_suite.history import Sweep
from kpo_suite.scenario import Pass
from kpo_suite.subjects import Subject

if TYPE_CHECKING:
    from kpo_suite.stores import Stores


def sweep(subject: Subject, stores: Stores, asked: Pass, ordinal: int, *, faulty: bool = False) -> Sweep:
    """Let the subject make its ``ordinal``-th pass (from 1) and wait until its last request has been answered.

    ``faulty`` says that faults or changes of the world stand between its steps.
    """
    first = stores.timeline.count + 1
    stores.listen()
    began = time.monotonic()
    circumstances = _circumstances(subject, stores)
    surroundings = stores.unresolved(circumstances.unresolved) if circumstances.unresolved else stores.surroundings()
    surroundings = replace(surroundings, circumstances=circumstances)
    with Proxy() if circumstances.proxied else nullcontext() as proxy:
        if proxy is not None:
            surroundings = replace(surroundings, variables=proxy.variables)
        outcome = subject.sweep(surroundings, options=asked.options, extra=asked.extra)
    stores.timeline.release()
    stores.gateway.exchanges()
    statements, rest = stores.heard()
    return Sweep(
        ordinal=ordinal,
        exit_code=outcome.exit_code,
        stdout=outcome.stdout,
        stderr=outcome.stderr,
        seconds=outcome.seconds,
        first_step=first,
        last_step=stores.timeline.count,
        began=began,
        timeout=subject.file.run.timeout,
        options=asked.options,
        extra=asked.extra,
        refused=asked.refused,
        statements=statements,
        rest=rest,
        faulty=faulty,
        watch=outcome.watch,
        memory=outcome.memory,
        proxied=proxy.asked() if proxy is not None else (),
    )


def _circumstances(subject: Subject, stores: Stores) -> Circumstances:
    """What the sweep's process is to be started with; a fault that this subject cannot be given is not injected."""
    beginning = stores.timeline.begin_sweep()
    for placement, action in beginning.actions:
        if isinstance(action, Circumstances) and subject.can_be_started(action):
            beginning.injected(placement)
            return action
    return AS_EVER
