"""Runs one case: world, sweeps, history, verdicts. One direction; what comes out is all that anybody reads later."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kpo_fixtures.faults import NO_FAULTS, Plan
from kpo_reports import Result, Verdict
from kpo_suite.company import Company
from kpo_suite.cost import queries, seconds_without_progress
from kpo_suite.errors import NotReachedError, ScenarioError
from kpo_suite.evidence import pod_outcomes
from kpo_suite.fingerprint import fingerprint
from kpo_suite.history import History, Sweep
from kpo_suite.judge import Judgement, verdict
from kpo_suite.ledger import requirements
from kpo_suite.live import LiveWorld
from kpo_suite.scenario import Case, Pass, claims_airflow
from kpo_suite.stage import Stage
from kpo_suite.story import story
from kpo_suite.subjects import ReaperFile, Subject
from kpo_suite.subjects.reaper_file import Claims
from kpo_suite.sweeping import sweep
from kpo_suite.transformations import PLAIN, TRANSFORMATIONS
from kpo_suite.world import World

if TYPE_CHECKING:
    from kpo_suite.live_testbed import LiveTestbed
    from kpo_suite.subjects.surroundings import Source
    from kpo_suite.testbed import Testbed


def run_replay(
    case: Case,
    testbed: Testbed,
    subject: Subject,
    airflow: str,
    *,
    worlds: str = PLAIN,
    plan: Plan = NO_FAULTS,
    rounds: int | None = None,
    expected: Sequence[str] | None = None,
    without: Collection[str] = (),
) -> History:
    """Write the world on an Airflow of this generation, let the subject sweep it, and return what was recorded.

    ``worlds`` is the name of a transformation that the world goes through, ``plan`` faults beyond the scenario's own.
    Where there are faults or changes between the steps, they end after the planned sweeps, and those that are about the
    world as it is then follow without any, in which the subject has to converge. Before, they are made in ``rounds``
    with the faults, by default one for each of the plan: the first fault may end a sweep before it comes to the second.
    Faults that make a subject wait find it impatient where its file says how. ``expected`` are the zombies of which
    convergence can be asked; of none where the world ends in such a way that a sweep has to refuse it.
    ``without`` are parts that the world is not to have, as ``World.leave_out`` names them. A daemon that had to be
    killed since it ended no sweep is not asked for the others that were planned: each would take as long again.

    Raises ScenarioError when the scenario builds no valid world or one of its actions fails.
    """
    written = write(case, testbed, subject, airflow, worlds=worlds, without=without)
    world, stage = written.world, written.stage
    rounds = max(1, len(plan.placements)) if rounds is None else rounds
    plan = Plan((*world.faults, *plan.placements), plan.seed)
    faulty = bool(plan or world.barriers)
    passes = case.scenario.passes(subject.file)
    final = passes[max(world.actions, default=0) :] or passes[-1:]
    if expected and any(each.refused for each in final):
        expected = ()
    sweeps: list[Sweep] = []

    def make(asked: Pass, *, faulty: bool = False) -> bool:
        """Make the sweeps of one pass; False where the next one need not be made."""
        for _ in range(asked.times(subject.file)):
            sweeps.append(sweep(subject, testbed, asked, len(sweeps) + 1, faulty=faulty))
        return bool(world.actions) or sweeps[-1].watch is None or sweeps[-1].exit_code is not None

    testbed.timeline.arm(plan, world.barriers, stage=stage, version=written.version)
    subject.enter(testbed, replicas=world.replicas)
    try:
        for ordinal, asked in enumerate(_in_time([*passes, *(final * (rounds - 1))], plan, subject.file), 1):
            goes_on = make(asked, faulty=faulty)
            for action in world.actions.get(ordinal, ()):
                action(stage)
            if not goes_on:
                break
        testbed.timeline.end()
        subject.signal(signal.SIGCONT)  # what a fault stopped goes on
        for asked in final if faulty else ():
            if not make(asked):
                break
    finally:
        subject.leave()
    for error in testbed.timeline.errors():
        raise ScenarioError(f"an action of {case.id} failed: {type(error).__name__}: {error}") from error
    return record(written, testbed, subject, sweeps, plan=plan, expected=expected)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A world that has been written: ``before`` are its pods as stored, ``version`` the last resourceVersion of it.

    ``company`` are the sweeps that somebody else makes in it.
    """

    world: World
    stage: Stage
    company: Company
    before: Sequence[Mapping[str, Any]]
    version: int


def write(
    case: Case, testbed: Testbed, subject: Subject, airflow: str, *, worlds: str = PLAIN, without: Collection[str] = ()
) -> Written:
    """Write the world of a case into an emptied testbed, as ``run_replay`` says, and show it to the subject."""
    change = TRANSFORMATIONS[worlds]
    testbed.gateway.first_page, testbed.later = change.first_page, change.later
    testbed.reset(airflow)
    now = testbed.present().replace(microsecond=0)
    source = testbed.settings.source
    world = change.world(build(case, subject.file.claims, airflow, testbed.namespace, now=now, source=source))
    world.leave_out(without)
    testbed.write(world.rows())
    stored = testbed.cluster.seed(world.manifests())
    world.found(stored)
    testbed.show(world)
    before = testbed.cluster.objects("pods")
    seeded = max((int(item["metadata"]["resourceVersion"]) for item in stored), default=0)
    company = Company(subject, testbed)
    stage = Stage(
        cluster=testbed.cluster, database=testbed.database, world=world, subject=subject, company=company.sweep
    )
    return Written(world=world, stage=stage, company=company, before=before, version=seeded)


