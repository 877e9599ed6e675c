"""The report as data: what ``report.json`` holds, field by field, each with the reader it is there for.

Only shapes. Figures that follow from results are computed in ``summary``; text for people is made by the writers.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import PureWindowsPath
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from kpo_reports.verdicts import Level, Verdict


def _says(text: str) -> Meta:
    """A field's description, which the published JSON Schema carries too."""
    return Meta(description=text)


Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Suite(Struct, frozen=True, kw_only=True):
    """Which suite judged, and by which edition of the requirements. Read by ``verify`` before anything else."""

    name: Annotated[str, _says("Name of the distribution; tells reports of forks apart.")]
    version: Annotated[str, _says("Its version; whoever repeats the run installs this one.")]
    spec_version: Annotated[str, _says("Edition of the requirement ledger; matrices compare within one edition.")]
    spec_sha256: Annotated[str, _says("SHA-256 of the ledger's bytes, hex; `verify` refuses another ledger.")]
    requirements: Annotated[
        dict[str, Level],
        _says(
            "Every requirement that the chosen profile asks for, with its level. Read by the summary, so that one "
            "without any result is shown as unexamined and not forgotten; empty where the suite does not say."
        ),
    ] = {}


class Subject(Struct, frozen=True, kw_only=True):
    """The reaper that was judged, as its `reaper.toml` describes it. Read by headlines and matrices."""

    name: Annotated[str, _says("The reaper's own name: the headline and the column of a matrix.")]
    version: Annotated[str, _says("The version judged; a result holds for no other.")]
    url: Annotated[str | None, _says("Where people find it; linked from the headline.")] = None
    features: Annotated[tuple[str, ...], _says("What it claims; explains which requirements are unsupported.")] = ()


class Difference(Struct, frozen=True, kw_only=True):
    """One published difference between the cluster of a run and a real API server."""

    id: Annotated[str, _says("Its stable name, as docs/equivalence.md lists it.")]
    what: Annotated[str, _says("What is done differently.")]
    why: Annotated[str, _says("Why it is left so.")]


class Equivalence(Struct, frozen=True, kw_only=True):
    """How an emulated cluster was held against a real API server: the certificate behind the word 'emulated'."""

    kubernetes_version: Annotated[str, _says("gitVersion of the real kube-apiserver that it was compared with.")]
    checks: Annotated[Count, _says("Checks of the API probe that both pass.")]
    operations: Annotated[
        Count, _says("Random operations after which both had given the same answers and watch events, under the mask.")
    ]
    differences: Annotated[
        tuple[Difference, ...], _says("The known differences, all of them; empty where none is known.")
    ] = ()


class Environment(Struct, frozen=True, kw_only=True):
    """Where it happened. Read by people who want to know how far a result carries, and by whoever repeats it."""

    cluster: Annotated[str, _says("The backend's word after --cluster: embedded, envtest, kind, kubeconfig.")]
    kubernetes_version: Annotated[str, _says("gitVersion that the API server answered, as v1.36.3.")]
    emulated: Annotated[bool, _says("True where no real kube-apiserver answered; every headline says so.")]
    equivalence: Annotated[
        Equivalence | None, _says("How the emulated cluster compares with a real one; null where none was emulated.")
    ] = None
    airflow_version: Annotated[str, _says("The Airflow whose rows or processes the subject met.")]
    provider_version: Annotated[
        str | None, _says("cncf-kubernetes provider of a live Airflow; null where the state was recorded.")
    ] = None
    airflow_schema: Annotated[
        str | None, _says("Tables of a written state: recorded, or migrated by that Airflow; null for a live one.")
    ] = None
    state_source: Annotated[str, _says("What the subject read task state from: postgresql, sqlite, rest.")]
    python: Annotated[str, _says("Python that ran the suite; for reports of defects in the suite.")]
    platform: Annotated[str, _says("Operating system and machine; for comparing times.")]


class Fate(StrEnum):
    """What a pod of a world is, by the scenario's own word: the truth that the judge holds the subject to."""

    LIVE = "live"
    """Its attempt runs, or will still be adopted, read or resumed."""
    ZOMBIE = "zombie"
    """Not live, and nobody asked to keep it."""
    KEPT = "kept"
    """Not the subject's to delete for another reason than being live: foreign, retained, out of scope."""


class Outcome(StrEnum):
    """What became of a pod by the end of the run."""

    DELETED = "deleted"
    """Gone, because the subject asked for it."""
    TERMINATING = "terminating"
    """The subject's deletion was accepted; the pod is still there, for its grace period or a finalizer."""
    UNTOUCHED = "untouched"
    """Still there and never written to by the subject."""
    CHANGED = "changed"
    """Still there, but the subject wrote to it."""
    GONE = "gone"
    """Gone by another hand: the operator, a controller, the scenario."""


