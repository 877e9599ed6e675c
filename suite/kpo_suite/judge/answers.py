"""SOURCE under faults: what is made of a state source that does not answer, not as a whole, or not the truth.

Once an answer has failed, a deletion may rest on it no more. A subject that asks the same again, and is answered as a
whole, may go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kpo_fixtures.faults import Effect, Placement, Step
from kpo_suite.history import History, Sweep
from kpo_suite.judge.keep import live_and_kept_pods_survive
from kpo_suite.judge.rules import Failure, judges
from kpo_suite.judge.tell import of_sweep

FAILURES = frozenset(("DB1", "DB6", "DB7", "DB8"))
"""The faults by which the state source does not answer, or breaks off."""
WITHOUT_A_SIGN = frozenset(("DB3/half", "DB3/last", "DB3/uncounted", "DB3/doubled", "DB3/rest-total-low"))
"""The forms of an answer on which nothing shows that it is not whole: who has not counted beforehand cannot know."""
INSTANCES = ("task_instance", "taskInstances")
"""What a question is about that can tell that there is no task instance."""


@judges("SOURCE-UNREACHABLE")
def nothing_is_deleted_without_an_answer(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion after the state source has failed in that sweep."""
    for sweep, step, placement in spoilt(history, lambda placement: placement.form.fault in FAILURES):
        yield from deleted_on(history, sweep, step, placement)


@judges("SOURCE-EMPTY")
def nothing_is_deleted_where_nothing_is(history: History, _: str) -> Iterator[Failure]:
    """Breached by each deletion after the state source has shown no task instance at all."""
    for sweep, step, placement in spoilt(history, lambda placement: placement.form.fault == "DB2"):
        about = step.named.name if step.named else ""
        # A connection that leads to an empty database is about nothing yet: everything that is asked there is empty.
        if about in INSTANCES or (not about and step.point.kind != "query"):
            yield from deleted_on(history, sweep, step, placement)


@judges("SOURCE-PARTIAL")
def parts_are_not_taken_for_the_whole(history: History, _: str) -> Iterator[Failure]:
    """Breached by a deletion after an answer that shows that it is not whole, and of a live pod after any other."""
    for sweep, step, placement in spoilt(history, is_partial):
        yield from deleted_on(history, sweep, step, placement, harmful=placement.form.id in WITHOUT_A_SIGN)


@judges("SOURCE-UNAUTHORIZED")
def refused_credentials_fail_the_sweep(history: History, _: str) -> Iterator[Failure]:
    """Breached by a deletion after the subject's credentials were refused, and by a sweep that does not fail then."""
    for sweep, step, placement in spoilt(history, lambda placement: placement.form.fault == "DB18"):
        yield from deleted_on(history, sweep, step, placement)
        if sweep.exit_code == 0 and answered_again(history, sweep, step) is None:
            yield Failure(
                observed=f"Sweep {sweep.ordinal} ended with exit code 0 although {told(step, placement)}.",
                because="it was not answered afterwards.",
            )


@judges("SOURCE-LAGGING", "SOURCE-CONSISTENT")
def pods_survive_what_the_source_does_not_show(history: History, requirement: str) -> Iterator[Failure]:
    """Breached by each deletion of a live pod that the scenario put under this requirement."""
    yield from live_and_kept_pods_survive(history, requirement)


def spoilt(history: History, meant: Callable[[Placement], bool]) -> Iterator[tuple[Sweep, Step, Placement]]:
    """The steps to the state source at which a fault that is meant was injected, each with its sweep."""
    for step, placement in history.injected():
        if step.channel not in ("database", "airflow") or placement.form.effect is Effect.SLOW or not meant(placement):
            continue
        for sweep in history.sweeps:
            if sweep.holds(step.ordinal):
                yield sweep, step, placement


def is_partial(placement: Placement) -> bool:
    """Whether an answer began, or looks like one, and is not whole."""
    form = placement.form
    return form.fault == "DB3" or (form.fault in FAILURES and form.effect is Effect.UNTRUE)


def deleted_on(
    history: History, sweep: Sweep, step: Step, placement: Placement, *, harmful: bool = False
) -> Iterator[Failure]:
    """Failures for what a sweep deleted after an answer had failed at ``step``, until it was answered.

    With ``harmful`` only for pods that are no zombies.
    """
    again = answered_again(history, sweep, step)
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    for deletion in of_sweep(history, sweep):
        at = deletion.exchange.step
        if at < step.ordinal or (again is not None and again < at) or (harmful and deletion.uid in zombies):
            continue
        pod = f"{deletion.namespace}/{deletion.name}"
        yield Failure(
            observed=f"{pod} was deleted at step {at}, although {told(step, placement)}.",
            because="the state source was not asked the same again and answered as a whole in between.",
        )


def told(step: Step, placement: Placement) -> str:
    """What was done to the subject's question: ``query-2 at step 7 is answered no rows (DB2/empty)``."""
    return f"{step.point} at step {step.ordinal} {placement.form.what} ({placement.form.id})"


def answered_again(history: History, sweep: Sweep, step: Step) -> int | None:
    """The step of this sweep at which the same was asked once more and answered as a whole; None where it was not.

    After a connection or a control statement that failed, every later query is that.
    """
    if step.channel == "database":
        asked = {statement.sql for statement in sweep.statements if statement.step == step.ordinal}
        for statement in sweep.statements:
            same = statement.is_query and (step.point.kind != "query" or statement.sql in asked)
            whole = statement.rows is not None and not statement.sqlstate and not statement.faults
            if statement.step > step.ordinal and same and whole and not led_astray(history, statement.step):
                return statement.step
        return None
    paths = {exchange.path for exchange in history.rest if exchange.step == step.ordinal}
    for exchange in history.rest:
        later = step.ordinal < exchange.step <= sweep.last_step
        if later and exchange.path in paths and exchange.status == 200 and not exchange.altered:
            return exchange.step
    return None


def led_astray(history: History, ordinal: int) -> bool:
    """Whether a fault was put at the connection that was made last before this step."""
    connections = [step for step in history.steps if step.point.kind == "connect" and step.ordinal < ordinal]
    return bool(connections) and bool(connections[-1].faults)
