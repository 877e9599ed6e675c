"""Waiting for what other threads and processes do: with a deadline, and never for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def eventually(what: str, look: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What ``look`` returns once it is true; fails with what was awaited when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.02)
    return found
