"""What follows from results: one line per requirement, the runs, harm, the summary and the headline. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from kpo_reports.harm import harm_of
from kpo_reports.model import (
    Environment,
    Equivalence,
    PlacedFaults,
    PodOutcome,
    Report,
    RequirementCounts,
    Result,
    Subject,
    Suite,
    Summary,
)
from kpo_reports.verdicts import UNDECIDED, Level, Verdict, exit_code

Figure = TypeVar("Figure", int, float)


class RequirementLine(NamedTuple):
    """One requirement over all its scenarios: the worst verdict and the first reason for it."""

    requirement: str
    level: Level
    verdict: Verdict | None
    """None where the profile asks for it and nothing examined it."""
    passed: int
    examined: int
    """Results but unsupported ones; ``passed`` of these passed."""
    reason: str


class Telling(NamedTuple):
    """A result worth a block of text, and how many like it (same requirement, same verdict) are left out after it."""

    result: Result
    left_out: int


class Run(NamedTuple):
    """One scenario under one fault plan, with what all its results say together."""

    scenario: str
    fault: str | None
    verdict: Verdict
    requests: int | None
    queries: int | None
    stalled: float | None
    pods: tuple[PodOutcome, ...]
    evidence: str | None


def requirement_lines(results: Iterable[Result], asked: Mapping[str, Level] | None = None) -> list[RequirementLine]:
    """One line for each requirement: first those of ``asked`` in its order, then others as the results bring them."""
    grouped: dict[str, list[Result]] = {requirement: [] for requirement in asked or {}}
    for result in decisive(results):
        grouped.setdefault(result.requirement, []).append(result)
    return [
        _line(requirement, judged)
        if judged
        else RequirementLine(requirement, (asked or {})[requirement], None, 0, 0, "no scenario of this run examined it")
        for requirement, judged in grouped.items()
    ]


def is_unreached(result: Result) -> bool:
    """Whether the subject never came to the fault that it was to be given."""
    return result.fault is not None and result.verdict is Verdict.INCONCLUSIVE


def decisive(results: Iterable[Result]) -> list[Result]:
    """The results without those of faults that a subject never came to, where it came to others.

    Requests that are sent side by side need not arrive in the same order twice, so the nth of them may not come again.
    Where nothing else is known of a requirement, it stays inconclusive.
    """
    found = list(results)
    known = {result.requirement for result in found if result.verdict not in UNDECIDED | {Verdict.UNSUPPORTED}}
    return [result for result in found if not (is_unreached(result) and result.requirement in known)]


def _line(requirement: str, judged: Sequence[Result]) -> RequirementLine:
    worst = Verdict.worst(*(result.verdict for result in judged))
    return RequirementLine(
        requirement,
        judged[0].level,
        worst,
        passed=sum(result.verdict is Verdict.PASS for result in judged),
        examined=sum(result.verdict is not Verdict.UNSUPPORTED for result in judged),
        reason=next(result.reason for result in judged if result.verdict is worst),
    )


def worth_telling(results: Iterable[Result], *, per_requirement: int = 3) -> list[Telling]:
    """The results that need a reader, worst first and MUST before SHOULD: all but pass and unsupported.

    Of one requirement with one verdict only the first ``per_requirement`` are told, for under single faults a bad
    subject fails hundreds of times for the same reason. The last one told carries how many were left out.
    """
    alike: dict[tuple[Level, Verdict, str], list[Result]] = {}
    for result in results:
        if result.verdict not in {Verdict.PASS, Verdict.UNSUPPORTED}:
            alike.setdefault((result.level, result.verdict, result.requirement), []).append(result)
    told: list[Telling] = []
    for _, group in sorted(alike.items(), key=lambda item: (item[0][0] is Level.SHOULD, -item[0][1].weight)):
        chosen = group[:per_requirement]
        told += [Telling(result, 0) for result in chosen[:-1]]
        told.append(Telling(chosen[-1], len(group) - len(chosen)))
    return told


def runs(results: Iterable[Result]) -> list[Run]:
    """The runs behind the results, in order of first appearance; pods of one run are listed once."""
    grouped: dict[tuple[str, str | None], list[Result]] = {}
    for result in results:
        grouped.setdefault((result.scenario, result.fault), []).append(result)
    return [_run(scenario, fault, judged) for (scenario, fault), judged in grouped.items()]


def _run(scenario: str, fault: str | None, judged: Sequence[Result]) -> Run:
    pods = {(pod.namespace, pod.name, pod.uid): pod for result in judged for pod in result.pods}
    return Run(
        scenario,
        fault,
        Verdict.worst(*(result.verdict for result in judged)),
        requests=_most(result.requests for result in judged),
        queries=_most(result.queries for result in judged),
        stalled=_most(result.stalled for result in judged),
        pods=tuple(pods.values()),
        evidence=next((result.evidence for result in judged if result.evidence), None),
    )


def _most(values: Iterable[Figure | None]) -> Figure | None:
    return max((value for value in values if value is not None), default=None)


def summarize(
    results: Iterable[Result],
    *,
    requirements: Mapping[str, Level] | None = None,
    floor: Mapping[str, float] | None = None,
    faults: PlacedFaults | None = None,
) -> Summary:
    """The figures of a report.

    ``requirements`` are those that the profile asks for; ``floor`` comes from the self-test, ``faults`` from the run.
    """
    judged = tuple(results)
    lines = requirement_lines(judged, requirements)
    return Summary(
        by_verdict={verdict: sum(result.verdict is verdict for result in judged) for verdict in Verdict},
        requirements=_count(lines),
        must=_count([line for line in lines if line.level is Level.MUST]),
        harm=harm_of(runs(judged), held_against(judged)),
        floor=dict(floor) if floor is not None else None,
        faults=faults,
    )


def held_against(results: Iterable[Result]) -> set[tuple[str, str | None]]:
    """The runs, by scenario and fault, of which a verdict is held against the subject."""
    held = (Verdict.FAIL, Verdict.VACUOUS, Verdict.KNOWN_FAILURE)
    return {(result.scenario, result.fault) for result in results if result.verdict in held}


def _count(lines: Sequence[RequirementLine]) -> RequirementCounts:
    verdicts = [line.verdict for line in lines]
    passed, failed, vacuous, known = (
        verdicts.count(verdict) for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.VACUOUS, Verdict.KNOWN_FAILURE)
    )
    return RequirementCounts(
        total=len(lines),
        examined=passed + failed + vacuous + known,
        passed=passed,
        failed=failed,
        vacuous=vacuous,
        undecided=sum(verdict in UNDECIDED for verdict in verdicts),
        known_failures=known,
        unsupported=verdicts.count(Verdict.UNSUPPORTED),
        unexamined=verdicts.count(None),
    )


def compile_report(
    *,
    suite: Suite,
    subject: Subject,
    environment: Environment,
    config: Mapping[str, Any],
    started: datetime,
    seconds: float,
    results: Iterable[Result],
    floor: Mapping[str, float] | None = None,
    faults: PlacedFaults | None = None,
) -> Report:
    """The report of a run, with its summary computed. Raises ValueError where ``started`` has no time zone."""
    if started.tzinfo is None:
        raise ValueError("started needs a time zone, as datetime.now(UTC) gives")
    judged = tuple(results)
    return Report(
        schema_version="1",
        suite=suite,
        subject=subject,
        environment=environment,
        config=dict(config),
        started=started.astimezone(UTC),
        seconds=seconds,
        results=judged,
        summary=summarize(judged, requirements=suite.requirements, floor=floor, faults=faults),
    )


def headline(report: Report) -> str:
    """The report in one sentence. It never claims more than was examined."""
    must = report.summary.must
    match exit_code(decisive(report.results)):
        case 1:
            bad = _listed((must.failed, "failed"), (must.vacuous, "vacuous"))
            return f"Not conformant: {bad} of {must.total} MUST requirements."
        case 3:
            broken = report.summary.by_verdict[Verdict.SUITE_ERROR]
            told = [f"{must.undecided} of {must.total} MUST requirements stayed open"] if must.undecided else []
            told += [f"the suite itself broke {_times(broken)}"] if broken else []
            return f"Undecided: {', and '.join(told) or 'nothing was examined'}."
    if not must.examined:
        return "Nothing failed, but no MUST requirement was examined."
    known = f", with {_listed((must.known_failures, 'known to fail'))}" if must.known_failures else ""
    if must.unexamined:
        return f"Nothing failed, but only {must.examined} of {must.total} MUST requirements were examined{known}."
    if known:
        return f"Conformant but for known failures: {must.passed} MUST requirements passed{known}."
    return f"Conformant: all {must.passed} MUST requirements that apply passed."


def _listed(*counts: tuple[int, str]) -> str:
    return " and ".join(f"{count} {word}" for count, word in counts if count)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def should_counts(summary: Summary) -> RequirementCounts:
    """The counts of SHOULD alone: those of both levels less those of MUST."""
    must, both = msgspec.structs.asdict(summary.must), msgspec.structs.asdict(summary.requirements)
    return RequirementCounts(**{name: both[name] - must[name] for name in both})


def environment_line(environment: Environment) -> str:
    """Where it happened, as 'Kubernetes v1.36.3 (embedded, emulated), Airflow 3.3.2 (recorded), state from rest'."""
    cluster = f"{environment.cluster}, emulated" if environment.emulated else environment.cluster
    provider = environment.provider_version
    airflow = f"provider {provider}" if provider else environment.airflow_schema or "recorded"
    return (
        f"Kubernetes {environment.kubernetes_version} ({cluster}), Airflow {environment.airflow_version} ({airflow}),"
        f" state from {environment.state_source}"
    )


def equivalence_line(equivalence: Equivalence) -> str:
    """The certificate of an emulated cluster in words; how many differences are known is told even when none is."""
    known = _number(len(equivalence.differences), "known difference")
    return (
        f"agrees with a real kube-apiserver {equivalence.kubernetes_version} in {equivalence.checks} checks and "
        f"{equivalence.operations} random operations; {known}"
    )


def faults_line(faults: PlacedFaults) -> str:
    """What was placed in words, as '1790 of 1790 steps in 240 worlds, 5213 runs in 400.1 s, 0 never came to theirs'."""
    told = [
        f"{faults.covered} of {_number(faults.points, 'step')} in {_number(faults.worlds, 'world')}",
        f"{_number(faults.cases, 'run')} in {faults.seconds:.1f} s of all processes",
    ]
    if faults.unreached:
        told.append(f"{faults.unreached} never came to their fault")
    return f"{faults.mode}: {', '.join(told)}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
