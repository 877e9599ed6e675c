"""A replay token says what a run was, and is read back as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_fixtures.faults import Placement, Plan, Point, form, forms
from kpo_suite.errors import UsageError
from kpo_suite.settings import RunSettings
from kpo_suite.subjects import reference
from kpo_suite.tokens import Token

POINTS = st.builds(Point, st.sampled_from(("list-pods", "delete-pods", "query", "connect")), st.integers(1, 99))
PLACEMENTS = st.builds(Placement, st.sampled_from(sorted(forms())).map(form), POINTS)
PLANS = st.builds(Plan, st.lists(PLACEMENTS, max_size=3).map(tuple), st.integers(0, 9))
PARTS = st.lists(st.from_regex(r"[pf](0|[1-9]\d?)", fullmatch=True), max_size=4, unique=True).map(tuple)


@given(PLANS, PARTS, st.sampled_from(("sql", "rest")), st.sampled_from(("embedded", "envtest")))
def test_what_is_written_is_read(plan: Plan, without: tuple[str, ...], source: str, cluster: str) -> None:
    settings = RunSettings(reaper=reference(), source=source, cluster=cluster)  # type: ignore[arg-type]
    token = Token.parse(f"KEEP-RACED/a_case[LS8/null-1]:{settings.where('3.3', plan=plan, without=without)}")
    assert (token.requirement, token.case, token.airflow) == ("KEEP-RACED", "a_case[LS8/null-1]", "3.3")
    assert (token.source or "sql", token.cluster or "embedded") == (source, cluster)
    assert Plan.parse(token.faults or "", seed=token.seed).placements == plan.placements
    assert token.seed == (plan.seed if plan else 0)
    assert token.without == without


@pytest.mark.parametrize(
    "text", ["", "KEEP-RACED", "KEEP-RACED/x", "KEEP-RACED/x:airflow=3.3,without=q1", "a/b:airflow="]
)
def test_what_is_no_token_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is no replay token; copy the whole line after 'replay' of a failure"):
        Token.parse(text)
