"""What faults at every step take: the same faulty runs on the embedded cluster and on a real kube-apiserver.

Both runs are ``kpo-conformance run --faults single`` with the same seed, so that each puts the same faults at the same
steps. Exit code 1 when one of them fails, or covers other points than the other.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SOME = ("KEEP-REATTACHED", "DELETE-ONCE", "REAP-SIDECAR")
"""What is measured unless something else is asked for: worlds of a few pods."""
BACKENDS = ("embedded", "envtest")


@dataclass(frozen=True)
class Measured:
    """The faulty runs on one backend; ``seconds`` are those of the runs alone, of all processes."""

    backend: str
    failed: bool
    points: int
    covered: int
    cases: int
    seconds: float


def measured(backend: str, selection: tuple[str, ...], workers: int) -> Measured:
    """Make the runs on one backend."""
    words = [word for name in selection for word in ("--select", name)]
    with tempfile.TemporaryDirectory(prefix="kpo-conformance-") as folder:
        command = [Path(sys.executable).with_name("kpo-conformance"), "run", "--faults", "single", "--cluster", backend]
        done = subprocess.run(
            [*command, "-n", str(workers), "--report", folder, *words], stdout=sys.stderr, check=False
        )
        report: dict[str, Any] = json.loads((Path(folder) / "report.json").read_text())
    placed = report["summary"]["faults"]
    figures = {name: placed[name] for name in ("points", "covered", "cases", "seconds")}
    return Measured(backend=backend, failed=done.returncode != 0, **figures)


def main() -> int:
    """Measure, print, and say whether both agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--select", action="append", metavar="NAME", help="scenarios or requirements")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("-n", type=int, default=2, help="processes side by side (default: 2)")
    asked = parser.parse_args()
    embedded, real = (measured(backend, tuple(asked.select or SOME), asked.n) for backend in BACKENDS)
    ratio = real.seconds / embedded.seconds
    if asked.json:
        print(json.dumps({"embedded": asdict(embedded), "envtest": asdict(real), "ratio": ratio}, indent=2))
    else:
        for each in (embedded, real):
            print(
                f"{each.backend:<9} {each.cases:5d} runs, {each.covered} of {each.points} points, "
                f"{each.seconds:7.1f} s, {1000 * each.seconds / max(1, each.cases):5.0f} ms each"
            )
        print(f"on a real API server they take {ratio:.1f} times as long")
    alike = (embedded.points, embedded.covered) == (real.points, real.covered)
    return 0 if alike and not (embedded.failed or real.failed) else 1


if __name__ == "__main__":
    sys.exit(main())
