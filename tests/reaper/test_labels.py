import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_reaper.labels import label_of, tail_of

# Seen from make_safe_label_value of provider 10.25.0.
SEEN = {
    "etl": "etl",
    "g.t": "g.t",
    "my dag": "mydag-40365f84e",
    "manual__2024-01-01T00:00:00+00:00": "manual__2024-01-01T0000000000-701821d7a",
    "manual__2024-01-01T0000000000-701821d7a": "manual__2024-01-01T0000000000-701821d7a",
    "a" * 63: "a" * 63,
    "a" * 64: "a" * 53 + "-014842d48",
    "trail_": "trail-0fc596528",
    "_lead": "lead-91b88bdc3",
    "ünïcode.dag": "ncode.dag-7f204c86c",
    "дата": "-a38b95205",
}


@pytest.mark.parametrize(("identifier", "label"), SEEN.items())
def test_ids_are_encoded_as_airflow_encodes_them(identifier: str, label: str) -> None:
    assert label_of(identifier) == label


@pytest.mark.parametrize(
    ("one", "other", "label"),
    [
        (
            "team_analytics.region_emea.pipeline_daily_customer_aggregation_v0169818",
            "team_analytics.region_emea.pipeline_daily_customer_aggregation_v0254006",
            "team_analytics.region_emea.pipeline_daily_customer_ag-84489648d",
        ),
        (
            "manual__2024-01-01T00:00:00.000000+00:00__backfill_of_the_whole_0067844",
            "manual__2024-01-01T00:00:00.000000+00:00__backfill_of_the_whole_0149351",
            "manual__2024-01-01T000000.0000000000__backfill_of_the-63c1dcb87",
        ),
    ],
)
def test_two_ids_can_share_a_label(one: str, other: str, label: str) -> None:
    assert label_of(one) == label_of(other) == label


@given(st.text(min_size=1, max_size=250))
def test_a_label_is_the_id_or_ends_in_its_digest(identifier: str) -> None:
    import hashlib

    label = label_of(identifier)
    assert len(label) <= 63
    if label != identifier:
        assert tail_of(label) == hashlib.md5(identifier.encode()).hexdigest()[:9]


@given(st.text(alphabet="abcXYZ019", min_size=1, max_size=63))
def test_what_is_a_label_already_stays(identifier: str) -> None:
    assert label_of(identifier) == identifier