class PodOutcome(Struct, frozen=True, kw_only=True):
    """One pod of the world and what happened to it. Read by people: 'what became of my pod, and why'."""

    namespace: Annotated[str, _says("Namespace of the pod; people search for it.")]
    name: Annotated[str, _says("Name of the pod; may be that of an earlier incarnation too.")]
    uid: Annotated[str, _says("Tells incarnations of one name apart; harm is counted by it.")]
    task: Annotated[
        str, _says("Task instance that its labels name, as dag.task run try; people recognise their task by it.")
    ]
    fate: Annotated[Fate, _says("live, zombie or kept; harm is counted by it.")]
    why: Annotated[str, _says("Why it has this fate, in the scenario's words; people check the judgement by it.")]
    outcome: Annotated[Outcome, _says("What became of it; harm is counted by it.")]
    by: Annotated[
        str | None, _says("Who or what did that, as 'DELETE at step 9'; people look it up in the evidence.")
    ] = None


class Result(Struct, frozen=True, kw_only=True):
    """One requirement judged in one run of one scenario. Read by everything; nothing else decides conformance.

    A run is a scenario under one fault plan; two results with equal ``scenario`` and ``fault`` belong to one run and
    list the same pods.
    """

    scenario: Annotated[str, _says("Name of the scenario; `explain` and `replay` take it.")]
    requirement: Annotated[str, _says("Id of the requirement; rows of every table.")]
    level: Annotated[Level, _says("MUST or SHOULD; printed on every failure line, decides the exit code.")]
    verdict: Annotated[Verdict, _says("The judge's word.")]
    reason: Annotated[str, _says("Why this verdict, in one line; the summary tables show it.")]
    required: Annotated[str, _says("The requirement's sentence, so that a failure needs no second document.")]
    observed: Annotated[str, _says("What the history shows; people fixing a failure read it first.")] = ""
    because: Annotated[str, _says("How the subject came to do it, as far as the history tells.")] = ""
    fault: Annotated[str | None, _says("The fault plan of the run in words; null where nothing was injected.")] = None
    story: Annotated[
        tuple[str, ...],
        _says("A failure step by step, in at most ten lines; of the smallest run that shows it, where one was sought."),
    ] = ()
    history_sha256: Annotated[
        str | None,
        _says(
            "Hash of a failing run's history; the token gives the same wherever it is repeated. Null for the others."
        ),
    ] = None
    replay: Annotated[
        str | None,
        _says("The token that `kpo-conformance replay` takes to repeat this run, or the smallest that fails like it."),
    ] = None
    evidence: Annotated[
        str | None,
        _says("File with the run's history, relative to the report's folder; `verify` judges it again."),
    ] = None
    seconds: Annotated[Seconds, _says("Wall-clock duration of the run; JUnit readers and benchmarks.")]
    requests: Annotated[
        Count | None, _says("Requests of the subject in the run, for requests per zombie; null if not counted.")
    ] = None
    queries: Annotated[
        Count | None,
        _says(
            "Queries of the subject to Airflow's database, or requests to its REST API, in the run, for queries per "
            "zombie; null if not counted."
        ),
    ] = None
    stalled: Annotated[
        Seconds | None,
        _says(
            "The longest time of one sweep in which zombies were left and none of them was deleted; null where no "
            "sweep of the run had zombies to delete."
        ),
    ] = None
    pods: Annotated[
        tuple[PodOutcome, ...], _says("Every pod of the world; people and the harm figures read them.")
    ] = ()

    def __post_init__(self) -> None:
        if self.evidence is not None and not _stays_inside(self.evidence):
            raise ValueError(f"evidence must be a path inside the report's folder, not {self.evidence!r}")


class RequirementCounts(Struct, frozen=True, kw_only=True):
    """How many requirements ended how. Every requirement is in exactly one of the counts but total and examined."""

    total: Annotated[Count, _says("All that the profile asks for, or that have a result; the denominator.")]
    examined: Annotated[Count, _says("Those of which something was learned: passed, failed, vacuous or known.")]
    passed: Annotated[Count, _says("Kept in every scenario that examined them.")]
    failed: Annotated[Count, _says("Broken in at least one scenario.")]
    vacuous: Annotated[Count, _says("Never broken, but at least once by doing nothing.")]
    undecided: Annotated[Count, _says("Inconclusive or suite-error: the suite could not tell.")]
    known_failures: Annotated[Count, _says("Broken only as the known-failures file says.")]
    unsupported: Annotated[Count, _says("Of a feature that the subject does not claim.")]
    unexamined: Annotated[Count, _says("Asked for by the profile, but without any result; readers distrust these.")]


