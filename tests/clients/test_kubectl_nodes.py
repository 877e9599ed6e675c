"""kubectl looks after nodes: cordon, drain, taint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubectls import Kubectl, manifest
from places import NODES

pytestmark = [pytest.mark.clients, pytest.mark.client_kubectl]

NODE, OTHER = NODES


@pytest.fixture(autouse=True)
def as_it_was(kubectl: Kubectl) -> Iterator[None]:
    yield
    kubectl("uncordon", NODE)
    taints = kubectl("get", "node", NODE, "-o", "jsonpath={.spec.taints[*].key}").out
    if "example.org/kept" in taints:
        kubectl("taint", "node", NODE, "example.org/kept-")


def placed(kubectl: Kubectl, name: str) -> None:
    pod = manifest(name, "sleep 600")
    pod["spec"]["nodeName"] = NODE
    kubectl("create", "-f", "-", given=[pod])
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=30s")


def test_cordon(kubectl: Kubectl) -> None:
    assert kubectl("cordon", NODE).out == f"node/{NODE} cordoned\n"
    assert kubectl("get", "node", NODE, "--no-headers").words[0][1] == "Ready,SchedulingDisabled"
    kubectl.pod("elsewhere", "sleep 600")
    assert kubectl.get("pod", "elsewhere")["spec"]["nodeName"] == OTHER
    assert kubectl("uncordon", NODE).out == f"node/{NODE} uncordoned\n"


def test_drain(kubectl: Kubectl) -> None:
    placed(kubectl, "drained")
    alone = kubectl("drain", NODE, "--pod-selector=!keep", "--timeout=30s", code=1).err
    assert "cannot delete" in alone
    drained = kubectl("drain", NODE, "--force", "--timeout=30s").out
    assert f"evicting pod {kubectl.place.namespace}/drained" in drained
    assert drained.endswith(f"node/{NODE} drained\n")
    kubectl("get", "pod", "drained", code=1)


def test_taint(kubectl: Kubectl) -> None:
    assert kubectl("taint", "node", NODE, "example.org/kept=yes:NoSchedule").out == f"node/{NODE} tainted\n"
    kubectl.pod("kept-off", "sleep 600")
    assert kubectl.get("pod", "kept-off")["spec"]["nodeName"] == OTHER
    assert kubectl("taint", "node", NODE, "example.org/kept-").out == f"node/{NODE} untainted\n"
