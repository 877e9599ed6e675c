"""A failing run in at most ten lines: whom it is about, what was asked, what came in between."""

from __future__ import annotations

from dataclasses import replace

from histories import delete, fate, history, listing, pod, sweep

from kpo_fixtures.faults import Placement, Point, Step
from kpo_fixtures.gateways import Answer, Exchange
from kpo_suite.history import History
from kpo_suite.story import MOST_LINES, story

LOST = Placement.parse("DL2/eof@delete-pods-1")


def step(
    ordinal: int, kind: str, nth: int = 1, name: str = "", *faults: Placement, changes: tuple[str, ...] = ()
) -> Step:
    named = Point(kind, 1, name) if name else None
    return Step(
        ordinal=ordinal,
        channel="kubernetes",
        point=Point(kind, nth),
        named=named,
        faults=faults,
        changes=changes,
    )


def lost() -> Exchange:
    answer = Answer(status=200, body=b"{}")
    return replace(delete("load", status=0), faults=(str(LOST),), altered=True, actual=answer, response_body=b"")


def told(*, steps: list[Step], exchanges: list[Exchange], exit_code: int = 0) -> History:
    found = history(
        fate("load", "zombie", "DELETE-LOST-REPLY"),
        exchanges=exchanges,
        after=[pod("load")],
        twin_goes=False,
        sweeps=[sweep(exit_code=exit_code, stderr="boom", steps=(1, 40))],
    )
    return replace(found, steps=steps)


def test_it_tells_the_pods_the_lists_the_writes_the_faults_and_the_changes() -> None:
    lines = story(
        told(
            steps=[
                step(1, "list-pods"),
                step(2, "delete-pods", 1, "airflow/load", LOST, changes=("it is created again",)),
                step(3, "query"),
                step(4, "get-pods", 1, "airflow/other"),
            ],
            exchanges=[lost()],
            exit_code=1,
        ),
        "DELETE-LOST-REPLY",
    )
    assert lines == (
        "airflow/load (uid uid-..) is zombie: load is zombie",
        "airflow/twin (uid uid-..) is zombie: twin is zombie",
        "step 1   list-pods: answered 200",
        "step 2   delete-pods airflow/load: it is created again; is carried out and its reply lost by the end of the "
        "connection (DL2/eof); answered nothing, in truth 200",
        "sweep 1 ended with exit code 1, saying: boom",
    )


def test_a_long_one_keeps_its_beginning_and_its_end() -> None:
    steps = [
        step(1, "list-pods"),
        *(step(number, "delete-pods", number - 1, f"airflow/p{number}") for number in range(2, 40)),
    ]
    lines = story(told(steps=steps, exchanges=[delete(f"p{number}", step=number) for number in range(2, 40)]), "X")
    assert len(lines) == MOST_LINES
    assert [line for line in lines if line.startswith("...")] == ["... 32 more"]
    assert lines[2] == "step 1   list-pods: answered 200"
    assert lines[-1] == "step 39  delete-pods airflow/p39: answered 200"


def test_a_list_of_each_sweep_is_told_once() -> None:
    steps = [step(1, "list-pods"), step(2, "list-pods", 2), step(3, "list-pods", 3)]
    found = told(steps=steps, exchanges=[listing(step=2), listing(step=3)])
    found = replace(found, sweeps=[sweep(steps=(1, 2)), sweep(2, steps=(3, 3))])
    assert [line for line in story(found, "X") if "list-pods" in line] == [
        "step 1   list-pods: answered 200",
        "step 3   list-pods: answered 200",
    ]
