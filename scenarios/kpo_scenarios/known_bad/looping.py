"""Run a daemon of this package: ``python -m kpo_scenarios.known_bad.looping MODULE NAME …``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kpo_scenarios.known_bad.plain import Api
from kpo_scenarios.known_bad.registry import declared

REFUSED = 2


def main(argv: Sequence[str]) -> int:
    """Run the daemon with this name, which its module declares. Exit codes as a reaper's: 2 for odd settings."""
    module, name, *settings = argv
    importlib.import_module(module)
    daemon = declared()[name].reaper(
        Api(Path(os.environ["KUBECONFIG"])),
        os.environ.get("DATABASE_URL", ""),
        os.environ["KPO_CONFORMANCE_NAMESPACES"].split(","),
    )
    complaint = daemon.configure(settings)
    if complaint:
        sys.stderr.write(f"{name}: {complaint}\n")
        return REFUSED
    return int(daemon.run())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
