"""What a run was asked for, checked before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from kpo_fixtures.clusters.backends import NAMES
from kpo_fixtures.errors import FixtureError
from kpo_fixtures.faults import NO_FAULTS, Plan
from kpo_suite.errors import UsageError
from kpo_suite.subjects import ReaperFile, load, reference
from kpo_suite.subjects.surroundings import Source
from kpo_suite.transformations import EVERY_WORLD, PLAIN, TRANSFORMATIONS

Schema: TypeAlias = Literal["recorded", "migrated"]
FaultMode: TypeAlias = Literal["none", "single", "every", "pairs"]
"""Which faults every replay world is given: none, one of each effect at every step, all that fit, or sampled pairs."""
Word = TypeVar("Word", bound=str)
CLUSTERS = NAMES
DEFAULT_AIRFLOW = "3.3"
EVERY_AIRFLOW = "all"
SOURCES: tuple[Source, ...] = ("sql", "rest")
SCHEMAS: tuple[Schema, ...] = ("recorded", "migrated")
FAULT_MODES: tuple[FaultMode, ...] = ("none", "single", "every", "pairs")
PAIRS_BUDGET = 60.0
"""Seconds for which pairs are sampled where no budget is given: there is no end to them."""
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The settings of one run; every pytest worker has the same.

    ``airflow`` is a recorded generation (``3.3``), ``all``, or with ``live`` a version to install (``3.3.2``).
    ``source`` is where task state comes from: the database, or Airflow's REST API and no database. ``schema`` says
    whether the tables are the recorded ones or those that the installed Airflow itself migrates. ``report`` is the
    folder for the reports, None for none. ``worlds`` names a transformation of every replay world, or ``all``.
    ``kubeconfig`` and ``context`` lead to the cluster of the backend kubeconfig. ``faults`` says where faults are put
    beyond the scenarios' own, ``seed`` varies which of those that are alike, ``budget`` ends it after so many seconds;
    ``plan`` are the faults of a single run that is repeated, ``without`` the parts that its shrunk world does not have.
    """

    reaper: ReaperFile
    cluster: str = CLUSTERS[0]
    kubeconfig: str | None = None
    context: str | None = None
    airflow: str = DEFAULT_AIRFLOW
    live: bool = False
    source: Source = "sql"
    schema: Schema = "recorded"
    worlds: str = PLAIN
    faults: FaultMode = "none"
    seed: int = 0
    budget: float | None = None
    plan: Plan = NO_FAULTS
    without: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    report: Path | None = None

    @property
    def places_faults(self) -> bool:
        """Whether faults are put between the steps beyond the scenarios' own."""
        return self.faults != "none" or bool(self.plan)

    @property
    def repeats(self) -> bool:
        """Whether it is one run, as a token tells it."""
        return bool(self.plan or self.without)

    @property
    def transformations(self) -> tuple[str, ...]:
        """The transformations that every replay world goes through, one run for each."""
        return tuple(TRANSFORMATIONS) if self.worlds == EVERY_WORLD else (self.worlds,)

    def distinct(self, case: str, airflow: str, worlds: str) -> str:
        """The name of a case in this run: its runs on several generations or in several worlds are told apart."""
        name = f"{case}@{airflow}" if len(self.generations) > 1 else case
        return name if worlds == PLAIN else f"{name}~{worlds}"

    @property
    def generations(self) -> tuple[str, ...]:
        """The generations of Airflow on which replay worlds are written."""
        from kpo_fixtures.airflow.releases import releases

        return tuple(releases()) if self.airflow == EVERY_AIRFLOW else (self.airflow,)

    def where(
        self, airflow: str, worlds: str = PLAIN, plan: Plan = NO_FAULTS, without: Sequence[str] | None = None
    ) -> str:
        """What a replay token says after the colon: a case on this Airflow, and all that is not the default.

        ``without`` are the parts of the world that are left out, those of the settings by default.
        """
        left_out = self.without if without is None else without
        words = [f"airflow={airflow}"]
        words += [] if self.source == "sql" else [f"source={self.source}"]
        words += [] if self.schema == "recorded" else [f"schema={self.schema}"]
        words += [] if worlds == PLAIN else [f"worlds={worlds}"]
        words += [] if self.cluster == CLUSTERS[0] else [f"cluster={self.cluster}"]
        words += [f"faults={plan}"] if plan else []
        words += [f"seed={plan.seed}"] if plan and plan.seed else []
        words += [f"without={'.'.join(left_out)}"] if left_out else []
        return ",".join([*words, *(["live"] if self.live else [])])

    def config(self) -> dict[str, Any]:
        """The effective settings as the report prints them."""
        return {
            "cluster": self.cluster,
            "airflow": self.airflow,
            "live": self.live,
            "source": self.source,
            "schema": self.schema,
            "worlds": self.worlds,
            "faults": str(self.plan) or self.faults,
            **({"without": list(self.without)} if self.without else {}),
            **({"seed": self.seed, "budget_seconds": self.budget} if self.faults != "none" else {}),
            "select": list(self.select),
            "adapter": self.reaper.run.adapter,
            "argv": self.reaper.run.argv,
            "timeout_seconds": self.reaper.run.timeout,
            "sweeps": self.reaper.claims.sweeps,
        }


