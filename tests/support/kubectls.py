"""The kubectl programs of this machine, and one of them at a place."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from client_environments import variables
from places import Place

SECONDS = 60.0
"""How long one command may take, and how long a test waits for what must come."""


def kubectls() -> list[Path]:
    """Those of KUBECTL, of KUBEBUILDER_ASSETS and on PATH, each file once; a test with none of them fails."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    named = [os.environ.get("KUBECTL"), assets and str(Path(assets) / "kubectl"), shutil.which("kubectl")]
    found = [Path(each).absolute() for each in named if each and os.access(each, os.X_OK)]
    return list({each.stat().st_ino: each for each in found}.values()) or [Path("kubectl-is-missing")]


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def words(self) -> list[list[str]]:
        """The words of each line."""
        return [line.split() for line in self.lines]


class Kubectl:
    """kubectl with the kubeconfig of a place and a home folder of its own, so that it remembers nothing."""

    def __init__(self, program: Path, place: Place) -> None:
        if program == Path("kubectl-is-missing"):
            pytest.fail(
                "there is no kubectl: put one on PATH, or name it in KUBECTL or its folder in KUBEBUILDER_ASSETS"
            )
        self.program = program
        self.place = place
        self.folder = place.folder
        self.env = variables(KUBECONFIG=str(place.kubeconfig), HOME=str(place.folder), KUBECTL_KUBERC="false")

    def __call__(self, *arguments: str, given: Any = None, code: int = 0) -> Said:
        """Run a command that must end with ``code``; ``given`` is its input: text, or manifests that go as YAML."""
        text = given if given is None or isinstance(given, str) else yaml.safe_dump_all(given)
        ended = subprocess.run(
            [str(self.program), *arguments],
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = Said(ended.returncode, ended.stdout, ended.stderr)
        assert said.code == code, f"kubectl {' '.join(arguments)} ended with {said.code}\n{said.out}\n{said.err}"
        return said

    def pod(self, name: str, command: str = "", **metadata: Any) -> None:
        """Create a pod: with a shell line a node runs it, and it is awaited Ready; without one nobody schedules it."""
        self("create", "-f", "-", given=[manifest(name, command, **metadata)])
        if command:
            self("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=30s")

    def get(self, *arguments: str) -> Any:
        """What ``get -o yaml`` shows, as data."""
        return yaml.safe_load(self("get", *arguments, "-o", "yaml").out)

    @contextmanager
    def following(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on until the block is left, with its output as a text file in ``stdout``."""
        with subprocess.Popen(
            [str(self.program), *arguments],
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def awaited(what: str, look: Callable[[], bool]) -> None:
    """Wait until ``look`` is true; the test fails with what was awaited when it never is."""
    deadline = time.monotonic() + SECONDS
    while not look():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come about within {SECONDS:.0f} s")
        time.sleep(0.05)


def manifest(name: str, command: str = "", **metadata: Any) -> dict[str, Any]:
    """A pod as a user writes it."""
    container: dict[str, Any] = {"name": "base", "image": "busybox:stable", "imagePullPolicy": "IfNotPresent"}
    spec: dict[str, Any] = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    if command:
        container["command"] = ["sh", "-c", command]
    else:
        spec["schedulerName"] = "nobody"
    spec["containers"] = [container]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": spec}
