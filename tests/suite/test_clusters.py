"""Which cluster a run is on: what is refused before anything is started, and what a replay token says of it."""

from __future__ import annotations

import pytest

from kpo_suite.cli.running import _fitting_workers, pytest_arguments
from kpo_suite.errors import UsageError
from kpo_suite.settings import CLUSTERS, RunSettings, settle
from kpo_suite.tokens import Token


def settled(**words: object) -> RunSettings:
    known = {"reaper": None, "cluster": None, "airflow": None, **words}
    return settle(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"cluster": "envtest", "worlds": "shifted"}, "--worlds shifted cannot be had on envtest, which has the"),
        ({"cluster": "kind", "worlds": "all"}, "--worlds all cannot be had on kind, which has the machine's time"),
        ({"cluster": "kubeconfig"}, "replay worlds hold pods of the past, which no API can be told to make: run the"),
        ({"cluster": "kind", "kubeconfig": "x"}, "--kubeconfig is for the cluster backend kubeconfig, and the run is"),
        ({"context": "x"}, "--context is for the cluster backend kubeconfig, and the run is on embedded"),
    ],
)
def test_what_a_backend_cannot_be_asked_for(words: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        settled(**words)


def test_every_other_world_is_to_be_had_everywhere() -> None:
    for cluster in ("embedded", "envtest", "kind"):
        assert settled(cluster=cluster, worlds="renamed").cluster == cluster
    assert settled(worlds="shifted").cluster == CLUSTERS[0] == "embedded"


def test_one_cluster_holds_one_world_at_a_time() -> None:
    settings = settled(cluster="kind", select=("KEEP-REATTACHED",))
    assert _fitting_workers(settings, None) == _fitting_workers(settings, 1) == 1
    with pytest.raises(UsageError, match="-n 2 cannot be had on kind: its cluster holds one world at a time"):
        _fitting_workers(settings, 2)
    assert _fitting_workers(settled(cluster="envtest"), 2) == 2


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_a_replay_token_leads_back_to_the_cluster(cluster: str) -> None:
    settings = settled(cluster=cluster, live=cluster == "kubeconfig", airflow="3.3")
    token = f"KEEP-REATTACHED/a_case[1-two]:{settings.where(settings.airflow)}"
    found = Token.parse(token)
    assert (found.case, found.cluster) == ("a_case[1-two]", None if cluster == "embedded" else cluster)
    assert (found.airflow, found.live) == (settings.airflow, settings.live)


def test_pytest_is_told_of_the_cluster() -> None:
    settings = settled(cluster="kubeconfig", live=True, kubeconfig="some/file", context="a-context")
    arguments = pytest_arguments(settings, None, 1)
    assert "--kpo-cluster=kubeconfig" in arguments
    assert "--kpo-context=a-context" in arguments
    assert [each for each in arguments if each.startswith("--kpo-kubeconfig=/") and each.endswith("/some/file")]