def settle(
    *,
    reaper: str | None,
    cluster: str | None,
    airflow: str | None,
    kubeconfig: str | None = None,
    context: str | None = None,
    live: bool = False,
    source: str | None = None,
    schema: str | None = None,
    worlds: str | None = None,
    faults: str | None = None,
    seed: int = 0,
    budget: str | None = None,
    plan: str | None = None,
    without: tuple[str, ...] = (),
    select: tuple[str, ...] = (),
    report: str | None = None,
) -> RunSettings:
    """Check the user's words and fill in defaults; a reaper is a file or a shipped one's name. Raises UsageError."""
    file = _reaper(reaper)
    if live and file.run.adapter == "daemon":
        raise UsageError(
            f"{file.reaper.name} is a daemon, and live scenarios say themselves when a sweep is made: give the file of "
            "its one-shot sweep with --reaper, or run the replay scenarios."
        )
    chosen_source = _one_of(source or "sql", SOURCES, "state source")
    if chosen_source == "rest" and (live or "rest" not in file.run.options):
        lacking = "live scenarios have none yet" if live else f"{file.reaper.name} names no run.options.rest"
        raise UsageError(f"the state source rest cannot be used: {lacking}.")
    chosen_cluster = _cluster(cluster or CLUSTERS[0], live, kubeconfig, context)
    chosen_worlds = _worlds(worlds or PLAIN, live, chosen_cluster)
    mode = _one_of(faults or "none", FAULT_MODES, "placement of faults")
    if mode != "none" and (live or chosen_worlds != PLAIN):
        others = "live scenarios, which have no steps to count" if live else f"the worlds {chosen_worlds}"
        raise UsageError(f"--faults {mode} is for plain replay scenarios, and not for {others}.")
    return RunSettings(
        reaper=file,
        cluster=chosen_cluster,
        kubeconfig=kubeconfig,
        context=context,
        source=chosen_source,
        schema=_one_of(schema or "recorded", SCHEMAS, "Airflow schema"),
        airflow=_airflow(airflow or DEFAULT_AIRFLOW, live),
        live=live,
        worlds=chosen_worlds,
        faults=mode,
        seed=seed,
        budget=_budget(budget, mode),
        plan=_plan(plan, seed),
        without=without,
        select=select,
        report=Path(report) if report else None,
    )


def _reaper(word: str | None) -> ReaperFile:
    if word is None:
        return reference()
    path = Path(word)
    if path.suffix == ".toml" or path.exists():
        return load(path)
    from kpo_suite.catalogue import not_runnable, shipped_reapers

    known = shipped_reapers()
    if word in not_runnable():
        raise UsageError(f"the reaper {word} cannot be run here: {not_runnable()[word]}.")
    if word not in known:
        raise UsageError(
            f"{word!r} is neither a reaper file nor a shipped reaper; 'kpo-conformance list reapers' shows those."
        )
    return known[word].file


def _one_of(word: str, known: Sequence[Word], what: str) -> Word:
    for each in known:
        if word == each:
            return each
    raise UsageError(f"{word!r} is no {what}; known are {', '.join(known)}.")


def _cluster(word: str, live: bool, kubeconfig: str | None, context: str | None) -> str:
    cluster = _one_of(word, CLUSTERS, "cluster backend")
    if cluster != "kubeconfig" and (kubeconfig or context):
        given = "--kubeconfig" if kubeconfig else "--context"
        raise UsageError(f"{given} is for the cluster backend kubeconfig, and the run is on {cluster}.")
    if cluster == "kubeconfig" and not live:
        raise UsageError(
            "replay worlds hold pods of the past, which no API can be told to make: run the live scenarios on this "
            "cluster (--live), or replay on embedded, envtest or kind."
        )
    return cluster


def _worlds(word: str, live: bool, cluster: str) -> str:
    if live and word != PLAIN:
        raise UsageError(
            f"--worlds {word} is for replay scenarios: what a real Airflow brings about cannot be changed."
        )
    known = _one_of(word, (*TRANSFORMATIONS, EVERY_WORLD), "kind of world")
    ahead = [each.name for each in TRANSFORMATIONS.values() if each.later and word in (each.name, EVERY_WORLD)]
    if ahead and cluster != CLUSTERS[0]:
        raise UsageError(
            f"--worlds {word} cannot be had on {cluster}, which has the machine's time where {ahead[0]} worlds need "
            "one of their own: use the embedded cluster, or name the worlds one by one."
        )
    return known


def _budget(word: str | None, mode: FaultMode) -> float | None:
    if word is None:
        return PAIRS_BUDGET if mode == "pairs" else None
    number, unit = word.rstrip("smh"), word[len(word.rstrip("smh")) :]
    if mode == "none" or not number.isdigit() or not int(number) or unit not in _SECONDS:
        lacking = "it is for --faults" if mode == "none" else "give a time such as 60s or 5m"
        raise UsageError(f"--budget {word} cannot be used: {lacking}.")
    return float(int(number) * _SECONDS[unit])


def _plan(word: str | None, seed: int) -> Plan:
    try:
        return Plan.parse(word or "", seed=seed)
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def _airflow(word: str, live: bool) -> str:
    from kpo_fixtures.airflow.environments import resolve
    from kpo_fixtures.airflow.releases import releases

    if live:
        try:
            return resolve(word)
        except FixtureError as error:
            raise UsageError(str(error)) from None
    if word == EVERY_AIRFLOW:
        return word
    known = releases()
    generation = ".".join(word.split(".")[:2])
    if generation not in known:
        raise UsageError(f"Airflow {word} is not known; recorded generations are {', '.join(known)}, or all of them.")
    return generation
