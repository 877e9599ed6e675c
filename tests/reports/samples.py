"""Reports to write and read: one small and complete example, and strategies for arbitrary ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from kpo_reports import (
    Difference,
    Environment,
    Equivalence,
    Fate,
    Level,
    Outcome,
    PodOutcome,
    Report,
    Result,
    Subject,
    Suite,
    Verdict,
    compile_report,
)

REATTACHED = "A pod labelled with an older try_number on which the current try runs MUST NOT be deleted."


def pod(**changes: Any) -> PodOutcome:
    return PodOutcome(
        **{
            "namespace": "airflow",
            "name": "etl-load-x7f2",
            "uid": "41c8a1de-0000-4000-8000-000000000001",
            "task": "etl.load run manual__1 try 2",
            "fate": Fate.LIVE,
            "why": "try 2 runs on it",
            "outcome": Outcome.UNTOUCHED,
        }
        | changes
    )


def twin(**changes: Any) -> PodOutcome:
    return pod(
        **{
            "name": "etl-twin-q9d1",
            "uid": "41c8a1de-0000-4000-8000-000000000002",
            "task": "etl.twin run manual__1 try 1",
            "fate": Fate.ZOMBIE,
            "why": "its task instance is success",
            "outcome": Outcome.DELETED,
            "by": "DELETE at step 10",
        }
        | changes
    )


def result(**changes: Any) -> Result:
    return Result(
        **{
            "scenario": "retry_runs_on_the_pod_of_the_older_try",
            "requirement": "KEEP-REATTACHED",
            "level": Level.MUST,
            "verdict": Verdict.PASS,
            "reason": "the pod is untouched and the twin is gone",
            "required": REATTACHED,
            "replay": "KEEP-REATTACHED/retry_runs_on_the_pod_of_the_older_try:airflow=3.3",
            "seconds": 0.041,
        }
        | changes
    )


def failure(**changes: Any) -> Result:
    """The failure that the project's own style guide shows."""
    return result(
        **{
            "verdict": Verdict.FAIL,
            "reason": "the pod of the running try was deleted",
            "observed": "DELETE airflow/etl-load-x7f2 (uid 41c8..) committed at step 9; "
            "try 2 of etl.load was running on it.",
            "because": "the reaper listed it at step 2 with try_number=1 "
            "and read try_number=2 from task_instance at step 5.",
            "evidence": "evidence/KEEP-REATTACHED-1.jsonl",
            "requests": 9,
            "pods": (pod(outcome=Outcome.DELETED, by="DELETE at step 9"), twin()),
        }
        | changes
    )


def report(*results: Result, **changes: Any) -> Report:
    given: dict[str, Any] = {
        "suite": Suite(name="kpo-conformance", version="0.1.0", spec_version="1", spec_sha256="0123456789abcdef" * 4),
        "subject": Subject(name="careless-reaper", version="1.2.0", url="https://example.org/careless-reaper"),
        "environment": Environment(
            cluster="embedded",
            kubernetes_version="v1.36.3",
            emulated=True,
            equivalence=Equivalence(
                kubernetes_version="v1.36.3",
                checks=230,
                operations=200_000,
                differences=(Difference(id="no-such-thing", what="It has none.", why="Nobody needs it."),),
            ),
            airflow_version="3.3.2",
            state_source="postgresql",
            python="3.11.9",
            platform="Linux-6.1-x86_64",
        ),
        "config": {"command": ["careless-reaper", "sweep"], "seed": 7, "timeouts": {"sweep": 30.0}},
        "started": datetime(2026, 11, 21, 7, 30, tzinfo=UTC),
        "seconds": 12.5,
        "results": results,
    }
    return compile_report(**given | changes)


