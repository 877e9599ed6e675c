"""Runs one case: world, sweeps, history, verdicts. One direction; what comes out is all that anybody reads later."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kpo_reports import Result, Verdict
from kpo_suite.errors import NotReachedError, ScenarioError
from kpo_suite.evidence import pod_outcomes
from kpo_suite.history import History
from kpo_suite.judge import Judgement, verdict
from kpo_suite.ledger import requirements
from kpo_suite.live import LiveWorld
from kpo_suite.scenario import Case
from kpo_suite.subjects import CommandSubject
from kpo_suite.sweeping import sweep
from kpo_suite.world import World

if TYPE_CHECKING:
    from kpo_suite.live_testbed import LiveTestbed
    from kpo_suite.testbed import Testbed


def run_replay(case: Case, testbed: Testbed, subject: CommandSubject) -> History:
    """Write the world, let the subject sweep it, and return what was recorded.

    Raises ScenarioError when the scenario builds no valid world.
    """
    testbed.reset()
    world = World(airflow=testbed.settings.airflow, namespace=testbed.namespace, examines=case.scenario.examines)
    case.scenario.build(world, **case.arguments)
    world.add_twin_and_control()
    world.check()
    testbed.database.write(world.rows())
    stored = testbed.cluster.seed(world.manifests())
    before = testbed.cluster.objects("pods")
    seeded = max((int(item["metadata"]["resourceVersion"]) for item in stored), default=0)
    surroundings = testbed.surroundings()
    count = max(case.scenario.sweeps, subject.file.claims.sweeps)
    sweeps = [sweep(subject, surroundings, testbed.gateway, ordinal) for ordinal in range(1, count + 1)]
    return History(
        fates=world.fates(stored),
        sweeps=sweeps,
        exchanges=testbed.gateway.exchanges(),
        changes=testbed.cluster.history(since=seeded),
        before=before,
        after=testbed.cluster.objects("pods"),
    )


def run_live(case: Case, testbed: LiveTestbed, subject: CommandSubject) -> History:
    """Let a real Airflow bring the world about; the scenario itself says when the subject sweeps.

    Raises NotReachedError when the world did not come about in time.
    """
    testbed.reset()
    world = LiveWorld(testbed, subject)
    try:
        case.scenario.build(world, **case.arguments)
        return world.history()
    except TimeoutError as error:
        raise NotReachedError(str(error)) from error
    finally:
        world.clear()


def results(
    case: Case, history: History, seconds: float, *, claims: Sequence[str], airflow: str, evidence: str | None
) -> list[Result]:
    """One result for each requirement that the case examines; ``claims`` are the features of the subject."""
    supported = case.supported(claims)
    return [
        _result(case, each, verdict(history, each), history, seconds, airflow, evidence)
        if each in supported
        else _unsupported(case, each, airflow)
        for each in case.scenario.examines
    ]


def unsupported(case: Case, *, airflow: str) -> list[Result]:
    """The results of a case that examines only what the subject does not claim; it is not run."""
    return [_unsupported(case, each, airflow) for each in case.scenario.examines]


def undecided(case: Case, error: Exception, seconds: float, *, airflow: str) -> list[Result]:
    """The results of a case that gave no history: ``inconclusive`` or ``suite-error``, never the subject's fault."""
    kind = Verdict.INCONCLUSIVE if isinstance(error, NotReachedError) else Verdict.SUITE_ERROR
    name = "" if isinstance(error, NotReachedError | ScenarioError) else f"{type(error).__name__}: "
    judgement = Judgement(verdict=kind, reason=f"{name}{error}")
    return [_result(case, identifier, judgement, None, seconds, airflow, None) for identifier in case.scenario.examines]


def _unsupported(case: Case, identifier: str, airflow: str) -> Result:
    feature = requirements()[identifier].feature
    judgement = Judgement(verdict=Verdict.UNSUPPORTED, reason=f"The subject does not claim the feature {feature}.")
    return _result(case, identifier, judgement, None, 0.0, airflow, None)


def _result(
    case: Case,
    identifier: str,
    judgement: Judgement,
    history: History | None,
    seconds: float,
    airflow: str,
    evidence: str | None,
) -> Result:
    requirement = requirements()[identifier]
    return Result(
        scenario=case.id,
        requirement=identifier,
        level=requirement.level,
        verdict=judgement.verdict,
        reason=judgement.reason,
        required=requirement.text,
        observed=judgement.observed,
        because=judgement.because,
        replay=token(case, identifier, airflow),
        evidence=evidence,
        seconds=seconds,
        requests=len(history.exchanges) if history else None,
        pods=tuple(pod_outcomes(history)) if history else (),
    )


def token(case: Case, identifier: str, airflow: str) -> str:
    """What ``kpo-conformance replay`` takes to run exactly this case again."""
    live = ",live" if case.scenario.kind == "live" else ""
    return f"{identifier}/{case.id}:airflow={airflow}{live}"


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Elapsed so far."""
        return time.monotonic() - self._began


def worst(found: Iterable[Result]) -> Verdict:
    """The verdict of a whole case: the worst of its results."""
    return Verdict.worst(*(result.verdict for result in found))
