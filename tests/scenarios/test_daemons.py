"""The good daemon, of which the known-bad ones are variations, in worlds for single sweeps and in those of daemons."""

from __future__ import annotations

import socket

import pytest
from trials import judged

from kpo_reports import Verdict
from kpo_suite import catalogue
from kpo_suite.judge import verdict
from kpo_suite.ledger import requirements
from kpo_suite.runner import run_replay, unsupported
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Trial, settings
from kpo_suite.settings import settle
from kpo_suite.subjects import open_subject
from kpo_suite.testbed import Testbed

CASES = [
    "a_namespace_of_the_scope_holds_nothing[airflow-batch]",
    "dry_run_and_then_the_real_sweep",
    "odd_settings_end_a_sweep_before_it_begins",
    "zombie_that_takes_its_time_to_terminate",
]
"""Several namespaces, several sweeps, and options and odd settings that need another process."""


OF_DAEMONS = [
    name
    for name, each in settings().items()
    if {requirements()[one].feature for one in each.case.scenario.examines} & {"daemon", "leader-election", "metrics"}
]


@pytest.mark.parametrize("case", [*CASES, *OF_DAEMONS])
def test_a_good_daemon_gets_it_right(case: str, bench: Bench) -> None:
    found = judged(bench, Trial("floor", "plain-daemon", case))
    assert found
    for each in found:
        assert each.verdict == "pass", f"{each.requirement}: {each.reason}"


def test_a_daemon_is_not_asked_for_a_single_sweep_beside_it() -> None:
    file = catalogue.shipped_reapers()["plain-daemon"].file
    plain = catalogue.shipped_reapers()["plain"].file
    cases = {name: each.case for name, each in settings().items() if "RESIST-COMPANY" in each.case.scenario.examines}
    lacking = {name for name, each in cases.items() if not each.supported(file)}
    assert lacking >= {"two_sweeps_at_once[decided]", "name_is_taken_after_somebody_else_deleted[another-reaper]"}
    assert "name_is_taken_after_somebody_else_deleted[cleanup-pods]" in cases.keys() - lacking
    assert all(each.supported(plain) for each in cases.values())
    told = unsupported(cases["two_sweeps_at_once[decided]"], file, "3.3", where="airflow=3.3")
    assert [(each.verdict, each.reason) for each in told] == [
        (Verdict.UNSUPPORTED, "A daemon cannot be asked for the one sweep that is to be made beside it.")
    ]


def test_a_daemon_that_has_to_be_killed_is_not_asked_for_what_else_was_planned() -> None:
    with (
        Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed,
        open_subject(catalogue.shipped_reapers()["sweeps-in-a-thread-that-dies"].file) as subject,
    ):
        history = run_replay(settings()["api_server_fails_for_a_while"].case, testbed, subject, "3.3")
    assert [(sweep.exit_code, sweep.faulty) for sweep in history.sweeps] == [(None, True), *[(0, False)] * 5]
    assert verdict(history, "RESIST-LOOP").reason.startswith("No sweep began and ended within 2 s in pass 1.")


def test_a_good_daemon_whose_port_for_metrics_is_taken_says_so_and_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.socket() as taken,
        Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed,
        open_subject(catalogue.shipped_reapers()["plain-daemon"].file) as subject,
    ):
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr("kpo_suite.subjects.daemon._free_port", lambda: taken.getsockname()[1])
        history = run_replay(settings()["metrics_count_what_a_sweep_did"].case, testbed, subject, "3.3")
    assert [sweep.exit_code for sweep in history.sweeps] == [0, 0]
    assert "Address already in use" in history.sweeps[0].stderr
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    assert {each.uid for each in history.deletions()} == zombies
    assert verdict(history, "RESIST-LOOP").verdict is Verdict.PASS
    assert verdict(history, "TELL-METRICS").verdict is Verdict.FAIL  # there are none
