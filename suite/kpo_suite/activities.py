"""What was done in a run of a scenario, as the journal of a run has it. Pure: the caller knows the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kpo_reports import Activity
from kpo_suite.history import History, Sweep


def activities(
    scenario: str, history: History | None, *, started: datetime, clock: float, seconds: float, failure: str = ""
) -> Iterator[Activity]:
    """How the world of a scenario was brought about, and each sweep.

    ``started`` (UTC) is the moment at which the gateways' monotonic clock showed ``clock``, and ``seconds`` how long
    the run of the scenario took. Without a ``history`` the world did not come about, for the reason ``failure``.
    """
    sweeps = history.sweeps if history else ()
    prepared = sweeps[0].began - clock if sweeps else seconds
    yield Activity(
        scenario=scenario,
        name="the world is brought about",
        started=started,
        seconds=round(max(0.0, prepared), 3),
        output={fate.pod: f"{fate.kind}: {fate.why}" for fate in history.fates} if history else None,
        failure=failure,
        prepares=True,
    )
    for sweep in sweeps:
        yield Activity(
            scenario=scenario,
            name=f"sweep {sweep.ordinal}",
            started=started + timedelta(seconds=sweep.began - clock),
            seconds=round(sweep.seconds, 3),
            output=_came_of(sweep),
            failure=sweep.failure and f"The sweep {sweep.failure}.",
        )


def _came_of(sweep: Sweep) -> dict[str, object]:
    return {
        "exit_code": sweep.exit_code,
        "options": list(sweep.options),
        "steps": max(0, sweep.last_step - sweep.first_step + 1),
    }
