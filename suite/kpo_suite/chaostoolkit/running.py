"""The one world that an experiment's activities are about: started, swept, put under faults, asked, and stopped."""

from __future__ import annotations

import atexit
import signal
from contextlib import ExitStack

from kpo_fixtures.faults import Placement, Plan
from kpo_suite import catalogue
from kpo_suite.errors import ScenarioError, UsageError
from kpo_suite.history import History, Sweep
from kpo_suite.runner import record, write
from kpo_suite.scenario import Case, Pass
from kpo_suite.settings import settle
from kpo_suite.subjects import open_subject
from kpo_suite.sweeping import sweep
from kpo_suite.testbed import Testbed


class RunningWorld:
    """A replay scenario's world on the embedded cluster with recorded Airflow, gateways and a subject.

    Raises UsageError for words that mean nothing, FixtureError where the machine cannot, ScenarioError for a scenario
    that builds no valid world.
    """

    def __init__(self, scenario: str, *, reaper: str | None, airflow: str, source: str) -> None:
        settings = settle(reaper=reaper, cluster=None, airflow=airflow, source=source)
        case = _case(scenario)
        if not case.supported(settings.reaper, settings.generations[0]):
            raise UsageError(f"{settings.reaper.reaper.name} does not claim what {scenario} examines.")
        self._stack = ExitStack()
        try:
            self._testbed = self._stack.enter_context(Testbed(settings))
            self._subject = self._stack.enter_context(open_subject(settings.reaper))
            self._written = write(case, self._testbed, self._subject, settings.generations[0])
        except BaseException:
            self._stack.close()
            raise
        self._placements = list(self._written.world.faults)
        self._armed = list(self._placements)
        self._sweeps: list[Sweep] = []
        self._arm()

    def stop(self) -> None:
        """Stop and remove everything."""
        self._testbed.timeline.end()
        self._stack.close()

    def put(self, form: str, at: str) -> Placement:
        """Put a fault at a point that the subject has yet to come to. Raises UsageError where it never will."""
        try:
            placement = Placement.parse(f"{form}@{at}")
        except ValueError as error:
            raise UsageError(f"{error}.") from None
        past = [step for step in self._testbed.timeline.steps() if placement.point in (step.point, step.named)]
        if past:
            raise UsageError(f"the subject has already passed {at}; take a later point.")
        self._placements.append(placement)
        self._armed.append(placement)
        self._arm()
        return placement

    def end_faults(self) -> None:
        """Nothing more is injected; what stalls is let go, and what a fault stopped goes on."""
        self._armed.clear()
        self._testbed.timeline.end()
        self._subject.signal(signal.SIGCONT)

    def sweep(self) -> Sweep:
        """Let the subject sweep once, then the world change as the scenario says. Raises ScenarioError if it cannot."""
        faulty = self._testbed.timeline.faulty or (not self._sweeps and bool(self._written.world.barriers))
        done = sweep(self._subject, self._testbed, Pass(), len(self._sweeps) + 1, faulty=faulty)
        self._sweeps.append(done)
        for action in self._written.world.actions.get(done.ordinal, ()):
            action(self._written.stage)
        for error in self._testbed.timeline.errors():
            raise ScenarioError(f"a change of the world failed: {type(error).__name__}: {error}") from error
        return done

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the subject was told and no journal may hold."""
        return self._testbed.secrets

    def history(self) -> History:
        """What has happened so far."""
        plan = Plan(tuple(self._placements))
        return record(self._written, self._testbed, self._subject, self._sweeps, plan=plan)

    def _arm(self) -> None:
        barriers = () if self._sweeps else self._written.world.barriers
        plan = Plan(tuple(self._armed))
        self._testbed.timeline.arm(plan, barriers, stage=self._written.stage, version=self._written.version)


_RUNNING: list[RunningWorld] = []


def start(scenario: str, *, reaper: str | None, airflow: str, source: str) -> RunningWorld:
    """Start the world of an experiment. Raises UsageError where one runs already, and what ``RunningWorld`` raises."""
    if _RUNNING:
        raise UsageError("a world runs already; stop it before another is started.")
    _RUNNING.append(RunningWorld(scenario, reaper=reaper, airflow=airflow, source=source))
    atexit.register(stop)
    return _RUNNING[0]


def running() -> RunningWorld:
    """The world of this experiment. Raises UsageError without one."""
    if not _RUNNING:
        raise UsageError("no world runs; start one by the control kpo_suite.chaostoolkit.controls or by start_world.")
    return _RUNNING[0]


def stop() -> None:
    """Stop the world of this experiment, if there is one."""
    atexit.unregister(stop)
    while _RUNNING:
        _RUNNING.pop().stop()


def _case(word: str) -> Case:
    cases = catalogue.selection([word], live=False)
    chosen = [case for case in cases if word in (case.id, case.scenario.name)]
    if not chosen:
        raise UsageError(f"{word!r} is no replay scenario; 'kpo-conformance list scenarios' shows all.")
    return chosen[0]
