"""What the PostgreSQL gateway costs: connections and statements with and without it, under the same client.

The gateway runs in this process and the client in one of its own, as a subject does. Exit code 1 when the target is
missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.gateways.postgres import PostgresGateway

ROUNDS = 5
"""Measurements of each way, by turns; their median counts."""
LONGER = 5.0
"""How many times as long a small statement may take through the gateway."""

_ASK = """
import sys, time, json
import psycopg

def rate(work, times):
    began = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - began)

dsn = sys.argv[1]
found = {"connections": rate(lambda: psycopg.connect(dsn).close(), 50)}
with psycopg.connect(dsn, autocommit=True) as connection:
    found["simple"] = rate(lambda: connection.execute("SELECT 1").fetchall(), 1000)
    found["prepared"] = rate(lambda: connection.execute("SELECT %s::int", [1], prepare=True).fetchall(), 1000)
    query = "SELECT i, 'as long as a row of a task instance is', i::text FROM generate_series(1, 100000) i"
    found["rows"] = 100000 * rate(lambda: connection.execute(query).fetchall(), 1)
print(json.dumps(found))
"""


def measured(dsn: str) -> dict[str, float]:
    """What a client reaches in one second: connections, simple and prepared statements, rows."""
    found = subprocess.run([sys.executable, "-c", _ASK, dsn], capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in json.loads(found.stdout).items()}


def main() -> int:
    """Measure, print, and tell whether the target was met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {"without": [], "with": []}
    with PostgresServer() as server, PostgresGateway(server.port) as gateway:
        for _ in range(ROUNDS):
            runs["without"].append(measured(server.read_only_dsn()))
            runs["with"].append(measured(server.read_only_dsn(port=gateway.port)))
            gateway.clear()
    rates = {
        way: {name: statistics.median(run[name] for run in found) for name in found[0]} for way, found in runs.items()
    }
    longer = {name: rates["without"][name] / rates["with"][name] for name in rates["with"]}
    if arguments.json:
        print(json.dumps({**rates, "longer": longer}))
    else:
        print(f"{'a second':<14}{'without':>10}{'with':>10}{'longer':>10}")
        for name, factor in longer.items():
            print(f"{name:<14}{rates['without'][name]:>10.0f}{rates['with'][name]:>10.0f}{factor:>9.1f}x")
    return int(longer["simple"] > LONGER)


if __name__ == "__main__":
    sys.exit(main())
