"""What a sweep would do with one pod, and why; nothing is deleted."""

from __future__ import annotations

from kpo_reaper.errors import ReaperError
from kpo_reaper.report import Report
from kpo_reaper.settings import Settings
from kpo_reaper.sweep import Sweep, both_stores


def explain(pod: tuple[str, str], settings: Settings, report: Report) -> None:
    """Tell ``report`` the decision on the pod of a namespace and a name. Raises SettingsError before it began."""
    with both_stores(settings) as (cluster, source):
        try:
            decision = Sweep(settings, cluster, source, report).explain(*pod)
        except ReaperError as error:
            report.error(str(error))
        else:
            if decision is None:
                report.error(f"there is no pod {'/'.join(pod)}")
            else:
                report.explained(decision)
