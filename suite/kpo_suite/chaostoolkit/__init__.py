"""An extension of Chaos Toolkit: worlds, sweeps and faults as activities of an experiment.

Chaos Toolkit is no dependency of the suite: whoever runs ``chaos`` has it. Nothing here imports it but ``discover``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

__all__ = ["discover"]
__version__ = version("kpo-conformance")


def discover(discover_system: bool = True) -> dict[str, Any]:  # noqa: ARG001 - Chaos Toolkit's signature
    """Every action and probe with its arguments, as Chaos Toolkit's discovery has them. Raises ImportError without it.

    ``chaos discover`` finds this function where a distribution has one package only; ours has several, so that it is
    to be called by name.
    """
    discovery = import_module("chaoslib.discovery.discover")
    found: dict[str, Any] = discovery.initialize_discovery_result("kpo-conformance", __version__, "kubernetes")
    found["activities"] += discovery.discover_actions("kpo_suite.chaostoolkit.actions")
    found["activities"] += discovery.discover_probes("kpo_suite.chaostoolkit.probes")
    return found
