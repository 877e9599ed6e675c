from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpo_reaper.pods import Attempts, Phase, read_pod

from .worlds import ago, manifest, pod, stamp


def changed(path: str, value: Any) -> dict[str, Any]:
    document = manifest()
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.uid", ""),
        ("metadata.uid", None),
        ("metadata.resourceVersion", 7),
        ("metadata.name", ""),
        ("metadata.name", ".."),
        ("metadata.name", "a/b"),
        ("metadata.name", "a" * 254),
        ("metadata.namespace", "Air flow"),
        ("metadata.creationTimestamp", None),
        ("metadata.creationTimestamp", "yesterday"),
        ("metadata.creationTimestamp", "2026-06-01T10:00:00"),
        ("metadata.labels", ["dag_id"]),
        ("metadata.labels.try_number", 1),
        ("metadata.ownerReferences", {"controller": True}),
        ("metadata.annotations", "kpo-reaper/keep"),
        ("metadata", None),
        ("status", None),
        ("status.phase", None),
        ("status.phase", "Dreaming"),
        ("status.containerStatuses", "none"),
        ("kind", "Node"),
    ],
)
def test_a_pod_of_another_shape_has_a_fault(path: str, value: Any) -> None:
    assert read_pod(msgspec.json.encode(changed(path, value)), namespace="airflow").fault


def test_a_fault_leaves_what_names_the_pod() -> None:
    odd = read_pod(msgspec.json.encode(changed("metadata.labels.try_number", 1)))
    assert odd.name.startswith("etl-load-")
    assert odd.namespace == "airflow"
    assert odd.attempts is None


def test_what_is_absent_or_null_or_new_is_no_fault() -> None:
    document = manifest()
    document["metadata"] |= {"annotations": None, "ownerReferences": None, "invented": {"in": 2030}}
    document["status"] |= {"containerStatuses": None, "conditions": [{"type": "New"}]}
    assert not read_pod(msgspec.json.encode(document)).fault


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["metadata", "name", "labels", "status", "phase", "uid", "x"]), inner)
        ),
    )
)
def test_no_json_stops_the_reader(document: Any) -> None:
    assert read_pod(msgspec.json.encode(document)).fault


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'{"metadata":'])
def test_no_bytes_stop_the_reader(data: bytes) -> None:
    assert read_pod(data).fault


def test_an_unmapped_task_is_index_minus_one() -> None:
    assert pod(dag_id="d", run_id="r", task_id="t").attempts == Attempts("d", "r", "t", -1)
    assert pod(dag_id="d", run_id="r", task_id="t", map_index=0).attempts == Attempts("d", "r", "t", 0)


@pytest.mark.parametrize("text", ["", "0", "01", "-1", "+1", "1.0", "9e9", "abc", "1 ", "\uff11", "9" * 12])
def test_a_try_is_a_canonical_number_from_one(text: str) -> None:
    assert pod(labels={"try_number": text}).try_number is None
    assert pod(labels={"try_number": text}).attempts is None


@pytest.mark.parametrize("text", ["", "-1", "01", "one", "1.0"])
def test_a_map_index_is_a_canonical_number_from_zero(text: str) -> None:
    assert pod(labels={"map_index": text}).attempts is None


def test_the_end_of_a_pod_is_that_of_its_last_container() -> None:
    document = manifest(phase="Succeeded", finished=ago(minutes=9))
    document["status"]["containerStatuses"].append(
        {"name": "late", "state": {"terminated": {"finishedAt": stamp(ago(minutes=3))}}}
    )
    assert read_pod(msgspec.json.encode(document)).finished == ago(minutes=3)


def test_an_evicted_pod_ended_when_its_condition_changed() -> None:
    document = manifest(phase="Failed")
    document["status"] |= {
        "containerStatuses": None,
        "conditions": [{"type": "DisruptionTarget", "lastTransitionTime": stamp(ago(minutes=4))}],
    }
    assert read_pod(msgspec.json.encode(document)).finished == ago(minutes=4)


def test_a_running_pod_has_no_end() -> None:
    found = pod(phase="Running", finished=ago(minutes=9))
    assert found.phase is Phase.RUNNING
    assert found.finished is None


@pytest.mark.parametrize(("value", "out"), [("true", True), ("", True), ("yes", True), ("false", False)])
def test_the_opt_out_annotation(value: str, out: bool) -> None:
    assert pod(metadata={"annotations": {"kpo-reaper/keep": value}}).opted_out is out
