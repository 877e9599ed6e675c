"""What a run was asked for, checked before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpo_fixtures.errors import FixtureError
from kpo_suite.errors import UsageError
from kpo_suite.subjects import ReaperFile, load, reference

CLUSTERS = ("embedded",)
DEFAULT_AIRFLOW = "3.3"


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The settings of one run; every pytest worker has the same.

    ``airflow`` is a recorded generation (``3.3``) or, with ``live``, a version to install (``3.3.2``). ``report`` is
    the folder for the reports, None for none.
    """

    reaper: ReaperFile
    cluster: str = "embedded"
    airflow: str = DEFAULT_AIRFLOW
    live: bool = False
    select: tuple[str, ...] = ()
    report: Path | None = None

    def config(self) -> dict[str, Any]:
        """The effective settings as the report prints them."""
        return {
            "cluster": self.cluster,
            "airflow": self.airflow,
            "live": self.live,
            "select": list(self.select),
            "argv": self.reaper.run.argv,
            "timeout_seconds": self.reaper.run.timeout,
            "sweeps": self.reaper.claims.sweeps,
        }


def settle(
    *,
    reaper: str | None,
    cluster: str | None,
    airflow: str | None,
    live: bool,
    select: tuple[str, ...],
    report: str | None,
) -> RunSettings:
    """Check the user's words and fill in defaults. Raises UsageError with one sentence."""
    chosen = cluster or "embedded"
    if chosen not in CLUSTERS:
        raise UsageError(f"{chosen!r} is no cluster backend; known are {', '.join(CLUSTERS)}.")
    return RunSettings(
        reaper=load(Path(reaper)) if reaper else reference(),
        cluster=chosen,
        airflow=_airflow(airflow or DEFAULT_AIRFLOW, live),
        live=live,
        select=select,
        report=Path(report) if report else None,
    )


def _airflow(word: str, live: bool) -> str:
    from kpo_fixtures.airflow.environments import resolve
    from kpo_fixtures.airflow.recorded import generations

    if live:
        try:
            return resolve(word)
        except FixtureError as error:
            raise UsageError(str(error)) from None
    known = generations()
    generation = ".".join(word.split(".")[:2])
    if generation not in known:
        raise UsageError(f"Airflow {word} is not known; recorded generations are {', '.join(known)}.")
    return generation
