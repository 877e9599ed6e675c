"""What happens to a subject's own process in the middle of a sweep, with reapers of every adapter."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from kpo_fixtures.faults import Plan, forms
from kpo_reports import Verdict
from kpo_suite import catalogue
from kpo_suite.history import History
from kpo_suite.judge import verdict
from kpo_suite.runner import run_replay
from kpo_suite.selftest.trial import settings
from kpo_suite.settings import settle
from kpo_suite.subjects import Hosts, ReaperFile, open_subject, reference
from kpo_suite.testbed import Testbed

PLAIN = catalogue.shipped_reapers()["plain"].file
"""It has a fresh process for each sweep; the reference stands in one."""
CASE = settings()["two_zombies_beside_a_live_pod"].case
"""Three zombies with the twin."""


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        yield hosts


@pytest.fixture(params=["plain", "reference"])
def file(request: pytest.FixtureRequest) -> ReaperFile:
    return reference() if request.param == "reference" else PLAIN


def run(testbed: Testbed, hosts: Hosts, file: ReaperFile, plan: str) -> History:
    with open_subject(file, hosts) as subject:
        return run_replay(CASE, testbed, subject, "3.3", plan=Plan.parse(plan))


def deleted_in(history: History, ordinal: int) -> int:
    sweep = history.sweeps[ordinal - 1]
    return sum(sweep.first_step <= each.exchange.step <= sweep.last_step for each in history.deletions())


@pytest.mark.parametrize(
    ("plan", "number", "deletions"),
    [
        ("PR2/before@list-pods-1", signal.SIGKILL, (0, 3)),
        ("PR2/after@list-pods-1", signal.SIGKILL, (0, 3)),
        ("PR2/before@connect-1", signal.SIGKILL, (0, 3)),
        ("PR2/before@query-1", signal.SIGKILL, (0, 3)),
        ("PR2/after@query-1", signal.SIGKILL, (0, 3)),
        ("PR2/before@delete-pods-1", signal.SIGKILL, (0, 3)),
        ("PR2/after@delete-pods-1", signal.SIGKILL, (1, 2)),
        ("PR2/before@delete-pods-2", signal.SIGKILL, (1, 2)),
        ("PR2/after@delete-pods-3", signal.SIGKILL, (3, 0)),
        ("PR1/before@delete-pods-2", signal.SIGTERM, (2, 1)),
        ("PR1/after@delete-pods-2", signal.SIGTERM, (2, 1)),
    ],
)
def test_who_is_killed_has_done_what_was_carried_out_and_nothing_more(
    testbed: Testbed, hosts: Hosts, file: ReaperFile, plan: str, number: int, deletions: tuple[int, int]
) -> None:
    history = run(testbed, hosts, file, plan)
    assert [each.exit_code for each in history.sweeps] == [-number, 0]
    assert (deleted_in(history, 1), deleted_in(history, 2)) == deletions
    assert not history.unreached
    assert [str(placement) for _, placement in history.injected()] == [plan]


@pytest.mark.parametrize("plan", ["PR4/before@delete-pods-1", "PR4/after@list-pods-1"])
def test_who_is_stopped_for_a_moment_goes_on(testbed: Testbed, hosts: Hosts, file: ReaperFile, plan: str) -> None:
    history = run(testbed, hosts, file, plan)
    assert [each.exit_code for each in history.sweeps] == [0, 0]
    assert (deleted_in(history, 1), deleted_in(history, 2)) == (3, 0)
    assert not history.unreached


@pytest.mark.parametrize("plan", ["PR6@delete-pods-1", "PR6@delete-pods-3"])
def test_one_pod_that_is_answered_oddly_keeps_no_other(
    testbed: Testbed, hosts: Hosts, file: ReaperFile, plan: str
) -> None:
    history = run(testbed, hosts, file, plan)
    assert [each.exit_code for each in history.sweeps] == [0, 0]
    assert (deleted_in(history, 1), deleted_in(history, 2)) == (3, 0)


def test_a_request_that_never_left_is_none_that_the_server_answered(testbed: Testbed, hosts: Hosts) -> None:
    history = run(testbed, hosts, PLAIN, "PR2/before@delete-pods-1")
    exchange = next(history.requests(verb="delete"))
    assert (exchange.status, exchange.truth.status, exchange.committed) == (0, 0, False)
    assert exchange.request_json()["preconditions"]["uid"]


@pytest.mark.parametrize("point", ["list-pods-1", "delete-pods-1"])
def test_who_was_killed_is_told_nothing_of_what_was_carried_out(testbed: Testbed, hosts: Hosts, point: str) -> None:
    """Whether the end of its connection is seen first or its answer is ready first."""
    for _ in range(3):
        history = run(testbed, hosts, PLAIN, f"PR2/after@{point}")
        exchange = next(each for each in history.exchanges if f"{each.point}-1" == point)
        assert (exchange.status, exchange.response_body, exchange.truth.status) == (0, b"", 200)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full and limits that are kept")
@pytest.mark.parametrize(
    ("form", "exit_code", "deletions"),
    [
        ("PR7", 0, (3, 0)),
        ("PR8/closed", 2, (0, 3)),
        ("PR8/full", 1, (1, 2)),
        ("PR8/errors", 0, (3, 0)),
        ("PR8/disk", 2, (0, 3)),
    ],
)
def test_the_reference_says_what_its_process_lacks_and_goes_on_when_it_has_it(
    testbed: Testbed, hosts: Hosts, form: str, exit_code: int, deletions: tuple[int, int]
) -> None:
    """It deletes at most the one pod of which it could not tell any more, and nothing where it could tell of none."""
    history = run(testbed, hosts, reference(), f"{form}@sweep-1")
    assert [each.exit_code for each in history.sweeps] == [exit_code, 0]
    assert (deleted_in(history, 1), deleted_in(history, 2)) == deletions
    assert [str(placement) for _, placement in history.injected()] == [f"{form}@sweep-1"]
    assert verdict(history, "RESIST-ANY-SINGLE-FAULT").verdict is Verdict.PASS


@pytest.mark.parametrize("form", ["TR1/cluster", "TR1/source", "TR9"])
def test_who_is_led_nowhere_deletes_nothing_and_goes_on_when_the_way_is_there(
    testbed: Testbed, hosts: Hosts, file: ReaperFile, form: str
) -> None:
    history = run(testbed, hosts, file, f"{form}@sweep-1")
    first, second = history.sweeps
    asked = {each.rpartition(":")[0] for each in first.proxied}
    assert asked == ({"CONNECT 127.0.0.1"} if form == "TR9" else set())  # the clients of both read those variables
    assert first.exit_code
    assert (deleted_in(history, 1), deleted_in(history, 2)) == (0, 3)
    assert (second.exit_code, second.proxied) == (0, ())
    assert [str(placement) for _, placement in history.injected()] == [f"{form}@sweep-1"]
    for requirement in ("RESIST-ANY-SINGLE-FAULT", "TELL-EXIT-CODE", "TELL-NO-SECRETS"):
        assert verdict(history, requirement).verdict is Verdict.PASS


def test_what_a_process_cannot_be_started_with_is_a_fault_that_was_not_reached(testbed: Testbed, hosts: Hosts) -> None:
    history = run(testbed, hosts, PLAIN, "PR8/full@sweep-9")
    assert history.unreached == ["PR8/full@sweep-9"]


def test_only_what_a_sweep_is_started_with_can_be_put_at_its_beginning() -> None:
    fitting = {each.id for each in forms().values() if each.fits("process", "sweep")}
    assert fitting == {
        "PR7",
        "PR8/closed",
        "PR8/full",
        "PR8/errors",
        "PR8/disk",
        "TR1/cluster",
        "TR1/source",
        "TR9",
    }
    assert not any(forms()[each].fits("kubernetes", "sweep") for each in fitting)
