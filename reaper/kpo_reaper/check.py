"""Whether a sweep could work here: both stores answer, Airflow is one that is known, and the rights are enough.

It reads what a sweep reads and deletes nothing.
"""

from __future__ import annotations

from kpo_reaper.cluster import Cluster
from kpo_reaper.errors import ReaperError
from kpo_reaper.pods import Attempts
from kpo_reaper.report import Report
from kpo_reaper.settings import Settings
from kpo_reaper.sweep import both_stores

VERBS = ("get", "list", "delete")
NOBODY = Attempts("kpo-reaper.check", "kpo-reaper.check", "kpo-reaper.check", -1)
"""What no pod's labels say: to look for it takes the same rights as to look for any."""


def check(settings: Settings, report: Report) -> None:
    """Tell ``report`` what is as it must be and what is not. Raises SettingsError before anything was asked."""
    with both_stores(settings) as (cluster, source):
        if settings.cluster_uid:
            _check_cluster(cluster, settings.cluster_uid, report)
        for namespace in settings.namespaces or (None,):
            for verb in VERBS:
                _check_right(cluster, verb, namespace, report)
        try:
            source.read({NOBODY})
        except ReaperError as error:
            report.checked("reading Airflow", str(error))
        else:
            report.checked(f"reading {source.release}")


def _check_cluster(cluster: Cluster, uid: str, report: Report) -> None:
    try:
        cluster.check_identity(uid)
    except ReaperError as error:
        report.checked("the cluster", str(error))
    else:
        report.checked(f"the cluster is {uid}")


def _check_right(cluster: Cluster, verb: str, namespace: str | None, report: Report) -> None:
    where = f"namespace {namespace}" if namespace else "all namespaces"
    what = f"right to {verb} pods in {where}"
    try:
        allowed = cluster.may(verb, namespace)
    except ReaperError as error:
        report.checked(what, str(error))
    else:
        report.checked(what, "" if allowed else f"RBAC does not allow to {verb} pods in {where}")
