"""How the failures of known-bad reapers look: recorded by running them, shown by ``kpo-conformance explain``.

``python -m kpo_scenarios.known_bad.examples`` records them anew, into ``examples.json`` beside this file.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import msgspec

from kpo_suite.subjects.shipped import Example

FILE = "examples.json"
_UID = re.compile(r"\(uid [0-9a-f]{4}\.\.\)")


@functools.cache
def examples() -> Mapping[str, Example]:
    """By the name of a known-bad reaper, how it fails; none for those that have not been recorded."""
    told = files(__package__).joinpath(FILE).read_bytes()
    return msgspec.json.decode(told, type=dict[str, Example])


def record() -> dict[str, Example]:
    """Run a known-bad reaper for each requirement, in the first case that fails it for the stated reason.

    Raises ValueError for a reaper that survives.
    """
    from kpo_suite import catalogue
    from kpo_suite.selftest.bench import Bench
    from kpo_suite.selftest.trial import kill, rows

    reapers = catalogue.shipped_reapers()
    chosen: dict[str, str] = {}
    for name, reaper in reapers.items():
        if reaper.fails and not reaper.null and name not in catalogue.not_runnable():
            chosen.setdefault(reaper.fails, name)
    attempts = rows("kill")
    found: dict[str, Example] = {}
    with Bench(reapers) as bench:
        for name in chosen.values():
            made = bench.outcomes(attempts[f"kill/{name}"])
            if killed := kill(reapers[name], made[-1]):
                found[name] = Example(
                    scenario=made[-1].trial.case, observed=settled(killed.reason), because=settled(killed.because)
                )
    survivors = sorted(set(chosen.values()) - set(found))
    if survivors:
        raise ValueError(f"not failed as they should be: {', '.join(survivors)}")
    return dict(sorted(found.items()))


def settled(text: str) -> str:
    """A failure's words without what differs from one run to the next."""
    return _UID.sub("(uid 41c8..)", text)


if __name__ == "__main__":
    recorded = json.dumps(msgspec.to_builtins(record()), indent=1, ensure_ascii=False)
    Path(__file__).with_name(FILE).write_text(recorded + "\n", encoding="utf-8")
    sys.stdout.write(f"{recorded.count('scenario')} examples recorded\n")
