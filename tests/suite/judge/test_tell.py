"""TELL: what a subject says of its deletions, and what it must not say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from histories import delete, fate, history, sweep

from kpo_suite.history import History, Sweep
from kpo_suite.judge import accounts
from kpo_suite.judge.rules import Failure, breaches
from kpo_suite.subjects.reaper_file import Accounting, Claims

ZOMBIE = fate("zombie", "zombie", "REAP-FINISHED")


def line(name: str, **changes: Any) -> str:
    told = {"outcome": "deleted", "namespace": "airflow", "pod": name, "uid": f"uid-{name}"}
    return json.dumps({**told, "task_instance": {"task_id": "load"}, "reason": "it failed", **changes})


def saying(*lines: str, steps: tuple[int, int] = (1, 9), ordinal: int = 1) -> Sweep:
    return replace(sweep(ordinal, steps=steps), stdout="".join(f"{each}\n" for each in lines))


def swept(*sweeps: Sweep, gone: tuple[tuple[str, int], ...] = (("zombie", 3),), **claims: Any) -> History:
    exchanges = [delete(name, step=step) for name, step in gone]
    return replace(history(ZOMBIE), exchanges=exchanges, sweeps=list(sweeps), claims=Claims(**claims))


def deletions(found: History) -> list[Failure]:
    return list(breaches(found, "TELL-DELETIONS"))


def test_what_was_done_and_told_agrees() -> None:
    assert deletions(swept(saying("kpo 1.0", line("zombie"), line("other", outcome="kept")))) == []


def test_a_deletion_that_is_not_told_is_a_breach() -> None:
    [found] = deletions(swept(saying()))
    assert found.observed == "Sweep 1 deleted airflow/zombie and does not report it."
    assert found.because == "its output holds no line for this uid."


def test_a_deletion_that_was_not_made_is_a_breach() -> None:
    [found] = deletions(swept(saying(line("zombie"), line("phantom"))))
    assert found.observed == "Sweep 1 reports that airflow/phantom (uid uid-phantom) was deleted."
    assert found.because == "no deletion of it was committed in that sweep."


def test_a_deletion_told_twice_was_made_once() -> None:
    assert len(deletions(swept(saying(line("zombie"), line("zombie"))))) == 1
    assert len(deletions(swept(saying(line("zombie")), gone=(("zombie", 3), ("zombie", 4))))) == 1


def test_a_deletion_without_its_uid_is_of_no_pod() -> None:
    found = deletions(swept(saying(line("zombie", uid=""))))
    assert [each.observed for each in found] == [
        "Sweep 1 reports that airflow/zombie (uid not told) was deleted.",
        "Sweep 1 deleted airflow/zombie and does not report it.",
    ]


@pytest.mark.parametrize(("step", "count"), [(4, 0), (6, 0), (3, 1), (7, 1)])
def test_each_sweep_answers_for_its_own_steps(step: int, count: int) -> None:
    assert len(deletions(swept(saying(line("zombie"), steps=(4, 6)), gone=(("zombie", step),)))) == count


def test_a_later_sweep_is_measured_too() -> None:
    silent = swept(saying(line("zombie")), saying(steps=(10, 19), ordinal=2), gone=(("zombie", 3), ("late", 12)))
    [found] = deletions(silent)
    assert found.observed == "Sweep 2 deleted airflow/late and does not report it."


def explained(*sweeps: Sweep, **others: Any) -> list[Failure]:
    return list(breaches(swept(*sweeps, **others), "TELL-REASON"))


def test_a_deletion_with_pod_uid_task_and_reason_is_explained() -> None:
    assert explained(saying(line("zombie"))) == []


@pytest.mark.parametrize(
    ("changes", "lacking"),
    [
        ({"pod": "other"}, "its name"),
        ({"namespace": "elsewhere"}, "its name"),
        ({"task_instance": None}, "a task instance"),
        ({"task_instance": {}}, "a task instance"),
        ({"reason": " "}, "a reason"),
        ({"pod": "", "task_instance": "", "reason": ""}, "its name and a task instance and a reason"),
    ],
)
def test_what_an_explanation_lacks_is_named(changes: dict[str, Any], lacking: str) -> None:
    [found] = explained(saying(line("zombie", **changes)))
    assert found.observed == f"Sweep 1 deleted airflow/zombie and reports it without {lacking}."
    assert found.because == "an operator cannot answer why the pod is gone."


def test_a_deletion_without_a_line_is_not_explained_and_the_next_is_looked_at() -> None:
    found = explained(saying(line("second", reason="")), gone=(("zombie", 3), ("second", 4)))
    assert [each.observed for each in found] == [
        "Sweep 1 deleted airflow/zombie and reports nothing of it by its uid.",
        "Sweep 1 deleted airflow/second and reports it without a reason.",
    ]


def secrets(*printed: Sweep, known: tuple[str, ...] = ("abcdefgh",)) -> list[str]:
    found = replace(history(), sweeps=list(printed), secrets=known)
    failures = list(breaches(found, "TELL-NO-SECRETS"))
    assert all(each.because == "whoever reads the log can use it." for each in failures)
    return [each.observed for each in failures]


def test_a_secret_on_either_stream_is_a_breach() -> None:
    assert secrets(saying("the token is abcdefgh!")) == [
        "Sweep 1 printed a password or a token on its standard output."
    ]
    loud = replace(sweep(2), stderr="xabcdefghx")
    assert secrets(sweep(), loud) == ["Sweep 2 printed a password or a token on its standard error."]


def test_other_words_and_short_ones_are_none() -> None:
    assert secrets(saying("abcdefg and hgfedcba")) == []
    assert secrets(saying("reaper"), known=("reaper", "1234567")) == []
    assert secrets(saying("reaper 1234567"), known=("1234567",)) == []


def test_what_is_read_from_the_output() -> None:
    odd = saying("", "[1]", "{broken", '  {"outcome": "deleted", "uid": 7}', '"deleted"', line("zombie"))
    assert [each.uid for each in accounts.deleted(odd, Accounting())] == ["7", "uid-zombie"]
    assert accounts.deleted(odd, Accounting())[0].pod == "/"
    assert accounts.deleted(odd, Accounting())[0].reason == ""
    assert accounts.deleted(odd, Accounting())[0].task is None
    assert accounts.would_delete(odd, Accounting()) == []


def test_a_subject_may_have_its_own_words() -> None:
    words = Accounting(
        deleted={"event": "gone", "ok": True},
        would_delete={"event": "would go"},
        namespace="ns",
        pod="name",
        uid="id",
        task="ti",
        reason="why",
    )
    told = {"event": "gone", "ok": True, "ns": "airflow", "name": "zombie", "id": "uid-zombie", "ti": "t", "why": "w"}
    said = saying(json.dumps(told), json.dumps({**told, "ok": False}), json.dumps({"event": "gone"}))
    [found] = accounts.deleted(said, words)
    assert (found.pod, found.uid, found.task, found.reason) == ("airflow/zombie", "uid-zombie", "t", "w")
    [foretold] = accounts.would_delete(saying(json.dumps({**told, "event": "would go"})), words)
    assert foretold == found
    assert accounts.tells(said, {"ok": True, "ti": "t"})
    assert not accounts.tells(said, {"ok": True, "ti": "other"})
    assert not accounts.tells(said, {"nothing": None})
