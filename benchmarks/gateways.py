"""What the HTTP gateway costs: requests a second to the embedded cluster, straight and through it.

Cluster and gateway share a process of their own, as in a run of the suite; the client is this process, as a subject
is another. Exit code 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import aiohttp
import psutil

from kpo_fixtures.endpoints import Endpoint

PODS = 500
"""In the one namespace that is asked for."""
CONNECTIONS = 8
SECONDS = 2.0
"""How long each kind of request is sent, straight and through the gateway."""
BOUND = 4.0
"""How many times the server's processor time of a small request it may take with the gateway before it."""

_SERVE = """
import json, sys
from kpo_fixtures.clusters.embedded import EmbeddedCluster
from kpo_fixtures.gateways.http import HttpGateway
def pod(number):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "airflow", "name": f"pod-{number}"},
            "spec": {"containers": [{"name": "base", "image": "busybox"}]}, "status": {"phase": "Running"}}
with EmbeddedCluster() as cluster, HttpGateway(cluster.endpoint) as gateway:
    cluster.seed([pod(number) for number in range(int(sys.argv[1]))])
    ways = {"straight": cluster.endpoint, "through": gateway.endpoint}
    print(json.dumps({way: [each.url, each.ca_pem, each.token] for way, each in ways.items()}), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Row:
    """Requests a second of one kind, straight and through a gateway, and the server's processor seconds for each."""

    kind: str
    straight: float
    through: float
    straight_seconds: float
    through_seconds: float

    @property
    def times(self) -> float:
        """How many times the processor time one takes with the gateway."""
        return self.through_seconds / self.straight_seconds


@dataclass(frozen=True)
class Served:
    """A cluster with a gateway before it: the ways to both, and their process."""

    straight: Endpoint
    through: Endpoint
    process: psutil.Process

    def busy(self) -> float:
        """Processor seconds so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def served() -> Iterator[Served]:
    """Both, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(PODS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the gateway did not start; its words are above")
        ways = {way: Endpoint(url=url, ca_pem=ca, token=token) for way, (url, ca, token) in json.loads(line).items()}
        yield Served(**ways, process=psutil.Process(process.pid))
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


async def rate(server: Served, endpoint: Endpoint, path: str, *, connections: int, kept: bool) -> tuple[float, float]:
    """Requests a second, as many at once as there are connections, and the server's processor seconds for each."""
    connector = aiohttp.TCPConnector(ssl=endpoint.ssl_context(), limit=connections, force_close=not kept)
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        answered = 0
        ends = 0.0

        async def ask() -> None:
            nonlocal answered
            while time.perf_counter() < ends:
                async with session.get(endpoint.url + path) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise SystemExit(f"a request was refused: {answer.status}")
                answered += 1

        async with session.get(endpoint.url + path) as answer:  # warm
            await answer.read()
        began, busy = time.perf_counter(), server.busy()
        ends = began + SECONDS
        await asyncio.gather(*(ask() for _ in range(connections)))
        return answered / (time.perf_counter() - began), (server.busy() - busy) / answered


_LIST = "/api/v1/namespaces/airflow/pods"
_POD = f"{_LIST}/pod-0"
KINDS = (
    ("GET of a pod, one by one", _POD, 1, True),
    ("GET of a pod, each by a new connection", _POD, 1, False),
    (f"GET of a pod, {CONNECTIONS} at once", _POD, CONNECTIONS, True),
    (f"LIST of {PODS} pods, one by one", _LIST, 1, True),
)
"""Words, path, connections, and whether these are kept."""


async def measure(server: Served) -> list[Row]:
    """Every kind both ways."""
    rows = []
    for kind, path, connections, kept in KINDS:
        straight, straight_seconds = await rate(server, server.straight, path, connections=connections, kept=kept)
        through, through_seconds = await rate(server, server.through, path, connections=connections, kept=kept)
        rows.append(Row(kind, straight, through, straight_seconds, through_seconds))
    return rows


def main() -> int:
    """Measure, print, and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    asked = parser.parse_args()
    with served() as server:
        rows = asyncio.run(measure(server))
    kept = rows[0].times <= BOUND
    if asked.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "times": rows[0].times, "kept": kept}, indent=2))
    else:
        print(f"{'requests a second, and processor time':40} {'straight':>18} {'through':>18}")
        for row in rows:
            straight, through = (
                f"{each:6.0f}/s {seconds * 1000:6.2f} ms"
                for each, seconds in ((row.straight, row.straight_seconds), (row.through, row.through_seconds))
            )
            print(f"{row.kind:40} {straight:>18} {through:>18}")
        words = f"a small request with the gateway, times one without: {rows[0].times:.2f} (bound {BOUND:g})"
        print(f"{'kept  ' if kept else 'MISSED'} {words}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
