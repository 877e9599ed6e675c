"""A reaper in a namespace of a hundred thousand pods, in 256 MiB of memory: the faults LS15 and SC7 of the catalogue.

It takes some minutes, most of them to write the world. Exit code 1 when the sweep was not right or not made in pages.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import msgspec

from kpo_fixtures.faults import Plan
from kpo_fixtures.gateways.recording import BODY_LIMIT
from kpo_suite import World, scenario
from kpo_suite.cost import queries
from kpo_suite.history import History
from kpo_suite.runner import record, write
from kpo_suite.scenario import Case, Pass
from kpo_suite.settings import settle
from kpo_suite.subjects import open_subject
from kpo_suite.sweeping import sweep
from kpo_suite.testbed import Testbed

PODS, ZOMBIES = 100_000, 50
AT_ONCE = 1_000
"""Pods that are written in one request."""
PATIENCE = 300.0
"""Seconds that the sweep may take: the reference's own deadline."""


def large(pods: int) -> Case:
    """Map indexes of one task that run, each with its pod; here and there one has failed. All of them come later."""

    @scenario(examines="REAP-EVERY-PAGE")
    def few_among_very_many(world: World) -> None:
        """So many pods.

        a zombie now and then
        """
        for index in range(pods):
            over = index % (pods // ZOMBIES) == 0
            pod = world.pod(world.task(map_index=index, state="failed" if over else "running", later=True), later=True)
            if over:
                pod.zombie("its map index failed")
            else:
                pod.live("its map index runs", examines="KEEP-UNFINISHED")

    (case,) = few_among_very_many.cases()
    return case


def swept(reaper: str | None, pods: int) -> tuple[History, float]:
    """What one sweep did, and the seconds that the world took to be written."""
    settings = settle(reaper=reaper, cluster=None, airflow=None)
    file = settings.reaper
    patient = msgspec.structs.replace(file, run=msgspec.structs.replace(file.run, timeout=PATIENCE))
    with Testbed(settings) as testbed, open_subject(patient) as subject:
        began = time.monotonic()
        written = write(large(pods), testbed, subject, "3.3")
        many = [pod for pod in written.world.pods if pod.later]
        for first in range(0, len(many), AT_ONCE):
            some = many[first : first + AT_ONCE]
            written.stage.write(*(pod.task for pod in some if pod.task is not None))
            written.stage.create(*some)
        seconds = time.monotonic() - began
        testbed.timeline.arm(Plan.parse("PR7@sweep-1"), [], stage=written.stage, version=written.version)
        return record(written, testbed, subject, [sweep(subject, testbed, Pass(), 1)]), seconds


def main() -> int:
    """Sweep once, print what it took, and tell whether it was right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reaper", help="a reaper's file or the name of a shipped one (default: the reference)")
    parser.add_argument("--pods", type=int, default=PODS, help=f"pods in the namespace, {ZOMBIES} or more")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    history, seconds = swept(arguments.reaper, max(arguments.pods, ZOMBIES))
    (done,) = history.sweeps
    pages = list(history.requests(verb="list", resource="pods"))
    longest = max((len(page.response_body) for page in pages), default=0)
    figures = {
        "pods": arguments.pods,
        "seconds to write": round(seconds, 1),
        "seconds to sweep": round(done.seconds, 1),
        "MiB, the most": done.memory and round(done.memory / (1 << 20)),
        "exit code": done.exit_code,
        "pages": len(pages),
        "longest page, bytes": f"{longest}{' or more' * (longest == BODY_LIMIT)}",
        "queries": queries(history),
        "deletions": len(history.deletions()),
    }
    print(json.dumps(figures) if arguments.json else "\n".join(f"{name:<22}{told}" for name, told in figures.items()))
    if done.failure:
        print(done.failure, file=sys.stderr)
    zombies = {fate.uid for fate in history.fates if fate.kind == "zombie"}
    right = done.exit_code == 0 and {deletion.uid for deletion in history.deletions()} == zombies
    return int(bool(history.unreached) or not right or longest == BODY_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
