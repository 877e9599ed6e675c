"""A control that starts the world before the first probe of a steady state and stops it whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpo_suite.chaostoolkit import running

__all__ = ["cleanup_control", "configure_control"]


def configure_control(
    scenario: str,
    reaper: str = "",
    airflow: str = "3.3",
    source: str = "sql",
    configuration: Mapping[str, Any] | None = None,
) -> None:
    """Start the world of a replay scenario; the control's arguments are those of ``actions.start_world``.

    Without ``reaper`` it is the experiment's configuration ``kpo_reaper``: the arguments of a control are taken as they
    stand, and only a configuration can be read from the environment.
    """
    word = reaper or (configuration or {}).get("kpo_reaper") or None
    running.start(scenario, reaper=word, airflow=airflow, source=source)


def cleanup_control() -> None:
    """Stop it."""
    running.stop()
