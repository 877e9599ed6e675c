"""The frame of a client's script: chapters are functions, their answers are printed as JSON, one raised stops no other.

Runs in the client's own environment, which holds nothing of this project; where it happens is told by variables:
``KUBECONFIG``, ``NAMESPACE`` (the script's own), and ``SERVER``, ``TOKEN_FILE``, ``CA_FILE`` for a pod's way in.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

NAMESPACE = os.environ.get("NAMESPACE", "default")
SECONDS = 30.0
"""How long a chapter waits for what must come."""
_CHAPTERS: dict[str, Callable[[], Any]] = {}


def chapter(function: Callable[[], Any]) -> Callable[[], Any]:
    """Make a function, or a coroutine function, a chapter under its own name."""
    _CHAPTERS[function.__name__] = function
    return function


def waited(what: str, look: Callable[[], Any]) -> Any:
    """The first true answer of ``look``. Raises TimeoutError that names what was awaited."""
    deadline = time.monotonic() + SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {SECONDS:.0f} s")
        time.sleep(0.02)
    return found


async def awaited(what: str, look: Callable[[], Awaitable[Any]]) -> Any:
    """As ``waited``, for a coroutine function."""
    deadline = time.monotonic() + SECONDS
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {SECONDS:.0f} s")
        await asyncio.sleep(0.02)
    return found


def manifest(name: str, command: str | None = None, **metadata: Any) -> dict[str, Any]:
    """A pod: with a shell line it is for a node to run, without one nobody schedules it."""
    container: dict[str, Any] = {"name": "base", "image": "busybox:stable", "imagePullPolicy": "IfNotPresent"}
    spec: dict[str, Any] = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
    if command is None:
        spec["schedulerName"] = "nobody"
    else:
        container["command"] = ["sh", "-c", command]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": spec}


def run() -> None:
    """Play the chapters that the arguments name, by default all, and print their answers."""
    answers: dict[str, dict[str, Any]] = {}
    for name in sys.argv[1:] or _CHAPTERS:
        play = _CHAPTERS[name]
        begun = time.monotonic()
        try:
            answer = asyncio.run(play()) if inspect.iscoroutinefunction(play) else play()
            answers[name] = {"answer": answer}
        except Exception:  # noqa: BLE001 - it is told as the chapter's answer
            answers[name] = {"raised": traceback.format_exc()}
        print(f"{name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
    print("\nANSWER" + json.dumps(answers), flush=True)
