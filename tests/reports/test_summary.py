"""The figures that follow from results, and the headline that is read from them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_reports import (
    Fate,
    Level,
    Outcome,
    PlacedFaults,
    Report,
    Result,
    Verdict,
    decisive,
    exit_code,
    headline,
    is_unreached,
    requirement_lines,
    summarize,
)
from kpo_reports.harm import harm_line
from kpo_reports.summary import faults_line, should_counts, worth_telling

from .samples import failure, ids, pod, report, reports, result, results, twin, unhurried

PARTS = ("passed", "failed", "vacuous", "undecided", "known_failures", "unsupported", "unexamined")


@unhurried
@given(
    st.lists(results(ids), max_size=8), st.dictionaries(st.sampled_from(["KEEP-A", "LEAD-ONE"]), st.just(Level.MUST))
)
def test_every_requirement_is_counted_exactly_once(judged: list[Result], asked: dict[str, Level]) -> None:
    summary = summarize(judged, requirements=asked)
    for counts in (summary.requirements, summary.must, should_counts(summary)):
        figures = msgspec.structs.asdict(counts)
        assert sum(figures[part] for part in PARTS) == counts.total
        assert min(figures.values()) >= 0
    assert summary.requirements.total == len(asked.keys() | {each.requirement for each in judged})
    assert sum(summary.by_verdict.values()) == len(judged)
    assert set(summary.by_verdict) == set(Verdict)


def test_one_bad_scenario_fails_the_requirement() -> None:
    line, *_ = requirement_lines([result(), failure(scenario="other"), result(scenario="third")])
    assert (line.verdict, line.passed, line.examined) == (Verdict.FAIL, 2, 3)
    assert line.reason == "the pod of the running try was deleted"


def test_an_unsupported_scenario_neither_hides_nor_counts() -> None:
    (line,) = requirement_lines([result(), result(scenario="other", verdict=Verdict.UNSUPPORTED)])
    assert (line.verdict, line.passed, line.examined) == (Verdict.PASS, 1, 1)


def test_a_requirement_without_result_is_shown_in_the_order_of_the_ledger() -> None:
    lines = requirement_lines([result()], {"LEAD-ONE": Level.SHOULD, "KEEP-REATTACHED": Level.MUST})
    assert [(line.requirement, line.level, line.verdict) for line in lines] == [
        ("LEAD-ONE", Level.SHOULD, None),
        ("KEEP-REATTACHED", Level.MUST, Verdict.PASS),
    ]


def test_harm_counts_a_pod_once_for_each_run_and_not_for_each_requirement() -> None:
    both = [failure(), failure(requirement="DELETE-INCARNATION")]
    assert summarize(both).harm.live_pods_deleted == 1
    assert summarize([*both, failure(fault="the second DELETE is refused")]).harm.live_pods_deleted == 2


def test_a_deletion_that_a_finalizer_holds_up_is_a_deletion() -> None:
    pods = (pod(outcome=Outcome.TERMINATING), pod(uid="2", fate=Fate.KEPT, outcome=Outcome.TERMINATING))
    harm = summarize([result(pods=pods)]).harm
    assert (harm.live_pods_deleted, harm.foreign_pods_deleted) == (1, 1)


def test_what_another_hand_removed_is_no_harm_of_the_subject() -> None:
    pods = (pod(outcome=Outcome.GONE), twin(outcome=Outcome.GONE), pod(uid="3", fate=Fate.KEPT))
    harm = summarize([failure(pods=pods)]).harm
    assert (harm.live_pods_deleted, harm.foreign_pods_deleted, harm.zombies_left) == (0, 0, 0)


def test_a_zombie_that_had_to_stay_is_no_harm() -> None:
    left = (twin(outcome=Outcome.UNTOUCHED),)
    assert summarize([result(pods=left)]).harm.zombies_left == 0
    assert summarize([result(pods=left, verdict=Verdict.VACUOUS)]).harm.zombies_left == 1


def test_requests_for_each_zombie_come_from_runs_that_counted_them() -> None:
    counted = result(requests=9, pods=(twin(), twin(uid="2")))
    same_run = result(requests=9, requirement="DELETE-ONCE", pods=counted.pods)
    uncounted = result(scenario="other", pods=(twin(),))
    assert summarize([counted, same_run, uncounted]).harm.requests_per_zombie == 4.5
    assert summarize([result(requests=9)]).harm.requests_per_zombie is None


def test_queries_for_each_zombie_are_counted_as_requests_are() -> None:
    counted = result(requests=9, queries=3, pods=(twin(), twin(uid="2")))
    same_run = result(requests=9, queries=3, requirement="DELETE-ONCE", pods=counted.pods)
    costly = result(scenario="other", requests=11, queries=7, pods=(twin(),))
    harm = summarize([counted, same_run, costly]).harm
    assert (harm.requests_per_zombie, harm.queries_per_zombie) == (6.67, 3.33)
    assert (harm.worst.requests_per_zombie, harm.worst.queries_per_zombie) == (11, 7)
    assert summarize([result(queries=9)]).harm.queries_per_zombie is None


def test_the_worst_run_is_told_beside_the_sums() -> None:
    one, two = pod(outcome=Outcome.DELETED), pod(uid="2", outcome=Outcome.DELETED)
    foreign = pod(uid="3", fate=Fate.KEPT, outcome=Outcome.DELETED)
    left = [twin(uid=str(number), outcome=Outcome.UNTOUCHED) for number in range(3)]
    harm = summarize(
        [
            failure(pods=(one, two)),
            failure(requirement="DELETE-INCARNATION", pods=(one, two)),
            failure(scenario="other", pods=(one, foreign, *left)),
        ]
    ).harm
    assert (harm.live_pods_deleted, harm.foreign_pods_deleted, harm.zombies_left) == (3, 1, 3)
    worst = harm.worst
    assert (worst.live_pods_deleted, worst.foreign_pods_deleted, worst.zombies_left) == (2, 1, 3)
    assert (worst.requests_per_zombie, worst.queries_per_zombie) == (None, None)


def test_the_longest_time_without_progress_is_that_of_any_run() -> None:
    judged = [result(stalled=0.2), result(scenario="other", stalled=1.5), result(scenario="third")]
    assert summarize(judged).harm.seconds_without_progress == 1.5
    assert summarize([result()]).harm.seconds_without_progress is None


def test_harm_is_told_in_one_line() -> None:
    judged = [failure(queries=2, stalled=2.14), result(scenario="other", requests=3, queries=1, pods=(twin(),))]
    assert harm_line(summarize(judged).harm) == (
        "1 live pod and 0 foreign pods deleted, 0 zombies left, at worst 1 and 0 deleted and 0 left in one run, "
        "6 requests (at worst 9), 1.5 queries (at worst 2) for each zombie deleted, "
        "at most 2.1 s of a sweep without progress"
    )
    assert harm_line(summarize([]).harm) == "0 live pods and 0 foreign pods deleted, 0 zombies left"


def test_the_worst_is_told_first_and_like_failures_only_in_part() -> None:
    shoulds = [failure(requirement="KEEP-YOUNG", level=Level.SHOULD)]
    many = [failure(fault=f"fault {ordinal}") for ordinal in range(10)]
    told = worth_telling([*shoulds, result(), *many], per_requirement=3)
    assert [telling.result for telling in told] == [*many[:3], *shoulds]
    assert [telling.left_out for telling in told] == [0, 0, 7, 0]


@unhurried
@given(reports(ids))
def test_the_headline_claims_conformance_only_where_every_must_was_kept(report: Report) -> None:
    said = headline(report)
    must = report.summary.must
    if said.startswith("Conformant:"):
        assert must.passed == must.examined > 0
        assert must.undecided == must.unexamined == 0
    if must.failed or must.vacuous:
        assert said.startswith("Not conformant:")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (report(result()), "Conformant: all 1 MUST requirements that apply passed."),
        (report(failure()), "Not conformant: 1 failed of 1 MUST requirements."),
        (report(), "Undecided: nothing was examined."),
        (
            report(result(verdict=Verdict.INCONCLUSIVE)),
            "Undecided: 1 of 1 MUST requirements stayed open.",
        ),
        (
            report(result(), result(requirement="A-B", level=Level.SHOULD, verdict=Verdict.SUITE_ERROR)),
            "Undecided: the suite itself broke once.",
        ),
        (
            report(result(), result(requirement="A-B", verdict=Verdict.KNOWN_FAILURE)),
            "Conformant but for known failures: 1 MUST requirements passed, with 1 known to fail.",
        ),
        (report(result(level=Level.SHOULD)), "Nothing failed, but no MUST requirement was examined."),
    ],
)
def test_headlines(made: Report, said: str) -> None:
    assert headline(made) == said


def test_a_partial_run_is_no_conformance() -> None:
    whole = report(result())
    suite = msgspec.structs.replace(whole.suite, requirements={"KEEP-REATTACHED": Level.MUST, "LEAD-ONE": Level.MUST})
    assert headline(report(result(), suite=suite)) == (
        "Nothing failed, but only 1 of 2 MUST requirements were examined."
    )


def unreached(**changes: object) -> Result:
    return result(**{"verdict": Verdict.INCONCLUSIVE, "fault": "query-3 is refused (DB1)", **changes})


def test_a_fault_that_was_not_reached_opens_nothing_that_others_decided() -> None:
    judged = [result(fault="query-1 is refused (DB1)"), unreached()]
    assert decisive(judged) == judged[:1]
    assert exit_code(decisive(judged)) == 0
    (line,) = requirement_lines(judged)
    assert (line.verdict, line.passed, line.examined) == (Verdict.PASS, 1, 1)
    assert headline(report(*judged)).startswith("Conformant")


@pytest.mark.parametrize("other", [None, Verdict.UNSUPPORTED, Verdict.SUITE_ERROR, Verdict.INCONCLUSIVE])
def test_a_requirement_of_which_nothing_else_is_known_stays_open(other: Verdict | None) -> None:
    judged = [unreached(), *([result(scenario="other", verdict=other)] if other else [])]
    assert decisive(judged) == judged
    assert exit_code(decisive(judged)) == 3


def test_a_world_that_did_not_come_about_is_no_unreached_fault() -> None:
    judged = [result(), unreached(fault=None)]
    assert not is_unreached(judged[1])
    assert decisive(judged) == judged


def test_what_was_placed_is_summed_and_told() -> None:
    one = PlacedFaults(mode="single", worlds=1, points=16, covered=16, cases=27, unreached=0, seconds=2.25)
    other = PlacedFaults(mode="single", worlds=2, points=4, covered=3, cases=9, unreached=2, seconds=1.0)
    assert one + other == PlacedFaults(
        mode="single", worlds=3, points=20, covered=19, cases=36, unreached=2, seconds=3.25
    )
    assert faults_line(one) == "single: 16 of 16 steps in 1 world, 27 runs in 2.2 s of all processes"
    assert faults_line(one + other) == (
        "single: 19 of 20 steps in 3 worlds, 36 runs in 3.2 s of all processes, 2 never came to their fault"
    )
    assert summarize([result()], faults=one).faults == one
    assert summarize([result()]).faults is None
