"""Actions: what an experiment does to a world, to the faults in it and to its subject."""

# No postponed annotations here: Chaos Toolkit shows the types that it finds on the functions.

from typing import Any

from kpo_reports import redact_data
from kpo_suite.chaostoolkit import running

__all__ = ["clear_faults", "put_fault", "start_world", "stop_world", "sweep"]


def start_world(scenario: str, reaper: str = "", airflow: str = "3.3", source: str = "sql") -> dict[str, Any]:
    """Start the world of a replay scenario: embedded cluster, recorded Airflow, gateways and the subject.

    ``scenario`` is its name or a case's, ``reaper`` a ``reaper.toml`` or a shipped reaper's name (default: the
    reference reaper), ``source`` sql or rest. Gives the pods by their fates: ``{"live": [...], "zombie": [...]}``.
    """
    world = running.start(scenario, reaper=reaper or None, airflow=airflow, source=source)
    pods: dict[str, Any] = {"live": [], "zombie": [], "kept": []}
    for fate in world.history().fates:
        pods[fate.kind].append(fate.pod)
    return pods


def stop_world() -> None:
    """Stop the world and everything that was started for it; does nothing where none runs."""
    running.stop()


def put_fault(form: str, at: str) -> str:
    """Put a fault into the gateways: ``form`` as ``DL2/eof``, ``at`` as ``delete-pods-1``, counted since the start.

    ``kpo-conformance list faults`` shows the forms. Gives the placement as reports write it.
    """
    return str(running.running().put(form, at))


def clear_faults() -> None:
    """End all faults: nothing more is injected, and what stalls is let go."""
    running.running().end_faults()


def sweep(times: int = 1) -> list[dict[str, Any]]:
    """Let the subject sweep; gives for each sweep its exit code, seconds and output, and how many steps it made."""
    world = running.running()
    sweeps = [world.sweep() for _ in range(times)]
    told = [
        {
            "sweep": each.ordinal,
            "exit_code": each.exit_code,
            "seconds": round(each.seconds, 3),
            "steps": max(0, each.last_step - each.first_step + 1),
            "under_faults": each.faulty,
            "stdout": each.stdout,
            "stderr": each.stderr,
        }
        for each in sweeps
    ]
    kept: list[dict[str, Any]] = redact_data(told, world.secrets)
    return kept
