"""Airflow's REST API over rows in memory, with the paging of each generation as far as the reaper meets it.

It is for what a real one does not do on demand: pages that are cut, refused, repeated or shifted between two requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .fake_server import FakeServer, Reply, Request
from .worlds import DAG, RUN, TASK

TOKEN = "s3cr3t-token-of-airflow"
USER, PASSWORD = "reaper", "s3cr3t-password"
BASIC = "cmVhcGVyOnMzY3IzdC1wYXNzd29yZA=="
CLAMP = 100


@dataclass
class Ti:
    """A task instance as the API shows it; ``memory`` is the value of pod_identifier, None for no such key."""

    state: str | None = "failed"
    try_number: int = 1
    dag_id: str = DAG
    run_id: str = RUN
    task_id: str = TASK
    map_index: int = -1
    memory: object = None

    @property
    def shown(self) -> dict[str, Any]:
        return {
            "dag_id": self.dag_id,
            "dag_run_id": self.run_id,
            "task_id": self.task_id,
            "map_index": self.map_index,
            "state": self.state,
            "try_number": self.try_number,
            "operator": "KubernetesPodOperator",
            "note": None,
        }


def refusal(status: int, detail: str = "because", **headers: str) -> Reply:
    return Reply(status, {"detail": detail}, headers)


class FakeAirflow(FakeServer):
    """Rows come in the order of ``instances``. ``clamp`` bounds the pages of what a generation does not clamp."""

    def __init__(self) -> None:
        super().__init__()
        self.version = "3.3.2"
        self.instances: list[Ti] = []
        self.more_dags: list[str] = []
        self.hidden: set[str] = set()
        self.clamp: int | None = None

    def add(self, *instances: Ti) -> None:
        self.instances += instances

    @property
    def minor(self) -> tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def answer(self, request: Request) -> Reply:
        root = "/api/v2" if self.minor >= (3, 0) else "/api/v1"
        if request.path == "/auth/token" and root == "/api/v2":
            known = request.body == {"username": USER, "password": PASSWORD}
            return Reply(201, {"access_token": TOKEN}) if known else refusal(401, f"not {request.body}")
        if not request.path.startswith(root):
            return refusal(404, "there is no such page")
        path = request.path.removeprefix(root)
        if path == "/version":
            return Reply(200, {"version": self.version, "git_version": None})
        signed = f"Bearer {TOKEN}" if root == "/api/v2" else f"Basic {BASIC}"
        if request.headers.get("Authorization") != signed:
            return refusal(401)
        return self._list(request, path) or self._of_one(path, int(request.query.get("map_index", "-1")))

    def _list(self, request: Request, path: str) -> Reply | None:
        asked = f"{request.method} {path}"
        if asked == "GET /dags":
            assert request.query["order_by"] == "dag_id"
            everyone = "exclude_stale" if self.minor >= (3, 0) else "only_active"
            assert request.query[everyone] == "false"
            ids = sorted({ti.dag_id for ti in self._visible} | set(self.more_dags) - self.hidden)
            return self._page("dags", [{"dag_id": dag_id} for dag_id in ids], request.query, clamp=CLAMP)
        if asked == "POST /dags/~/dagRuns/list":
            body = request.body
            assert body["dag_ids"], "no filter would list every run"
            runs = dict.fromkeys((ti.dag_id, ti.run_id) for ti in self._visible if ti.dag_id in body["dag_ids"])
            return self._page("dag_runs", [{"dag_id": dag, "dag_run_id": run} for dag, run in runs], body)
        if asked == "POST /dags/~/dagRuns/~/taskInstances/list":
            return self._task_instances(request.body)
        if asked == "GET /dags/~/dagRuns/~/taskInstances":
            return self._page("task_instances", [ti.shown for ti in self._visible], request.query, clamp=CLAMP)
        return None

    def _task_instances(self, body: dict[str, Any]) -> Reply:
        if "order_by" in body and self.minor < (3, 0):
            return refusal(400, "{'order_by': ['Unknown field.']}")
        assert body["dag_ids"], "no filter would list everything"
        assert body["dag_run_ids"], "no filter would list everything"
        rows = [
            ti.shown
            for ti in self._visible
            if ti.dag_id in body["dag_ids"]
            and ti.run_id in body["dag_run_ids"]
            and ("task_ids" not in body or ti.task_id in body["task_ids"])
        ]
        if self.minor < (2, 10):
            return Reply(200, {"task_instances": rows, "total_entries": len(rows)})
        return self._page("task_instances", rows, body)

    def _of_one(self, path: str, map_index: int) -> Reply:
        if re.fullmatch(r"/dags/[^/]+/dagRuns/~/taskInstances", path):
            if self.hidden:
                return refusal(403)
            return refusal(404) if self.minor >= (3, 0) else self._page("task_instances", [], {})
        found = re.fullmatch(r"/dags/(.+)/dagRuns/(.+)/taskInstances/(.+)/state-store", path)
        if not found or self.minor < (3, 3):
            return refusal(404)
        for ti in self._visible:
            if (ti.dag_id, ti.run_id, ti.task_id, ti.map_index) == (*found.groups(), map_index):
                keys = [{"key": "another", "value": 1}]
                keys += [{"key": "pod_identifier", "value": ti.memory}] if ti.memory is not None else []
                return Reply(200, {"task_state_store": keys, "total_entries": len(keys)})
        return Reply(200, {"task_state_store": [], "total_entries": 0})

    def _page(self, name: str, rows: Iterable[object], asked: dict[str, Any], *, clamp: int | None = None) -> Reply:
        everything = list(rows)
        limit = int(asked.get("page_limit", asked.get("limit", 100)))
        offset = int(asked.get("page_offset", asked.get("offset", 0)))
        page = everything[offset : offset + min(limit, clamp or limit, self.clamp or limit)]
        return Reply(200, {name: page, "total_entries": len(everything)})

    @property
    def _visible(self) -> list[Ti]:
        return [ti for ti in self.instances if ti.dag_id not in self.hidden]
