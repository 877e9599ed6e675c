"""The embedded cluster beside a real kube-apiserver with etcd under the same client: start, memory, writes, reads.

Each server runs in a process of its own, so that its memory is its own; the client is this process. Exit code 1 when a
target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import psutil

from kpo_fixtures.endpoints import Endpoint

SIZES = (1_000, 10_000)
"""Pods in the cluster when the reads are measured."""
CONNECTIONS = 8
PAGE = 500
WATCHERS, WATCHED = 20, 500
CREATES_RATIO, START_RATIO, MEMORY_RATIO = 2.0, 0.1, 0.1
LINEAR = 2.0
"""How many times slower a create may be at the last size than at the first and still count as linear growth."""

_SERVE = """
import sys, time
import aiohttp.web, orjson, psutil, pytest, trustme
before = psutil.Process().memory_info().rss
began = time.perf_counter()
from kpo_fixtures.clusters.backends import cluster_named
imported = time.perf_counter()
with cluster_named(sys.argv[1]) as cluster:
    started = time.perf_counter()
    found = {"url": cluster.endpoint.url, "ca_pem": cluster.endpoint.ca_pem, "token": cluster.endpoint.token,
             "version": cluster.kubernetes_version, "imports": imported - began, "start": started - imported,
             "before": before}
    print(orjson.dumps(found).decode(), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Served:
    """A running server. ``added`` is what it takes while nothing is stored, in bytes.

    That is all of the real server's processes. Ours runs in the process of the tests, which has loaded pytest and the
    HTTP and certificate libraries in any case: what the process takes more once it serves.
    """

    endpoint: Endpoint
    version: str
    start: float
    processes: list[psutil.Process]
    added: int

    def memory(self) -> int:
        """Resident bytes of its processes."""
        return sum(process.memory_info().rss for process in self.processes)


@contextmanager
def served(name: str) -> Iterator[Served]:
    """A backend in a process of its own; for the real one, without the Python that only holds it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"the {name} cluster did not start; its words are above")
        found = json.loads(line)
        children = psutil.Process(process.pid).children(recursive=True)
        servers = [each for each in children if each.name() in {"kube-apiserver", "etcd", "kubebox"}]
        held = servers or [psutil.Process(process.pid)]
        endpoint = Endpoint(url=found["url"], ca_pem=found["ca_pem"], token=found["token"])
        taken = sum(each.memory_info().rss for each in held)
        added = taken if servers else taken - found["before"]
        yield Served(endpoint, found["version"], found["start"] + found["imports"], held, added)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=30)


class Client:
    """As many requests at once as there are connections, each sent when the one before is answered."""

    def __init__(self, endpoint: Endpoint, session: aiohttp.ClientSession) -> None:
        self._pods = f"{endpoint.url}/api/v1/namespaces/default/pods"
        self._root = endpoint.url
        self._session = session

    async def prepare(self) -> None:
        """The account that pods run as; a controller makes it elsewhere."""
        account = orjson.dumps({"metadata": {"name": "default"}})
        async with self._session.post(
            f"{self._root}/api/v1/namespaces/default/serviceaccounts", data=account, headers=_JSON
        ) as answer:
            assert answer.status in {201, 409}, await answer.text()

    async def create(self, first: int, count: int) -> float:
        """Create pods and return how many were made in a second."""
        numbers = iter(range(first, first + count))

        async def worker() -> None:
            for number in numbers:
                async with self._session.post(self._pods, data=_pod(number), headers=_JSON) as answer:
                    if answer.status != 201:
                        raise SystemExit(f"a pod was refused: {await answer.text()}")
                    await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
        return count / (time.perf_counter() - began)

    async def list(self) -> tuple[float, int]:
        """Seconds and bytes of one whole LIST."""
        began = time.perf_counter()
        async with self._session.get(self._pods) as answer:
            text = await answer.read()
        return time.perf_counter() - began, len(text)

    async def pages(self) -> tuple[float, int]:
        """Seconds and number of the pages of a LIST."""
        began, count, token = time.perf_counter(), 0, ""
        while True:
            params = {"limit": str(PAGE), **({"continue": token} if token else {})}
            async with self._session.get(self._pods, params=params) as answer:
                found = orjson.loads(await answer.read())
            count += 1
            token = found["metadata"].get("continue", "")
            if not token:
                return time.perf_counter() - began, count

    async def fan_out(self, first: int) -> tuple[float, float]:
        """Median and 99th percentile of the seconds from a create's answer to its event, over all watchers."""
        made: dict[str, float] = {}
        seen: list[tuple[str, float]] = []
        ready = asyncio.Semaphore(0)
        async with self._session.get(self._pods, params={"limit": "1"}) as answer:
            version = orjson.loads(await answer.read())["metadata"]["resourceVersion"]

        async def watch() -> None:
            params = {"watch": "1", "resourceVersion": version}
            async with self._session.get(self._pods, params=params) as answer:
                ready.release()
                for _ in range(WATCHED):
                    line = await answer.content.readuntil(b"\n")
                    now = time.perf_counter()
                    seen.append((orjson.loads(line)["object"]["metadata"]["name"], now))

        watchers = [asyncio.create_task(watch()) for _ in range(WATCHERS)]
        for _ in watchers:
            await ready.acquire()
        for number in range(first, first + WATCHED):
            began = time.perf_counter()
            async with self._session.post(self._pods, data=_pod(number), headers=_JSON) as answer:
                assert answer.status == 201, await answer.text()
                await answer.read()
            made[f"p{number:06}"] = began
        async with asyncio.timeout(60):
            await asyncio.gather(*watchers)
        delays = sorted(when - made[name] for name, when in seen)
        return delays[len(delays) // 2], delays[len(delays) * 99 // 100]


_JSON = {"Content-Type": "application/json"}


def _pod(number: int) -> bytes:
    return orjson.dumps(
        {
            "metadata": {"name": f"p{number:06}", "labels": {"dag_id": "etl", "try_number": "1"}},
            "spec": {
                "automountServiceAccountToken": False,
                "containers": [{"name": "base", "image": "busybox:1.36", "args": ["sleep", "60"]}],
            },
        }
    )


async def measure(server: Served) -> dict[str, Any]:
    """All figures of one server: seconds, bytes, and counts in a second."""
    context: ssl.SSLContext = server.endpoint.ssl_context()
    connector = aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS + WATCHERS)
    figures: dict[str, Any] = {"version": server.version, "start": server.start, "memory_added": server.added}
    figures["memory_empty"] = server.memory()
    headers = {"Authorization": f"Bearer {server.endpoint.token}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers, read_bufsize=2**20) as session:
        client = Client(server.endpoint, session)
        await client.prepare()
        await client.create(900_000, 200)  # warm
        present = 0
        for size in SIZES:
            figures[f"creates_{size}"] = await client.create(present, size - present)
            present = size
            await client.list()
            figures[f"list_{size}"], figures["list_bytes"] = await client.list()
            figures[f"pages_{size}"], figures["pages"] = await client.pages()
            figures[f"memory_{size}"] = server.memory()
        figures["watch_median"], figures["watch_p99"] = await client.fan_out(800_000)
    return figures


def targets(ours: dict[str, Any], real: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """What was promised: words, the ratio, its bound, and whether it is kept."""
    first, last = SIZES
    found = [
        (
            f"creates at {size}, times the real server's",
            ours[f"creates_{size}"] / real[f"creates_{size}"],
            CREATES_RATIO,
        )
        for size in SIZES
    ]
    rows = [(words, ratio, bound, ratio >= bound) for words, ratio, bound in found]
    start = ours["start"] / real["start"]
    rows.append(("start, of the real server's", start, START_RATIO, start <= START_RATIO))
    memory = ours["memory_added"] / real["memory_added"]
    rows.append(("an empty cluster's memory, of the real server's", memory, MEMORY_RATIO, memory <= MEMORY_RATIO))
    slower = ours[f"creates_{first}"] / ours[f"creates_{last}"]
    rows.append((f"a create at {last}, times one at {first}", slower, LINEAR, slower <= LINEAR))
    listed = ours[f"list_{last}"] / ours[f"list_{first}"] / (last / first)
    rows.append((f"a listed pod at {last}, times one at {first}", listed, LINEAR, listed <= LINEAR))
    return rows


def main() -> int:
    """Measure both, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    asked = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    for name in ("embedded", "envtest"):
        with served(name) as server:
            figures[name] = asyncio.run(measure(server))
    rows = targets(figures["embedded"], figures["envtest"])
    if asked.json:
        kept = [{"target": words, "ratio": ratio, "bound": bound, "kept": held} for words, ratio, bound, held in rows]
        print(json.dumps({"figures": figures, "targets": kept}, indent=2))
    else:
        for key, value in figures["embedded"].items():
            other = figures["envtest"][key]
            print(f"{key:16} {_words(key, value):>14} {_words(key, other):>14}")
        for words, ratio, bound, held in rows:
            print(f"{'kept  ' if held else 'MISSED'} {words}: {ratio:.3g} (bound {bound:g})")
    return 0 if all(held for *_, held in rows) else 1


def _words(key: str, value: Any) -> str:
    if key.startswith("memory") or key.endswith("bytes"):
        return f"{value / 2**20:.1f} MiB"
    if key.startswith("creates"):
        return f"{value:.0f}/s"
    return f"{value * 1000:.1f} ms" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
