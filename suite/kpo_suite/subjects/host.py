"""What runs in the process of the ``python`` adapter: ``python -P host.py MODULE:FUNCTION [MODULE…]``.

It imports, says ``ready``, and then forks once for each line of JSON on its standard input, or lets one copy make the
sweeps for as long as each ends in order. It needs nothing of the suite, so that a reaper's sweep carries no more along
than the reaper itself.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import IO, Any, NoReturn

UNFLUSHED = 120
"""What a Python ends with that cannot write what it has printed (CPython, Py_RunMain)."""
UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes that ``ru_maxrss`` counts in."""
POLL = 0.002
"""Seconds between two looks at a sweep where the system cannot wait for a process with a deadline."""


def main(entry: str, *preload: str) -> None:
    """Import, then serve sweeps until the standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what an import prints is no answer
    if not os.environ.get("PYTHONSAFEPATH"):
        sys.path.insert(0, "")  # the working directory, where ``python -m`` looks first
    module, _, function = entry.partition(":")
    for name in preload:
        importlib.import_module(name)
    call: Callable[[], Any] = getattr(importlib.import_module(module), function)
    gc.collect()
    gc.freeze()  # what is imported is garbage to no sweep, and its pages stay shared
    answers.write(b"ready\n")
    orders = sys.stdin.buffer
    standing: _Standing | None = None
    while line := orders.readline():
        order = json.loads(line)
        if order["fresh"]:
            child = os.fork()
            if child == 0:
                answers.close()
                _become(order, call)
            _tell(answers, pid=child)
            code, memory = _await(child, float(order["timeout"]), orders.fileno())
        else:
            standing = standing or _Standing(call, answers)
            _tell(answers, pid=standing.child)
            code, memory = standing.sweep(line, float(order["timeout"]), orders.fileno()), None
            if not standing.is_orderly:  # whatever that left behind ends with it
                standing.end()
                standing = None
        _tell(answers, exit_code=code, memory=memory)
    if standing:
        standing.end()


def _tell(answers: IO[bytes], **told: int | None) -> None:
    answers.write(json.dumps(told).encode() + b"\n")


class _Standing:
    """A copy that makes one sweep after the other."""

    def __init__(self, call: Callable[[], Any], answers: IO[bytes]) -> None:
        self.is_orderly = True
        """Whether its last sweep came to an end of its own, with whatever exit code."""
        told, orders = os.pipe()
        codes, said = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            answers.close()
            os.close(orders)
            os.close(codes)
            _serve(call, told, said)
        os.close(told)
        os.close(said)
        self._orders = os.fdopen(orders, "wb")
        self._codes = os.fdopen(codes, "rb", buffering=0)

    def sweep(self, line: bytes, timeout: float, abandoned: int) -> int | None:
        """The exit code, negative for a signal that ended the copy; None when it took too long or is not wanted."""
        self.is_orderly = False
        try:
            self._orders.write(line)
            self._orders.flush()
        except BrokenPipeError:
            return self._end_of_its_own()
        codes = self._codes.fileno()
        ready, _, _ = select.select([codes, abandoned], [], [], timeout)
        if codes not in ready:
            return None
        said = self._codes.read(16)
        if not said:
            return self._end_of_its_own()
        code, self.is_orderly = json.loads(said)
        return int(code)

    def end(self) -> None:
        """Kill the copy and what it started."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if self.child:
                    kill(self.child, signal.SIGKILL)
        if self.child:
            self._end_of_its_own()
        self._codes.close()
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()

    def _end_of_its_own(self) -> int:
        _, status = os.waitpid(self.child, 0)
        self.child = 0
        return os.waitstatus_to_exitcode(status) or 1


def _serve(call: Callable[[], Any], told: int, said: int) -> NoReturn:
    """In the standing copy: make the sweeps that come, one after the other."""
    os.setsid()
    with os.fdopen(told, "rb") as orders:
        while line := orders.readline():
            os.write(said, json.dumps(_sweep(json.loads(line), call)).encode())
    os._exit(0)


def _become(order: dict[str, Any], call: Callable[[], Any]) -> NoReturn:
    """In the copy: be the process that a command would have started."""
    with contextlib.suppress(OSError):
        os.setsid()
    code, _ = _sweep(order, call)
    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter would: wait for threads, then this
        atexit._run_exitfuncs()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _sweep(order: dict[str, Any], call: Callable[[], Any]) -> tuple[int, bool]:
    """Make one sweep with its own arguments, environment and streams: its exit code, and whether it ended in order.

    It did not where an exception came out of it or where its output was lost.
    """
    code, orderly = 1, False
    try:
        _put(0, os.devnull, os.O_RDONLY)
        _put(1, order["stdout"], os.O_WRONLY)
        _put(2, order["stderr"], os.O_WRONLY)
        for limit, value in order["limits"].items():
            number = getattr(resource, limit)
            resource.setrlimit(number, (value, resource.getrlimit(number)[1]))
        sys.argv[1:] = order["argv"]
        os.environ.clear()
        os.environ.update(order["environment"])
        code, orderly = _code(call), True
    except BaseException:  # noqa: BLE001 - it is printed, and it is the sweep's end
        with contextlib.suppress(OSError):  # told to nobody, if there is no room for it
            traceback.print_exc()
    return (code, orderly) if all(map(_flushed, (sys.stdout, sys.stderr))) else (UNFLUSHED, False)


def _flushed(stream: IO[str] | None) -> bool:
    """Whether nothing of what was printed is lost; a stream that was closed from the beginning holds nothing."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        return False
    return True


def _put(number: int, name: str | None, flags: int) -> None:
    """Open a standard stream; without a name it is closed, and no stream of Python's then, as at its start."""
    if name is None:
        os.close(number)
        setattr(sys, ("stdin", "stdout", "stderr")[number], None)
        return
    opened = os.open(name, flags)
    os.dup2(opened, number)
    os.close(opened)


def _code(call: Callable[[], Any]) -> int:
    """What ``sys.exit(call())`` would end with."""
    try:
        told = call()
    except SystemExit as end:
        told = end.code
    if told is None:
        return 0
    if isinstance(told, int):
        return told & 0xFF
    sys.stderr.write(f"{told}\n")
    return 1


def _await(child: int, timeout: float, orders: int) -> tuple[int | None, int]:
    """The child's exit code, negative for a signal, None when it had to be killed, and the most bytes that it held.

    Its own children end with it.
    """
    overdue = not _ended_within(child, timeout, orders)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if overdue:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # it may not have become a group's leader yet
    _, status, used = os.wait4(child, 0)
    return None if overdue else os.waitstatus_to_exitcode(status), used.ru_maxrss * UNIT


def _ended_within(child: int, timeout: float, orders: int) -> bool:
    """Whether the child ends in time and its end is still wanted; it is not yet reaped then, nor is its group gone."""
    deadline = time.monotonic() + timeout
    if hasattr(os, "pidfd_open"):
        descriptor = os.pidfd_open(child)
        try:
            ready, _, _ = select.select([descriptor, orders], [], [], timeout)
        finally:
            os.close(descriptor)
        return descriptor in ready
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        if select.select([orders], [], [], POLL)[0]:
            return False
    return False


if __name__ == "__main__":
    main(*sys.argv[1:])
