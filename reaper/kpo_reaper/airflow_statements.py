"""What Airflow's metadata database is asked: SQL for PostgreSQL, and for the databases without arrays.

It is text, since a sweep asks each question once: composing them from expressions would take a fifth of its time.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

import sqlalchemy as sa

from kpo_reaper.labels import TAIL_LENGTH, tail_of
from kpo_reaper.pods import Attempts

DAGS = sa.text("SELECT dag_id FROM dag")


@cache
def which_airflow(dialect: str) -> sa.TextClause:
    """Each row of ``alembic_version``: the migration, whether there is any task instance, whether it is a standby."""
    standby = "pg_is_in_recovery()" if dialect == "postgresql" else "1 = 0"
    return sa.text(
        f"SELECT version_num, EXISTS (SELECT 1 FROM task_instance), {standby} FROM alembic_version"  # noqa: S608
    )


@cache
def dags_with_runs(dialect: str) -> sa.TextClause:
    """The distinct dag_ids of dag_run, which every task instance refers to, each beside the number of them.

    PostgreSQL reads a whole index for DISTINCT, so there each dag_id is sought after the one before it.
    """
    if dialect != "postgresql":
        return sa.text("SELECT dag_id, count(*) OVER () FROM (SELECT DISTINCT dag_id FROM dag_run) AS found")
    return sa.text(
        """
        WITH RECURSIVE found(dag_id) AS (
            SELECT min(dag_id) FROM dag_run
            UNION ALL
            SELECT (SELECT min(dag_id) FROM dag_run WHERE dag_id > found.dag_id)
            FROM found WHERE found.dag_id IS NOT NULL
        )
        SELECT dag_id, count(*) OVER () FROM found WHERE dag_id IS NOT NULL
        """
    )


@cache
def task_instances(dialect: str, *, with_memory: bool) -> sa.TextClause:
    """The task instances that the parameters may mean, each beside the number of them and, ``with_memory``, its pod.

    One row comes in any case, so that no row is an answer that was lost and not one without task instances.
    """
    memory = "memory.value" if with_memory else "NULL"
    join = (
        """
        LEFT JOIN task_state_store AS memory
            ON memory.dag_id = instance.dag_id AND memory.run_id = instance.run_id
            AND memory.task_id = instance.task_id AND memory.map_index = instance.map_index
            AND memory.key = 'pod_identifier'
        """
        if with_memory
        else ""
    )
    conditions = _Conditions(dialect)
    return sa.text(
        f"""
        SELECT dag_id, run_id, task_id, map_index, state, try_number, total, remembered
        FROM (SELECT 1 AS some_row) AS some_row LEFT JOIN (
            SELECT instance.dag_id, instance.run_id, instance.task_id, instance.map_index, instance.state,
                instance.try_number, count(*) OVER () AS total, {memory} AS remembered
            FROM task_instance AS instance
            JOIN dag_run AS run ON run.dag_id = instance.dag_id AND run.run_id = instance.run_id
            {join}
            WHERE {conditions.among("run.dag_id", "dags")}
                AND {conditions.labelled("run.run_id", "runs")}
                AND {conditions.labelled("instance.task_id", "tasks")}
                AND {conditions.among("instance.map_index", "map_indexes", sa.Integer())}
        ) AS found ON 1 = 1
        """  # noqa: S608 - made of nothing but what stands here
    ).bindparams(*conditions.parameters)


def parameters(dag_ids: Collection[str], wanted: Collection[Attempts]) -> dict[str, Any]:
    """The parameters of ``task_instances``.

    The label of an id is ``wanted`` only if it equals the id, or the MD5 of the id begins as the label ends.
    """
    return {
        "dags": sorted(dag_ids),
        **_labels("runs", {attempts.run for attempts in wanted}),
        **_labels("tasks", {attempts.task for attempts in wanted}),
        "map_indexes": sorted({attempts.map_index for attempts in wanted}),
    }


def _labels(name: str, labels: Collection[str]) -> dict[str, list[str]]:
    """The parameters of ``_Conditions.labelled``."""
    return {name: sorted(labels), f"{name}_tails": sorted({tail for label in labels if (tail := tail_of(label))})}


class _Conditions:
    """Conditions of a statement, and their ``parameters``.

    A list is one parameter where the dialect has arrays: a statement may only have 65535.
    """

    def __init__(self, dialect: str) -> None:
        self._arrays = dialect == "postgresql"
        self.parameters: list[sa.BindParameter[Any]] = []

    def among(self, expression: str, name: str, kind: sa.String | sa.Integer | None = None) -> str:
        kind = kind or sa.String()
        if self._arrays:
            self.parameters.append(sa.bindparam(name, type_=sa.ARRAY(kind)))
            return f"{expression} = ANY (:{name})"
        self.parameters.append(sa.bindparam(name, type_=kind, expanding=True))
        return f"{expression} IN :{name}"

    def labelled(self, column: str, name: str) -> str:
        """One of the labels stands for the id in ``column``: it equals it, or ends as the id's MD5 begins."""
        text = f"convert_to({column}, 'UTF8')" if self._arrays else column
        tail = f"substr(md5({text}), 1, {TAIL_LENGTH})"
        return f"({self.among(column, name)} OR {self.among(tail, f'{name}_tails')})"