def record(
    written: Written,
    testbed: Testbed,
    subject: Subject,
    sweeps: Sequence[Sweep],
    *,
    plan: Plan = NO_FAULTS,
    expected: Sequence[str] | None = None,
) -> History:
    """What has been recorded since the world was written; it may be asked for more than once."""
    return History(
        fates=written.world.fates(),
        sweeps=sweeps,
        exchanges=testbed.gateway.exchanges(),
        rest=testbed.rest(),
        strays=testbed.strays(),
        changes=testbed.cluster.history(since=written.version),
        before=written.before,
        after=testbed.cluster.objects("pods"),
        claims=subject.file.claims,
        secrets=testbed.secrets,
        began=written.world.now,
        steps=testbed.timeline.steps(),
        plan=plan,
        unreached=testbed.timeline.unreached(),
        expected=expected,
        company=written.company.sweeps,
    )


def _in_time(passes: Sequence[Pass], plan: Plan, file: ReaperFile) -> list[Pass]:
    """The passes, with short times where faults of the plan are waited for: the defaults of a subject are minutes."""
    if "impatient" not in file.run.options or not any(each.form.waits for each in plan.placements):
        return list(passes)
    return [
        each if "impatient" in each.options else replace(each, options=(*each.options, "impatient")) for each in passes
    ]


def build(
    case: Case,
    claims: Claims,
    airflow: str,
    namespace: str = "airflow",
    *,
    now: datetime | None = None,
    source: Source = "sql",
) -> World:
    """The world of a case at a time (default: the present), with its twin and control.

    Raises ScenarioError when it is not valid.
    """
    world = World(
        airflow=airflow,
        source=source,
        namespace=namespace,
        scope=(namespace,),
        examines=case.scenario.examines,
        claims=claims,
    )
    world.now = now or world.now
    case.scenario.build(world, **case.arguments)
    world.add_twin_and_control()
    world.check()
    return world


def run_live(case: Case, testbed: LiveTestbed, subject: Subject) -> History:
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
    case: Case, history: History, seconds: float, *, file: ReaperFile, where: str, evidence: str | None
) -> list[Result]:
    """One result for each requirement that the case examines; none for one that this world has no pod for.

    ``file`` is the subject's, ``where`` the part of a replay token that tells on which Airflow it was.
    """
    supported = case.supported(file)
    return [
        result(case, each, verdict(history, each), history, seconds, where, evidence)
        if each in supported
        else _unsupported(case, each, where, file)
        for each in case.scenario.examines
        if is_put_to_the_test(history, each)
    ]


def is_put_to_the_test(history: History, requirement: str) -> bool:
    """Whether the world holds what the requirement is about: for KEEP and REAP a pod, and not every Airflow has all."""
    about_pods = requirements()[requirement].area in ("KEEP", "REAP")
    told = [*(fate.examines for fate in history.fates), *(end.examines for end in history.ends)]
    return not about_pods or any(requirement in examines for examines in told)


def unsupported(case: Case, file: ReaperFile, airflow: str, *, where: str) -> list[Result]:
    """The results of a case that examines only what the subject does not claim; it is not run."""
    return [_unsupported(case, each, where, file, airflow) for each in case.scenario.examines]


def undecided(case: Case, error: Exception, seconds: float, *, where: str) -> list[Result]:
    """The results of a case that gave no history: ``inconclusive`` or ``suite-error``, never the subject's fault."""
    kind = Verdict.INCONCLUSIVE if isinstance(error, NotReachedError) else Verdict.SUITE_ERROR
    name = "" if isinstance(error, NotReachedError | ScenarioError) else f"{type(error).__name__}: "
    judgement = Judgement(verdict=kind, reason=f"{name}{error}")
    return [result(case, identifier, judgement, None, seconds, where, None) for identifier in case.scenario.examines]


def _unsupported(case: Case, identifier: str, where: str, file: ReaperFile, airflow: str | None = None) -> Result:
    option = case.missing_option(file)
    if not claims_airflow(file, airflow):
        reason = f"The subject does not claim Airflow {airflow}."
    elif option:
        reason = f"The subject's file names no option {option}."
    elif case.lacks_company(file):
        reason = "A daemon cannot be asked for the one sweep that is to be made beside it."
    else:
        reason = f"The subject does not claim the feature {requirements()[identifier].feature}."
    judgement = Judgement(verdict=Verdict.UNSUPPORTED, reason=reason)
    return result(case, identifier, judgement, None, 0.0, where, None)


def result(
    case: Case,
    identifier: str,
    judgement: Judgement,
    history: History | None,
    seconds: float,
    where: str,
    evidence: str | None,
    *,
    fault: str | None = None,
) -> Result:
    """A verdict as the report has it; without ``history`` it tells of no requests and no pods.

    ``fault`` are the faults beyond the scenario's own, in words.
    """
    requirement = requirements()[identifier]
    failing = history if judgement.verdict is Verdict.FAIL else None
    return Result(
        scenario=case.id,
        requirement=identifier,
        level=requirement.level,
        verdict=judgement.verdict,
        reason=judgement.reason,
        required=requirement.text,
        observed=judgement.observed,
        because=judgement.because,
        fault=fault,
        story=story(failing, identifier) if failing else (),
        history_sha256=fingerprint(failing) if failing else None,
        replay=f"{identifier}/{case.id}:{where}",
        evidence=evidence,
        seconds=seconds,
        requests=len(history.exchanges) if history else None,
        queries=queries(history) if history else None,
        stalled=seconds_without_progress(history) if history else None,
        pods=tuple(pod_outcomes(history, identifier)) if history else (),
    )


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
