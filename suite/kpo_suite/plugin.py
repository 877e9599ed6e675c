"""The pytest plugin that installing the distribution registers: options, markers and the collection of scenarios.

It does nothing in a run that collects no scenario.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kpo_reports import ReportError, clear_previous
from kpo_suite import catalogue
from kpo_suite.collection import ScenarioItem, ScenarioModule, items_of
from kpo_suite.errors import UsageError
from kpo_suite.recorder import RECORDER, Recorder
from kpo_suite.scenario import Scenario
from kpo_suite.settings import RunSettings, settle

MARKERS = (
    "replay: a scenario that writes its world's rows and pods directly",
    "live: a scenario in which a real Airflow runs a real DAG",
    "airflow: needs a real Airflow environment",
    "envtest: needs a real kube-apiserver from KUBEBUILDER_ASSETS",
    "kind: needs a real cluster made with kind",
    "browser: needs Chromium",
    "clients: runs real clients against the API server, each from an environment of its own",
    "client_kubernetes: the official Python client",
    "client_kubernetes_asyncio: kubernetes_asyncio",
    "client_lightkube: lightkube",
    "client_kr8s: kr8s",
    "client_pykube: pykube-ng",
    "client_kopf: an operator on kopf",
    "client_kubectl: kubectl",
    "client_go: client-go and controller-runtime",
    "client_chaostoolkit: Chaos Toolkit with chaosk8s",
    "client_airflow: Airflow's own operator, trigger and executor",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options begin with ``--kpo-``, so that they meet no other plugin's."""
    group = parser.getgroup("kpo-conformance", "conformance of reapers of zombie KubernetesPodOperator pods")
    group.addoption("--kpo-reaper", metavar="FILE", help="the subject's reaper.toml or a shipped reaper's name")
    group.addoption(
        "--kpo-cluster", metavar="BACKEND", help="where it happens: embedded (default), envtest, kind, kubeconfig"
    )
    group.addoption("--kpo-kubeconfig", metavar="FILE", help="the cluster of the backend kubeconfig")
    group.addoption("--kpo-context", metavar="NAME", help="its context in the kubeconfig")
    group.addoption(
        "--kpo-airflow", metavar="VERSION", help="the Airflow generation, as 3.3, or all; the version with --kpo-live"
    )
    group.addoption("--kpo-source", metavar="SOURCE", help="where task state comes from: sql (default) or rest")
    group.addoption("--kpo-airflow-schema", metavar="SCHEMA", help="Airflow's tables: recorded (default) or migrated")
    group.addoption("--kpo-worlds", metavar="WORLDS", help="how worlds are changed: plain (default), ..., or all")
    group.addoption("--kpo-faults", metavar="WHERE", help="faults at every step: none (default), single, every, pairs")
    group.addoption("--kpo-seed", metavar="N", type=int, default=0, help="which of those that are alike")
    group.addoption("--kpo-budget", metavar="TIME", help="put no more faults after this time, as 60s or 5m")
    group.addoption("--kpo-plan", metavar="PLAN", help="the faults of one run, as in its replay token")
    group.addoption(
        "--kpo-without",
        action="append",
        default=[],
        metavar="PART",
        help="a part that its world is not to have, as in its replay token",
    )
    group.addoption("--kpo-live", action="store_true", help="run the live scenarios instead of the replay ones")
    group.addoption(
        "--kpo-select", action="append", default=[], metavar="NAME", help="only these scenarios or requirements"
    )
    group.addoption("--kpo-report", metavar="DIR", help="write report.json, junit.xml, report.md and evidence there")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers and, in every process, the recorder."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    option = config.option

    def settings() -> RunSettings:
        return settle(
            reaper=option.kpo_reaper,
            cluster=option.kpo_cluster,
            kubeconfig=option.kpo_kubeconfig,
            context=option.kpo_context,
            airflow=option.kpo_airflow,
            live=option.kpo_live,
            source=option.kpo_source,
            schema=option.kpo_airflow_schema,
            worlds=option.kpo_worlds,
            faults=option.kpo_faults,
            seed=option.kpo_seed,
            budget=option.kpo_budget,
            plan=option.kpo_plan,
            without=tuple(option.kpo_without),
            select=tuple(option.kpo_select),
            report=option.kpo_report,
        )

    worker = hasattr(config, "workerinput")
    if option.kpo_report and not worker and not option.collectonly:
        try:
            clear_previous(Path(option.kpo_report))
        except ReportError as error:
            raise pytest.UsageError(str(error)) from None
    recorder = Recorder(settings, worker=worker)
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(recorder, "kpo-recorder")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the modules of registered scenario packages, and a vendor's own ``*_scenarios.py``."""
    if file_path.suffix != ".py":
        return None
    if file_path.stem.endswith("_scenarios") or catalogue.registers(file_path):
        return ScenarioModule.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Collect ``@scenario`` functions that stand in an ordinary test module."""
    del name
    if not isinstance(obj, Scenario):
        return None
    return list(items_of(collector, obj)) if obj.module == getattr(collector.obj, "__name__", "") else []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the scenarios of the other kind and those that were not selected."""
    kind = "live" if config.option.kpo_live else "replay"
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        foreign = isinstance(item, ScenarioItem) and not (
            item.case.scenario.kind == kind and catalogue.selected(item.case, config.option.kpo_select)
        )
        (left_out if foreign else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    worlds = [item for item in kept if isinstance(item, ScenarioItem)]
    if worlds:
        processes = getattr(config, "workerinput", {}).get("workercount", 1)
        try:
            config.stash[RECORDER].share(processes / len(worlds))
            _ = config.stash[RECORDER].settings
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
