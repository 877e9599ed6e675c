"""Whether any verdict or history differs when the reference reaper is put to every case again and again.

The cases are in another order each time. Stops after ``--times`` runs of every case or after ``--seconds``. With
``--kept FILE`` it goes on from what that file holds. A case whose history is still the same goes on being counted after
a change of the project; one whose history the change altered begins anew. Exit code 1 when something differed that no
change explains.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from queue import Empty

import kpo_fixtures
import kpo_reaper
import kpo_reports
import kpo_scenarios
import kpo_suite
from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.trial import Outcome, Trial, trials

POLL = 1.0
"""Seconds between two looks at the processes and the clock."""


@dataclass(frozen=True)
class Tally:
    """How often a case came to the same: its digest, and the state of the project when it last did."""

    seen: str
    times: int
    state: str


@dataclass
class Tallies:
    """What every case came to so far, and what was told in this ``state`` of the project that contradicts it."""

    state: str
    kept: dict[str, Tally] = field(default_factory=dict)
    flips: list[str] = field(default_factory=list)
    begun_anew: set[str] = field(default_factory=set)
    added: int = 0

    def add(self, case: str, word: str) -> None:
        """Count one more run; after another one than before, only those that are like it."""
        self.added += 1
        seen = hashlib.sha256(word.encode()).hexdigest()[:32]
        tally = self.kept.get(case)
        if tally is not None and tally.seen != seen:
            if tally.state == self.state:
                self.flips.append(f"{case}, the same {tally.times} times, came to {word}")
            else:
                self.begun_anew.add(case)
            tally = None
        self.kept[case] = Tally(seen, (tally.times if tally else 0) + 1, self.state)

    def times(self, cases: Sequence[str]) -> list[int]:
        """How often each of the cases came to the same."""
        return [self.kept[case].times if case in self.kept else 0 for case in cases]

    def write(self, path: Path) -> None:
        """Keep it for the next time."""
        lines = [f"{json.dumps(case)}: {json.dumps(asdict(tally))}" for case, tally in sorted(self.kept.items())]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")

    @classmethod
    def read(cls, path: Path | None, state: str) -> Tallies:
        """What was kept, or nothing yet."""
        if path is None or not path.exists():
            return cls(state)
        return cls(state, {case: Tally(**tally) for case, tally in json.loads(path.read_text()).items()})


def state_of_project() -> str:
    """A digest of all that the verdicts and histories are made by."""
    digest = hashlib.sha256()
    for package in (kpo_fixtures, kpo_reaper, kpo_reports, kpo_scenarios, kpo_suite):
        folder = Path(package.__path__[0])
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


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
    cases = [trial.case for trial in wanted]
    tallies = Tallies.read(asked.kept, state_of_project())
    ends = time.monotonic() + asked.seconds
    runs = running(wanted, asked.n)
    try:
        for each in itertools.takewhile(lambda _: time.monotonic() < ends, runs):
            if each is not None:
                tallies.add(*each)
                if min(tallies.times(cases)) >= asked.times:
                    break
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        runs.close()
        if asked.kept:
            tallies.write(asked.kept)
    times = tallies.times(cases)
    print(f"{len(cases)} cases, each {min(times)} to {max(times)} times the same; {tallies.added} more runs")
    if tallies.begun_anew:
        print(f"{len(tallies.begun_anew)} cases began anew after a change of the project")
    print("\n".join([*tallies.flips, f"{len(tallies.flips)} runs differed"]))
    return 1 if tallies.flips else 0


if __name__ == "__main__":
    sys.exit(main())
