"""How verdicts merge and which exit code they give."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_reports import Level, Verdict, exit_code

from .samples import result, unhurried

verdicts = st.sampled_from(Verdict)


@unhurried
@given(verdicts, verdicts, verdicts)
def test_merging_depends_on_neither_order_nor_grouping(a: Verdict, b: Verdict, c: Verdict) -> None:
    whole = Verdict.worst(a, b, c)
    assert {Verdict.worst(*order) for order in permutations((a, b, c))} == {whole}
    assert Verdict.worst(Verdict.worst(a, b), c) == whole
    assert Verdict.worst(whole, a, b, c) == whole


@unhurried
@given(verdicts)
def test_unsupported_adds_nothing_and_fail_outweighs_everything(verdict: Verdict) -> None:
    assert Verdict.worst(Verdict.UNSUPPORTED, verdict) is verdict
    assert Verdict.worst(Verdict.FAIL, verdict) is Verdict.FAIL


def test_what_is_not_known_outweighs_a_pass_and_yields_to_what_is_known_to_be_wrong() -> None:
    assert Verdict.worst(Verdict.PASS, Verdict.INCONCLUSIVE) is Verdict.INCONCLUSIVE
    assert Verdict.worst(Verdict.KNOWN_FAILURE, Verdict.INCONCLUSIVE) is Verdict.INCONCLUSIVE
    assert Verdict.worst(Verdict.INCONCLUSIVE, Verdict.SUITE_ERROR) is Verdict.SUITE_ERROR
    assert Verdict.worst(Verdict.SUITE_ERROR, Verdict.VACUOUS) is Verdict.VACUOUS
    assert Verdict.worst(Verdict.PASS, Verdict.KNOWN_FAILURE) is Verdict.KNOWN_FAILURE


@pytest.mark.parametrize(
    ("level", "verdict", "code"),
    [
        (Level.MUST, Verdict.PASS, 0),
        (Level.MUST, Verdict.FAIL, 1),
        (Level.MUST, Verdict.VACUOUS, 1),
        (Level.MUST, Verdict.INCONCLUSIVE, 3),
        (Level.MUST, Verdict.SUITE_ERROR, 3),
        (Level.MUST, Verdict.KNOWN_FAILURE, 0),
        (Level.MUST, Verdict.UNSUPPORTED, 0),
        (Level.SHOULD, Verdict.FAIL, 0),
        (Level.SHOULD, Verdict.VACUOUS, 0),
        (Level.SHOULD, Verdict.INCONCLUSIVE, 0),
        (Level.SHOULD, Verdict.SUITE_ERROR, 3),
    ],
)
def test_exit_code_beside_a_pass(level: Level, verdict: Verdict, code: int) -> None:
    passed = result()
    other = result(level=level, verdict=verdict)
    assert exit_code([passed, other]) == code
    assert exit_code([other, passed]) == code


def test_a_failed_must_outweighs_whatever_the_suite_could_not_tell() -> None:
    assert exit_code([result(verdict=Verdict.SUITE_ERROR), result(verdict=Verdict.VACUOUS)]) == 1


@pytest.mark.parametrize("judged", [[], [result(verdict=Verdict.UNSUPPORTED)]])
def test_nothing_examined_is_not_conformance(judged: list[object]) -> None:
    assert exit_code(judged) == 3  # type: ignore[arg-type]
