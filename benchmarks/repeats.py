"""Whether any verdict or history differs when the reference reaper is put to every case again and again.

The cases are in another order each time. Stops after ``--times`` runs of every case or after ``--seconds``. With
``--kept FILE`` it goes on from what that file holds, which is of one state of the project: begin a new one after a
change. Exit code 1 when something differed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from queue import Empty
from typing import Any

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Outcome, Trial, trials

POLL = 1.0
"""Seconds between two looks at the processes and the clock."""


def seen(outcome: Outcome) -> str:
    """What a run came to, in one word for each history and its verdicts."""
    verdicts = " ".join(f"{each.requirement}={each.verdict}" for each in outcome.judged)
    return outcome.error or f"{outcome.fingerprint} {verdicts}"


def repeat(wanted: list[Trial], seed: str, told: multiprocessing.Queue[tuple[str, str]]) -> None:
    """In a process of its own: run every case, shuffle, run every case, until ended."""
    order = random.Random(seed)
    with Bench(catalogue.shipped_reapers()) as bench:
        while True:
            order.shuffle(wanted)
            for trial in wanted:
                told.put((trial.case, seen(bench.outcome(trial))))


def running(wanted: list[Trial], workers: int) -> Iterator[tuple[str, str] | None]:
    """What the processes tell, None where nothing came for a while. Raises RuntimeError when one of them broke."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    started = f"{time.time()}"
    processes = [
        context.Process(target=repeat, args=(wanted, f"{started}/{number}", told)) for number in range(workers)
    ]
    try:
        for process in processes:
            process.start()
        while True:
            if not all(process.is_alive() for process in processes):
                raise RuntimeError("a process that repeats the cases has ended")
            try:
                yield told.get(timeout=POLL)
            except Empty:
                yield None
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def main() -> int:
    """Repeat, print, and say whether anything differed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1000, help="runs of every case (default: 1000)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no more are counted")
    parser.add_argument("--select", default="*", metavar="CASE", help="cases, as a shell pattern")
    parser.add_argument("--kept", type=Path, help="what was seen before, and is kept for the next time")
    parser.add_argument("-n", type=int, default=2, help="processes side by side (default: 2)")
    asked = parser.parse_args()
    wanted = [each for each in trials("repeat") if fnmatchcase(each.case, asked.select)]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    if asked.kept and asked.kept.exists():
        before: Mapping[str, Mapping[str, Any]] = json.loads(asked.kept.read_text())
        found.update({case: Counter(counts) for case, counts in before.items()})
    ends = time.monotonic() + asked.seconds
    runs = running(wanted, asked.n)
    try:
        for each in itertools.takewhile(lambda _: time.monotonic() < ends, runs):
            if each is not None:
                found[each[0]][each[1]] += 1
                if min(found[trial.case].total() for trial in wanted) >= asked.times:
                    break
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        runs.close()
        if asked.kept:
            asked.kept.write_text(json.dumps(found, indent=1))
    totals = [found[trial.case].total() for trial in wanted]
    print(f"{sum(totals)} runs of {len(wanted)} cases, each {min(totals)} to {max(totals)} times")
    flips = {trial.case: found[trial.case] for trial in wanted if len(found[trial.case]) > 1}
    for case, counts in flips.items():
        print(f"{case} differed: {', '.join(f'{count} x {word}' for word, count in counts.most_common())}")
    print(f"{len(flips)} cases differed")
    return 1 if flips else 0


if __name__ == "__main__":
    sys.exit(main())
