"""kubectl follows: watches, logs, exec with and without a terminal."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from kubectls import Kubectl, awaited, manifest

pytestmark = [pytest.mark.clients, pytest.mark.client_kubectl]


@pytest.fixture(scope="module", autouse=True)
def talking(kubectl: Kubectl) -> None:
    pod = manifest("talking", "echo one; echo two >&2; echo three; sleep 600")
    second = {**pod["spec"]["containers"][0], "name": "second", "command": ["sh", "-c", "echo second; sleep 600"]}
    pod["spec"]["containers"].append(second)
    kubectl("create", "-f", "-", given=[pod])
    kubectl("wait", "--for=condition=Ready", "pod/talking", "--timeout=30s")
    awaited("three lines", lambda: len(kubectl("logs", "talking", "-c", "base").lines) == 3)


@pytest.fixture
def embedded(kubectl: Kubectl) -> None:
    """A real kube-apiserver speaks SPDY to the kubelet for kubectl's streams, which the simulated one does not."""
    if not kubectl.place.cluster.emulated:
        said = kubectl("exec", "talking", "-c", "base", "--", "true", code=1).err
        assert "exec is served over websockets only" in said
        pytest.skip("the simulated node does not speak SPDY")


def test_watch(kubectl: Kubectl) -> None:
    flags = ["-l", "set=watched", "-w", "--output-watch-events", "--no-headers"]
    with kubectl.following("get", "pods", *flags) as following:
        assert following.stdout is not None
        kubectl.pod("watched", labels={"set": "watched"})
        assert following.stdout.readline().split()[:4] == ["ADDED", "watched", "0/1", "Pending"]
        kubectl("label", "pod", "watched", "step=2")
        assert following.stdout.readline().split()[:2] == ["MODIFIED", "watched"]
        kubectl("delete", "pod", "watched")
        awaited("the event DELETED", lambda: following.stdout.readline().split()[0] == "DELETED")


def test_logs(kubectl: Kubectl) -> None:
    assert kubectl("logs", "talking", "-c", "base").lines == ["one", "two", "three"]
    assert kubectl("logs", "talking").err.startswith('Defaulted container "base" out of: base, second')
    assert kubectl("logs", "talking", "-c", "base", "--tail=1").lines == ["three"]
    assert len(kubectl("logs", "talking", "-c", "base", "--since=1h").lines) == 3
    stamp, line = kubectl("logs", "talking", "-c", "second", "--timestamps").out.split()
    assert [stamp[4], stamp[10], line] == ["-", "T", "second"]
    both = kubectl("logs", "talking", "--all-containers", "--prefix").lines
    assert "[pod/talking/second] second" in both
    assert len(both) == 4
    missing = kubectl("logs", "talking", "-c", "third", code=1).err
    assert "container third is not valid for pod talking" in missing
    previous = kubectl("logs", "talking", "-c", "base", "--previous", code=1).err
    assert 'previous terminated container "base" in pod "talking" not found' in previous


def test_logs_followed(kubectl: Kubectl) -> None:
    kubectl("create", "-f", "-", given=[manifest("counting", "for n in 1 2 3; do echo $n; sleep 0.5; done")])
    phase = "jsonpath={.status.phase}"
    awaited("the pod begun", lambda: kubectl("get", "pod", "counting", "-o", phase).out in {"Running", "Succeeded"})
    assert kubectl("logs", "-f", "counting").lines == ["1", "2", "3"]


def test_logs_of_a_container_before_its_restart(kubectl: Kubectl) -> None:
    pod = manifest("restarting", "test -f /shared/again && sleep 600; touch /shared/again; echo first; exit 1")
    pod["spec"]["restartPolicy"] = "OnFailure"
    pod["spec"]["volumes"] = [{"name": "shared", "emptyDir": {}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "shared", "mountPath": "/shared"}]
    kubectl("create", "-f", "-", given=[pod])
    restarts = "jsonpath={.status.containerStatuses[0].restartCount}"
    awaited("a restart", lambda: kubectl("get", "pod", "restarting", "-o", restarts).out == "1")
    assert kubectl("logs", "restarting", "--previous").lines == ["first"]


@pytest.mark.usefixtures("embedded")
def test_exec(kubectl: Kubectl) -> None:
    assert kubectl("exec", "talking", "-c", "second", "--", "echo", "hello").out == "hello\n"
    told = kubectl("exec", "talking", "-c", "base", "--", "sh", "-c", "echo out; echo bad >&2; exit 3", code=3)
    assert told.out == "out\n"
    assert told.err.splitlines() == ["bad", "command terminated with exit code 3"]
    assert kubectl("exec", "-i", "talking", "-c", "base", "--", "cat", given="to and fro\n").out == "to and fro\n"


@pytest.mark.usefixtures("embedded")
def test_exec_with_a_terminal(kubectl: Kubectl) -> None:
    ours, theirs = pty.openpty()
    command = [
        str(kubectl.program),
        "exec",
        "-it",
        "talking",
        "-c",
        "base",
        "--",
        "sh",
        "-c",
        "read word; echo got $word",
    ]
    try:
        with subprocess.Popen(command, env=kubectl.env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.write(ours, b"hello\r")
            assert process.wait(30) == 0
        assert b"got hello" in os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.usefixtures("embedded")
def test_attach(kubectl: Kubectl) -> None:
    kubectl.pod("ticking", "while true; do echo tick; sleep 0.2; done")
    with kubectl.following("attach", "ticking") as following:
        assert following.stdout is not None
        awaited("a tick", lambda: following.stdout.readline() == "tick\n")
    kubectl("delete", "pod", "ticking", "--force", "--grace-period=0")


@pytest.mark.usefixtures("embedded")
def test_simulated_containers_have_no_tar(kubectl: Kubectl) -> None:
    (kubectl.folder / "sent").write_text("some lines\n")
    assert 'exec: "tar": executable file not found' in kubectl("cp", "sent", "talking:/tmp/x", "-c", "base", code=1).err