class Worst(Struct, frozen=True, kw_only=True):
    """The highest figure that any single run reached, each by itself: one bad night of the subject."""

    live_pods_deleted: Annotated[Count, _says("Live pods deleted in one run.")]
    foreign_pods_deleted: Annotated[Count, _says("Kept pods deleted in one run.")]
    zombies_left: Annotated[Count, _says("Zombies left in one run, counted as in the sum.")]
    requests_per_zombie: Annotated[float | None, _says("Requests for each zombie deleted in one run.")]
    queries_per_zombie: Annotated[float | None, _says("Queries for each zombie deleted in one run.")]


class Harm(Struct, frozen=True, kw_only=True):
    """What the failures would cost in production. Read by operators who choose between reapers."""

    live_pods_deleted: Annotated[Count, _says("Live pods that the subject deleted: lost work.")]
    foreign_pods_deleted: Annotated[Count, _says("Kept pods that the subject deleted: what was not its own.")]
    zombies_left: Annotated[
        Count, _says("Zombies still there, counted in runs with a fail, vacuous or known-failure verdict.")
    ]
    requests_per_zombie: Annotated[
        float | None,
        _says("Requests for each zombie deleted, over runs that counted requests; null if none was deleted."),
    ]
    queries_per_zombie: Annotated[
        float | None,
        _says("Queries of the state source for each zombie deleted, over runs that counted them; null if none was."),
    ]
    seconds_without_progress: Annotated[
        Seconds | None,
        _says("The longest time of any sweep in which zombies were left and none was deleted; null if none was timed."),
    ]
    worst: Annotated[Worst, _says("The worst single run behind the sums above.")]


class PlacedFaults(Struct, frozen=True, kw_only=True):
    """Faults that were put at the steps of worlds, one or two to a run. Read by whoever asks how much was tried."""

    mode: Annotated[str, _says("How they were placed: single, every or pairs.")]
    worlds: Annotated[Count, _says("Worlds whose steps were learnt by a run without faults.")]
    points: Annotated[
        Count,
        _says("Steps of these worlds, of a long row of one kind only the ends; the denominator."),
    ]
    covered: Annotated[Count, _says("Steps of these at which at least one fault was really injected.")]
    cases: Annotated[Count, _says("Runs with faults, those that never came to their fault among them.")]
    unreached: Annotated[Count, _says("Runs that never came to their fault; a deterministic subject has none.")]
    seconds: Annotated[Seconds, _says("What these runs took, summed over processes; for comparing clusters.")]

    def __add__(self, other: PlacedFaults) -> PlacedFaults:
        """The figures of both, which were placed in the same mode."""
        counts = ("worlds", "points", "covered", "cases", "unreached", "seconds")
        return PlacedFaults(mode=self.mode, **{name: getattr(self, name) + getattr(other, name) for name in counts})


class Summary(Struct, frozen=True, kw_only=True):
    """Figures that follow from the results; computed, never handed in. Read by headlines, badges and matrices."""

    by_verdict: Annotated[dict[Verdict, int], _says("Results by verdict; every verdict is listed, also with 0.")]
    requirements: Annotated[RequirementCounts, _says("Requirements of both levels by their worst verdict.")]
    must: Annotated[RequirementCounts, _says("The same for MUST alone; conformance is read from it.")]
    harm: Annotated[Harm, _says("What the failures would cost.")]
    floor: Annotated[
        dict[str, Share] | None,
        _says(
            "Share of requirements (0 to 1) that each null reaper passes (does nothing, deletes all, crashes, hangs): "
            "what a score is worth. Null where the self-test was not run; results do not give it."
        ),
    ] = None
    faults: Annotated[
        PlacedFaults | None,
        _says("How many faults were put at how many steps; null where none were placed. Results do not give it."),
    ] = None


class Report(Struct, frozen=True, kw_only=True):
    """One run of the suite against one subject: enough to judge it again."""

    schema_version: Annotated[Literal["1"], _says("Readers look at it first; it grows when a field changes.")]
    suite: Annotated[Suite, _says("Who judged, by which requirements.")]
    subject: Annotated[Subject, _says("Who was judged.")]
    environment: Annotated[Environment, _says("Where it happened.")]
    config: Annotated[
        dict[str, Any],
        _says(
            "Effective settings, with defaults filled in: command, seed, timeouts, selection. Read by whoever repeats "
            "the run; without it a pass with generous timeouts looks like any other."
        ),
    ]
    started: Annotated[datetime, Meta(tz=True, description="When the run began, RFC 3339 in UTC.")]
    seconds: Annotated[Seconds, _says("Wall-clock duration of the whole run.")]
    results: Annotated[tuple[Result, ...], _says("Every verdict, the full list; counts alone prove nothing.")]
    summary: Annotated[Summary, _says("Figures that follow from results; `verify` computes them again.")]


def _stays_inside(path: str) -> bool:
    """Read as Windows does, which takes both slashes for separators and a leading one for an anchor."""
    parsed = PureWindowsPath(path)
    return bool(path) and not parsed.anchor and ".." not in parsed.parts
