"""The lattice of verdicts: failures before witnesses, witnesses before passes, and each way to end told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from histories import CONTROL, TWIN, delete, exchange, fate, history, listing, pod, sweep

from kpo_reports import Verdict
from kpo_suite.fates import TaskEnd
from kpo_suite.history import History
from kpo_suite.judge import judged, verdict
from kpo_suite.judge.rules import Failure, breaches, judges
from kpo_suite.judge.verdicts import lacking_witness, unfinished
from kpo_suite.ledger import of_area
from kpo_suite.subjects.reaper_file import Claims

LIVE = fate("live", "live", "KEEP-UNFINISHED")
ZOMBIE = fate("zombie", "zombie", "REAP-FINISHED")


def test_crash_hang_signal_and_refusal_are_told_apart() -> None:
    told = {
        name: unfinished(history(sweeps=[one]))
        for name, one in {
            "well": sweep(),
            "crash": sweep(exit_code=1, stderr="boom"),
            "hang": sweep(exit_code=None),
            "signal": sweep(exit_code=-9),
            "refused": replace(sweep(exit_code=2), refused=True),
            "not refused": replace(sweep(exit_code=0), refused=True, extra=("--x=1", "--y")),
            "not refused plainly": replace(sweep(exit_code=0), refused=True),
            "hung instead": replace(sweep(exit_code=None), refused=True),
            "died instead": replace(sweep(exit_code=-6), refused=True),
        }.items()
    }
    assert told == {
        "well": "",
        "crash": "Sweep 1 ended with exit code 1, saying: boom.",
        "hang": "Sweep 1 hung: it was still running after 5 s and was killed.",
        "signal": "Sweep 1 died of signal 9.",
        "refused": "",
        "not refused": "Sweep 1 ended with exit code 0 although it had to be refused with --x=1 --y.",
        "not refused plainly": "Sweep 1 ended with exit code 0 although it had to be refused.",
        "hung instead": "Sweep 1 hung: it was still running after 5 s and was killed.",
        "died instead": "Sweep 1 died of signal 6.",
    }


def test_a_later_sweep_may_be_the_one_that_did_not_complete() -> None:
    found = verdict(history(LIVE, sweeps=[sweep(), sweep(2, exit_code=4)]), "KEEP-UNFINISHED")
    assert (found.verdict, found.reason) == (Verdict.VACUOUS, "Sweep 2 ended with exit code 4, saying nothing.")


def test_no_sweep_at_all_is_told() -> None:
    assert unfinished(History(fates=[], sweeps=[], exchanges=[])) == "The subject made no sweep."


def test_a_pass_says_nothing_more() -> None:
    found = verdict(history(LIVE, after=[pod("live")]), "KEEP-UNFINISHED")
    assert (found.verdict, found.reason, found.observed, found.because) == (Verdict.PASS, "", "", "")


def test_a_failure_is_told_in_full() -> None:
    found = verdict(history(LIVE, exchanges=[delete("live", step=3)]), "KEEP-UNFINISHED")
    assert found.reason == found.observed == "DELETE airflow/live (uid uid-..) committed at step 3; live is live."
    assert found.because == (
        "no LIST showed it to the reaper; its task instance etl.load was: running, try 1; "
        "the DELETE carried no precondition."
    )


def test_a_failure_outweighs_every_missing_witness_and_tells_of_the_sweep() -> None:
    second = fate("second", "live", "KEEP-UNFINISHED")
    precise = delete("second", step=4, body={"preconditions": {"uid": "uid-second"}})
    both = [delete("live", step=3), precise, delete("control", step=5)]
    found = verdict(
        history(LIVE, second, exchanges=both, sweeps=[sweep(exit_code=1)], twin_goes=False), "KEEP-UNFINISHED"
    )
    assert found.verdict is Verdict.FAIL
    assert found.observed.endswith("live is live. (1 more)")
    assert found.reason == f"{found.observed} Sweep 1 ended with exit code 1, saying nothing."
    assert found.because.endswith("no precondition. Sweep 1 ended with exit code 1, saying nothing.")


def test_a_failure_without_a_because_tells_of_the_sweep_alone() -> None:
    end = TaskEnd(task="etl.load", expected="success", actual="failed", examines=frozenset({"REAP-FINISHED"}))
    found = verdict(history(ZOMBIE, ends=[end], sweeps=[sweep(exit_code=1)]), "REAP-FINISHED")
    assert found.because == "Sweep 1 ended with exit code 1, saying nothing."


def test_twin_and_control_are_witnesses_told_apart() -> None:
    stays = lacking_witness(history(LIVE, twin_goes=False))
    goes = lacking_witness(history(LIVE, exchanges=[delete("control", step=3)]))
    assert stays == f"The twin zombie {TWIN} stayed: a reaper that does not delete it shows nothing by what it keeps."
    assert goes == (
        f"The control pod {CONTROL} was deleted although control is live: a reaper that takes it proves no judgement."
    )
    assert lacking_witness(history(LIVE)) == ""


def test_a_twin_that_nobody_can_ask_for_is_no_witness() -> None:
    stays = history(LIVE, twin_goes=False)
    assert lacking_witness(replace(stays, expected=(TWIN.pod,))) == lacking_witness(stays) != ""
    assert lacking_witness(replace(stays, expected=())) == ""


def test_other_pods_are_no_witnesses() -> None:
    assert lacking_witness(history(LIVE, ZOMBIE, after=[pod("zombie")], exchanges=[delete("live", step=3)])) == ""


def test_a_twin_that_terminates_has_gone() -> None:
    assert lacking_witness(history(LIVE, after=[pod("twin", deleting=True)])) == ""


def test_a_refused_delete_takes_no_control() -> None:
    assert lacking_witness(history(LIVE, exchanges=[delete("control", step=3, status=409)])) == ""


def test_who_writes_elsewhere_fails_by_that_rule_and_passes_by_others() -> None:
    patch = exchange("PATCH", "/api/v1/namespaces/airflow/pods/live", step=3, answer=pod("live"))
    found = history(LIVE, ZOMBIE, after=[pod("live")], exchanges=[patch, delete("zombie", step=4)])
    assert verdict(found, "DELETE-NOTHING-ELSE").verdict is Verdict.FAIL
    assert verdict(found, "KEEP-UNFINISHED").verdict is Verdict.PASS
    assert verdict(found, "REAP-FINISHED").verdict is Verdict.PASS


def test_a_zombie_is_no_pod_to_keep_and_a_live_one_none_to_reap() -> None:
    mixed = fate("zombie", "zombie", "KEEP-UNFINISHED", "REAP-FINISHED")
    also = fate("live", "live", "REAP-FINISHED", "KEEP-UNFINISHED")
    found = history(mixed, also, after=[pod("live")], exchanges=[delete("zombie", step=3)])
    assert list(breaches(found, "KEEP-UNFINISHED")) == []
    assert list(breaches(found, "REAP-FINISHED")) == []


def test_each_pod_under_a_requirement_is_looked_at_whatever_comes_before() -> None:
    fates = [fate("other", "live", "KEEP-RETAINED"), ZOMBIE, LIVE]
    assert len(list(breaches(history(*fates, exchanges=[delete("live", step=3)]), "KEEP-UNFINISHED"))) == 1
    fates = [fate("other", "zombie", "REAP-PENDING"), LIVE, fate("gone", "zombie", "REAP-FINISHED"), ZOMBIE]
    found = history(*fates, after=[pod("other"), pod("live"), pod("zombie")], sweeps=[sweep(), sweep(2)])
    [failure] = breaches(found, "REAP-FINISHED")
    assert failure.observed == "airflow/zombie (uid uid-..) was still there after 2 sweeps; zombie is zombie."
    assert failure.because == "no LIST showed it to the reaper; its task instance etl.load was: running, try 1."


def test_what_was_shown_and_what_was_true() -> None:
    labelled = pod("live")
    labelled["metadata"]["labels"] = {"try_number": "1"}
    [failure] = breaches(history(LIVE, before=[labelled], exchanges=[delete("live", step=3)]), "KEEP-UNFINISHED")
    assert failure.because == (
        "the reaper listed it at step 1 with try_number=1; its task instance etl.load was: running, try 1; "
        "the DELETE carried no precondition."
    )
    nameless = replace(LIVE, task="")
    [failure] = breaches(history(nameless, exchanges=[delete("live", step=3, body=[])]), "KEEP-UNFINISHED")
    assert "; no task instance is named by it; the DELETE carried no precondition." in failure.because


@pytest.mark.parametrize("requirement", ["KEEP-UNFINISHED", "REAP-FINISHED"])
def test_only_its_own_tasks_count_for_a_requirement_and_only_other_ends(requirement: str) -> None:
    def end(actual: str, examines: str) -> TaskEnd:
        return TaskEnd(task="etl.load", expected="success", actual=actual, examines=frozenset({examines}))

    ends = [end("failed", "KEEP-YOUNG"), end("success", requirement), end("failed", requirement)]
    [failure] = breaches(history(ends=ends), requirement)
    assert failure == Failure(observed="etl.load ended failed; it had to end success.", because="")


def test_a_repeated_sweep_writes_nothing() -> None:
    sweeps = [sweep(1, steps=(1, 3)), sweep(2, steps=(4, 5))]
    found = history(ZOMBIE, exchanges=[delete("zombie", step=3), delete("late", step=4)], sweeps=sweeps)
    [failure] = breaches(found, "RESIST-REPEAT")
    assert failure.observed == (
        "delete pods airflow/late at step 4 (HTTP 200) in a later sweep over a world that nobody had changed."
    )
    assert failure.because == "the first sweep ended at step 3."
    assert list(breaches(History(fates=[], sweeps=[], exchanges=[delete("x")]), "RESIST-REPEAT")) == []
    one = history(exchanges=[listing(step=8), delete("x", step=9)], sweeps=sweeps[:1])
    assert len(list(breaches(one, "RESIST-REPEAT"))) == 1


def test_a_lease_that_is_renewed_is_no_write_of_a_repeated_sweep() -> None:
    lease = exchange("PUT", "/apis/coordination.k8s.io/v1/namespaces/airflow/leases/reaper", step=12)
    sweeps = [sweep(steps=(1, 9)), sweep(2, steps=(10, 19))]
    assert list(breaches(history(exchanges=[lease], sweeps=sweeps), "RESIST-REPEAT")) == []


def test_who_needs_two_sweeps_to_act_is_repeated_after_those() -> None:
    sweeps = [sweep(number, steps=(3 * number, 3 * number + 2)) for number in (1, 2, 3)]
    patient = replace(history(ZOMBIE, exchanges=[delete("zombie", step=8)], sweeps=sweeps), claims=Claims(sweeps=2))
    assert list(breaches(patient, "RESIST-REPEAT")) == []
    [failure] = breaches(replace(patient, exchanges=[delete("zombie", step=9)]), "RESIST-REPEAT")
    assert failure.because == "the first sweep ended at step 8."


def test_every_keep_and_reap_requirement_has_a_rule() -> None:
    assert {*of_area("KEEP"), *of_area("REAP"), "RESIST-CLOCK"} <= judged()


@pytest.mark.parametrize("identifier", ["NO-SUCH", "KEEP-UNFINISHED"])
def test_a_rule_is_declared_once_and_for_what_is_in_the_ledger(identifier: str) -> None:
    with pytest.raises(ValueError, match=f"^{identifier} is not in the ledger, or judged twice$"):
        judges(identifier)(lambda history, requirement: iter(()))