def varied_report() -> Report:
    """One of every verdict, several scenarios and faults, requirements without a result."""
    lost = "the reply to the first DELETE is lost"
    return report(
        failure(),
        failure(fault=lost, replay="KEEP-REATTACHED/retry_runs_on_the_pod_of_the_older_try:airflow=3.3,plan=b1"),
        result(
            requirement="REAP-SIDECAR",
            scenario="sidecar_outlives_base",
            required="The pod MUST be deleted.",
            requests=6,
            pods=(twin(why="base ended, istio-proxy lives on"),),
        ),
        result(
            requirement="REAP-SIDECAR",
            scenario="xcom_sidecar_outlives_base",
            required="The pod MUST be deleted.",
            requests=7,
            pods=(twin(),),
        ),
        result(
            requirement="KEEP-MAPPED-SIBLING",
            scenario="one_map_index_is_finished",
            verdict=Verdict.VACUOUS,
            reason="the twin airflow/etl-twin-q9d1 stayed, so keeping the pod shows nothing",
            required="A pod MUST NOT be deleted because another map_index of its task is finished.",
            observed="one sweep of 3 requests, none of them a DELETE.",
            replay="KEEP-MAPPED-SIBLING/one_map_index_is_finished",
            pods=(pod(), twin(outcome=Outcome.UNTOUCHED, by=None)),
        ),
        result(
            requirement="KEEP-DEFERRED-OFF-BY-ONE",
            scenario="deferred_row_shows_the_try_before",
            verdict=Verdict.INCONCLUSIVE,
            reason="the world was not reached: Airflow 3.3 has no such rows",
            required="On Airflow 2.7 to 2.9 a pod of a deferred TI MUST NOT be deleted although the row shows N-1.",
        ),
        result(
            requirement="KEEP-YOUNG",
            level=Level.SHOULD,
            scenario="pod_born_before_its_row",
            verdict=Verdict.FAIL,
            reason="deleted at an age of 2 s",
            required="A pod younger than the minimum age SHOULD NOT be deleted.",
            observed="DELETE airflow/etl-young-p1 at step 4, 2 s after its creation.",
        ),
        result(
            requirement="KEEP-HIDDEN",
            scenario="row_hidden_from_the_user",
            verdict=Verdict.UNSUPPORTED,
            reason="rest-source is not claimed",
            required="A pod whose TI is hidden MUST NOT be deleted.",
            replay=None,
        ),
        result(
            requirement="DELETE-ONCE",
            scenario="finalizer_holds_the_pod",
            verdict=Verdict.KNOWN_FAILURE,
            reason="known: example.org/issues/7",
            required="A terminating pod MUST NOT be sent a DELETE every sweep.",
            observed="DELETE airflow/etl-stuck-a1 in each of 5 sweeps.",
        ),
        result(
            requirement="API-PAGED",
            scenario="three_pages",
            verdict=Verdict.SUITE_ERROR,
            reason="the API server did not answer within 10 s",
            required="Every page MUST be read.",
        ),
        suite=Suite(
            name="kpo-conformance",
            version="0.1.0",
            spec_version="1",
            spec_sha256="0123456789abcdef" * 4,
            requirements={"KEEP-REATTACHED": Level.MUST, "REAP-SIDECAR": Level.MUST, "LEAD-ONE": Level.MUST},
        ),
    )


NASTY = [*"\x00\x07\x1b\x7f\x85\u2028\u202e\ufeff\ufffe\ud800\r\n\t |`*_[]<>&#@\\~\"'{}:=+-.1"]
NASTY += ["snake_case", "\x1b[31m", "]]>", "&amp;", "</details>", "[red]", "[/]", "![x](y)", "password=", "://a:b@c"]
foreign_text = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=12).map("".join)
"""What subjects print: anything, and more often than chance what some format takes for a command."""


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties of whole reports: a busy machine is no counter-example."""

ids = st.sampled_from(["a", "b"])
"""Text for properties that do not read it."""


def results(text: st.SearchStrategy[str] = foreign_text) -> st.SearchStrategy[Result]:
    """Any result whose words come from ``text``; ids are drawn from a few, so that they meet."""
    few = st.sampled_from(["KEEP-A", "KEEP-B", "REAP-A", "TELL-NO-SECRETS"])
    levels = {"KEEP-A": Level.MUST, "KEEP-B": Level.SHOULD, "REAP-A": Level.MUST, "TELL-NO-SECRETS": Level.SHOULD}
    pods = st.builds(
        PodOutcome,
        namespace=text,
        name=text,
        uid=st.sampled_from(["1", "2", "3"]),
        task=text,
        fate=st.sampled_from(Fate),
        why=text,
        outcome=st.sampled_from(Outcome),
        by=st.none() | text,
    )

    def of(requirement: str) -> st.SearchStrategy[Result]:
        return st.builds(
            Result,
            scenario=st.sampled_from(["s1", "s2", "s[3]"]) | text,
            requirement=st.just(requirement),
            level=st.just(levels[requirement]),
            verdict=st.sampled_from(Verdict),
            reason=text,
            required=text,
            observed=text,
            because=text,
            fault=st.none() | text,
            replay=st.none() | text,
            evidence=st.none() | st.just("evidence/a b.jsonl"),
            seconds=st.floats(0, 1e4),
            requests=st.none() | st.integers(0, 100),
            queries=st.none() | st.integers(0, 100),
            stalled=st.none() | st.floats(0, 60),
            pods=st.lists(pods, max_size=3).map(tuple),
        )

    return few.flatmap(of)


def reports(text: st.SearchStrategy[str] = foreign_text) -> st.SearchStrategy[Report]:
    """Any report whose words come from ``text``."""
    subjects = st.builds(Subject, name=text, version=text, url=st.none() | text, features=st.tuples(text))
    configs = st.dictionaries(text, text | st.lists(text, max_size=2), max_size=2)
    return st.builds(
        lambda judged, subject, config: report(*judged, subject=subject, config=config),
        st.lists(results(text), max_size=4),
        subjects,
        configs,
    )
