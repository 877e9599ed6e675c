"""Which LIST begins a sweep, and when a sweep has ended: by the requests alone, or by what the daemon says."""

from __future__ import annotations

import pytest
from histories import exchange

from kpo_suite.subjects.turns import Turns

AIRFLOW, BATCH = "/api/v1/namespaces/airflow/pods", "/api/v1/namespaces/batch/pods"
NEXT = "limit=500&continue=abc"


class Daemon:
    """A daemon at the gate; ``said`` is how many ends it has told, None where it tells none."""

    def __init__(self, *, said: int | None = None) -> None:
        self.said = said
        self.turns = Turns(lambda _: self.said)
        self.turns.meet("")

    def lists(self, path: str = AIRFLOW, query: str = "limit=500&labelSelector=a") -> bool:
        return self.turns.keep(exchange("GET", path, query=query))

    @property
    def is_over(self) -> bool:
        return self.turns.is_over(0)


def test_pages_and_pods_that_were_not_listed_go_on_with_a_sweep() -> None:
    daemon = Daemon()
    daemon.turns.open()
    assert daemon.lists()
    assert daemon.lists(query=NEXT)
    assert daemon.lists(BATCH)
    assert daemon.lists(query="limit=500&labelSelector=b")
    assert not daemon.is_over
    assert not daemon.lists(query="limit=20&resourceVersion=0&labelSelector=a"), "the same pods: the next sweep"
    assert daemon.is_over
    assert len(daemon.turns.close()) == 1


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("DELETE", f"{AIRFLOW}/x", ""),
        ("GET", f"{AIRFLOW}/x", ""),
        ("GET", AIRFLOW, "watch=1"),
        ("GET", AIRFLOW, NEXT),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/x", ""),
    ],
)
def test_only_a_list_that_begins_waits_between_passes(method: str, path: str, query: str) -> None:
    daemon = Daemon()
    assert daemon.turns.keep(exchange(method, path, query=query))
    assert not daemon.lists()


def test_each_pass_lets_one_sweep_begin() -> None:
    daemon = Daemon()
    for _ in range(3):
        daemon.turns.open()
        assert daemon.lists()
        assert not daemon.lists()
        assert daemon.is_over
        [begin] = daemon.turns.close()
        assert begin.admitted >= begin.arrived


def test_a_sweep_that_began_before_the_pass_is_not_its_own() -> None:
    daemon = Daemon()
    daemon.turns.open()
    daemon.lists()
    daemon.turns.close()  # another replica's sweep was over
    daemon.turns.open()
    assert daemon.lists(), "its end is that of an earlier pass's, and the next begins"
    assert not daemon.is_over
    assert not daemon.lists()
    assert daemon.is_over


def test_who_tells_its_ends_may_list_again_within_a_sweep() -> None:
    daemon = Daemon(said=0)
    daemon.turns.open()
    assert daemon.lists()
    assert daemon.lists()
    assert not daemon.is_over
    daemon.said = 1
    assert daemon.is_over
    assert not daemon.lists()
    daemon.turns.close()
    daemon.turns.open()
    assert not daemon.is_over, "what was told before tells nothing of this pass"
    assert daemon.lists()
    daemon.said = 2
    assert daemon.is_over


def test_who_lists_nothing_has_made_a_whole_sweep_between_two_ends() -> None:
    daemon = Daemon(said=5)
    daemon.turns.open()
    daemon.said = 6
    assert not daemon.is_over, "it may have begun before the pass"
    daemon.said = 7
    assert daemon.is_over


def test_a_new_process_begins_anew() -> None:
    daemon = Daemon(said=0)
    daemon.turns.open()
    daemon.lists()
    daemon.turns.close()
    daemon.turns.meet("")
    assert not daemon.lists()
    daemon.turns.open()
    assert daemon.lists()
    assert len(daemon.turns.close()) == 1


def test_replicas_sweep_side_by_side() -> None:
    daemon = Daemon()
    daemon.turns.open()
    other = exchange("GET", AIRFLOW, query="limit=500&labelSelector=a")
    assert daemon.lists()
    second = type(other)(**{**vars(other), "by": "2"})
    assert daemon.turns.keep(second)
    assert not daemon.is_over
    assert not daemon.turns.keep(second)
    assert daemon.is_over
    assert [each.caller for each in daemon.turns.close()] == ["", "2"]
