"""Airflow's metadata database as a state source: one read-only transaction tells all that a set of pods needs.

The number of statements is constant; the database narrows the rows by what the labels can tell and the policy compares
exactly. Nothing is written or locked, and every error means that nothing was read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import socket
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from kpo_reaper.airflow_versions import GENERATIONS, Generation
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import SettingsError, StateSourceError
from kpo_reaper.labels import TAIL_LENGTH, label_of, tail_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, StoredPod, TaskInstanceFacts

AT_ONCE = 1000
"""Rows that are held at a time until no more is known of them than is needed."""
T = TypeVar("T", str, int)

_tables = sa.MetaData()
_version = sa.Table("alembic_version", _tables, sa.Column("version_num", sa.String))
_dag = sa.Table("dag", _tables, sa.Column("dag_id", sa.String))
_run = sa.Table("dag_run", _tables, sa.Column("dag_id", sa.String), sa.Column("run_id", sa.String))
_instance = sa.Table(
    "task_instance",
    _tables,
    sa.Column("dag_id", sa.String),
    sa.Column("run_id", sa.String),
    sa.Column("task_id", sa.String),
    sa.Column("map_index", sa.Integer),
    sa.Column("state", sa.String),
    sa.Column("try_number", sa.Integer),
)
_memory = sa.Table(
    "task_state_store",
    _tables,
    sa.Column("dag_id", sa.String),
    sa.Column("run_id", sa.String),
    sa.Column("task_id", sa.String),
    sa.Column("map_index", sa.Integer),
    sa.Column("key", sa.String),
    sa.Column("value", sa.String),
)


class _Row(msgspec.Struct, frozen=True, array_like=True):
    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int | None
    total: int
    remembered: str | None = None


class AirflowDatabase:
    """The database behind ``sql_alchemy_conn``, connected at the first read and until ``close``.

    ``timeout`` bounds a read with all its statements, in seconds. Raises SettingsError for a DSN that cannot be used.
    """

    def __init__(self, sql_alchemy_conn: str, *, timeout: float, deadline: Deadline) -> None:
        self._url = _usable_url(sql_alchemy_conn)
        self._timeout = timeout
        self._deadline = deadline
        self._connection: Connection | None = None
        self.release = ""
        self._driver_connection: Any = None
        self._engine = _engine(self._url)
        sa.event.listen(self._engine, "do_connect", self._connect)

    def read(self, wanted: Collection[Attempts]) -> Snapshot:
        """Read every task instance that one of ``wanted`` fits, in one transaction.

        Raises StateSourceError when that did not succeed as a whole, when the database is not one of Airflow's known
        generations, is a standby, or holds no task instance at all; DeadlineError when the sweep's time is up.
        """
        patience = self._deadline.at_most(self._timeout)
        overdue = threading.Event()
        try:
            with self._cut_off(patience, overdue):
                if self._connection is None:
                    self._connection = self._engine.connect()
                with self._connection.begin():
                    return self._read(self._connection, wanted)
        except (SQLAlchemyError, OSError, ValueError) as error:
            told = f"no answer within {patience:g} seconds" if overdue.is_set() else self._told(error)
            raise StateSourceError(f"Airflow's database {self._name} could not be read: {told}") from None

    def recall(
        self,
        snapshot: Snapshot,
        instances: Collection[TaskInstanceFacts],  # noqa: ARG002 - StateSource's signature
        tell: Callable[[str], None],  # noqa: ARG002
    ) -> Snapshot:
        """The snapshot itself: the pods that Airflow remembers were read with the rows."""
        return snapshot

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        if self._connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _connect(self, dialect: Dialect, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:
        patience = self._deadline.at_most(self._timeout)
        if dialect.name == "sqlite":
            options["timeout"] = patience
        else:
            options["connect_timeout"] = max(2, round(patience))
        self._driver_connection = dialect.connect(*arguments, **options)
        return self._driver_connection

    @contextlib.contextmanager
    def _cut_off(self, seconds: float, overdue: threading.Event) -> Iterator[None]:
        """Shut the socket down after ``seconds``: where a server stalls, its own statement_timeout does not help."""

        def shut_down() -> None:
            overdue.set()
            fileno = getattr(self._driver_connection, "fileno", None)
            if fileno is not None:
                with contextlib.suppress(Exception), socket.socket(fileno=socket.dup(fileno())) as same:
                    same.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, shut_down)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @property
    def _name(self) -> str:
        return f"{self._url.host or 'on this host'}/{self._url.database or ''}"

    def _read(self, connection: Connection, wanted: Collection[Attempts]) -> Snapshot:
        as_of = clock()
        if connection.dialect.name == "postgresql":
            # A little less than the time after which the connection is cut, for the better error message.
            milliseconds = int(self._deadline.at_most(self._timeout) * 900)
            connection.execute(sa.text(f"SET LOCAL statement_timeout = {milliseconds}"))
        generation = self._generation(connection)
        self.release = f"Airflow {generation.releases} through its database {self._name}"
        known = connection.scalars(sa.select(_dag.c.dag_id)).all()
        run_by = _whole(connection.execute(_dags_with_runs(connection.dialect.name)).all(), "DAGs with runs")
        labels = {attempts.dag for attempts in wanted}
        dag_ids = [dag_id for dag_id in run_by if label_of(dag_id) in labels]
        rows = connection.execute(_rows(connection.dialect.name, dag_ids, wanted, generation))
        return Snapshot(
            instances=_instances(chain.from_iterable(rows.partitions(AT_ONCE)), wanted),
            dag_ids=frozenset(known),
            plain_tries=generation.plain_tries,
            as_of=as_of,
        )

    def _generation(self, connection: Connection) -> Generation:
        standby = sa.func.pg_is_in_recovery() if connection.dialect.name == "postgresql" else sa.false()
        some_row = sa.exists(sa.select(sa.literal(1)).select_from(_instance))
        found = connection.execute(sa.select(_version.c.version_num, some_row, standby)).all()
        if len(found) != 1 or found[0][0] not in GENERATIONS:
            heads = ", ".join(sorted(str(row[0]) for row in found)) or "none"
            raise StateSourceError(
                f"Airflow's database {self._name} is at migration {heads}, which this kpo-reaper does not know: "
                "use one made for that Airflow version"
            )
        head, any_instance, is_standby = found[0]
        if is_standby:
            raise StateSourceError(
                f"Airflow's database {self._name} is a standby and may lag behind: give the primary's address"
            )
        if not any_instance:
            raise StateSourceError(
                f"Airflow's database {self._name} holds no task instance at all: it is the wrong or a fresh one"
            )
        return GENERATIONS[head]

    def _told(self, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        words = " ".join(str(cause).split()) or type(cause).__name__
        for secret in _secrets(self._url):
            words = words.replace(secret, "***")
        return words[:500]


def _usable_url(sql_alchemy_conn: str) -> URL:
    """The DSN as SQLAlchemy takes it, led to psycopg 3 where it names a PostgreSQL driver that is not installed.

    Airflow's own configuration says ``postgresql+psycopg2`` (formerly ``postgres``), a driver the reaper does not need.
    """
    try:
        url = sa.make_url(sql_alchemy_conn)
    except (SQLAlchemyError, ValueError):
        raise SettingsError("sql-alchemy-conn is not a database URL such as postgresql://user@host/airflow") from None
    dialect, _, driver = url.drivername.partition("+")
    if dialect in ("postgres", "postgresql"):
        installed = driver in ("psycopg", "psycopg2") and importlib.util.find_spec(driver) is not None
        return url.set(drivername=f"postgresql+{driver if installed else 'psycopg'}")
    if dialect == "sqlite" and url.database and url.database != ":memory:":
        # A plain path would be created where it does not exist.
        return url.set(database=f"file:{quote(url.database)}").update_query_dict({"mode": "ro", "uri": "true"})
    return url


def _engine(url: URL) -> Engine:
    dialect, _, driver = url.drivername.partition("+")
    execution: dict[str, Any] = {} if dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    arguments: dict[str, Any] = {}
    options: dict[str, Any] = {}
    if dialect == "postgresql":
        execution["postgresql_readonly"] = True
    if driver == "psycopg":
        # Poolers in transaction mode keep no prepared statements; the hstore type costs a query and is not used.
        arguments["prepare_threshold"] = None
        options["use_native_hstore"] = False
    try:
        engine = sa.create_engine(
            url, poolclass=NullPool, connect_args=arguments, execution_options=execution, **options
        )
    except (SQLAlchemyError, ImportError, TypeError) as error:
        raise SettingsError(
            f"sql-alchemy-conn names {url.drivername}, which cannot be used here ({type(error).__name__}): "
            "install its driver beside kpo-reaper"
        ) from None
    if dialect == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # sqlite3 opens no transaction for a SELECT by itself, so two of them could see two states.
    connection.isolation_level = None
    connection.create_function(
        "md5", 1, lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(), deterministic=True
    )
    connection.execute("PRAGMA query_only = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _dags_with_runs(dialect: str) -> sa.Select[Any]:
    """The distinct dag_ids of dag_run, which every task instance refers to.

    PostgreSQL reads a whole index for DISTINCT, so there each dag_id is sought after the one before it.
    """
    if dialect != "postgresql":
        distinct = sa.select(_run.c.dag_id).distinct().subquery()
        return sa.select(distinct.c.dag_id, sa.func.count().over())
    found = sa.select(sa.func.min(_run.c.dag_id).label("dag_id")).cte("found", recursive=True)
    following = sa.select(sa.func.min(_run.c.dag_id)).where(_run.c.dag_id > found.c.dag_id).scalar_subquery()
    found = found.union_all(sa.select(following).where(found.c.dag_id.is_not(None)))
    return sa.select(found.c.dag_id, sa.func.count().over()).where(found.c.dag_id.is_not(None))


def _rows(
    dialect: str, dag_ids: Collection[str], wanted: Collection[Attempts], generation: Generation
) -> sa.Select[Any]:
    source = _instance.join(_run, (_instance.c.dag_id == _run.c.dag_id) & (_instance.c.run_id == _run.c.run_id))
    columns = [*_instance.c, sa.func.count().over().label("total")]
    if generation.remembers_pods:
        columns.append(_memory.c.value)
        same_key = sa.and_(
            *(_memory.c[name] == _instance.c[name] for name in ("dag_id", "run_id", "task_id", "map_index"))
        )
        source = source.outerjoin(_memory, same_key & (_memory.c.key == "pod_identifier"))
    found = (
        sa.select(*columns)
        .select_from(source)
        .where(
            _among(dialect, _run.c.dag_id, dag_ids),
            _labelled(dialect, _run.c.run_id, {attempts.run for attempts in wanted}),
            _labelled(dialect, _instance.c.task_id, {attempts.task for attempts in wanted}),
            _among(dialect, _instance.c.map_index, {attempts.map_index for attempts in wanted}, sa.Integer),
        )
        .subquery()
    )
    # One row comes in any case, so that no row is an answer that was lost and not one without task instances.
    some_row = sa.select(sa.literal(1).label("some_row")).subquery()
    return sa.select(*found.c).select_from(some_row.outerjoin(found, sa.true()))


def _labelled(dialect: str, column: sa.Column[str], labels: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether the label of a column's value can be one of ``labels``: it equals one, or its MD5 begins as one ends."""
    tails = {tail for label in labels if (tail := tail_of(label))}
    text: Any = sa.func.convert_to(column, "UTF8") if dialect == "postgresql" else column
    digest = sa.func.substr(sa.func.md5(text), 1, TAIL_LENGTH)
    return _among(dialect, column, labels) | _among(dialect, digest, tails)


def _among(
    dialect: str, column: sa.ColumnElement[T], values: Collection[T], kind: type[sa.String | sa.Integer] = sa.String
) -> sa.ColumnElement[bool]:
    """IN, as one parameter where the dialect has arrays: a statement may only have 65535."""
    if dialect == "postgresql":
        return column == sa.any_(sa.literal(sorted(values), sa.ARRAY(kind)))
    return column.in_(sorted(values))


def _whole(rows: Sequence[sa.Row[Any]], what: str) -> list[Any]:
    """The first column of rows whose last one tells how many there are, of which there is at least one."""
    if not rows or rows[0][-1] != len(rows):
        total = rows[0][-1] if rows else "all"
        raise StateSourceError(f"{len(rows)} of {total} {what} arrived: the answer was cut off")
    return [row[0] for row in rows]


def _instances(rows: Iterable[sa.Row[Any]], wanted: Collection[Attempts]) -> list[TaskInstanceFacts]:
    """Those of the task instances that are ``wanted``, each row forgotten as soon as it is read."""
    wanted = frozenset(wanted)
    found: list[TaskInstanceFacts] = []
    arrived, total = 0, None
    for each in rows:
        if total is None and each.dag_id is None:
            return []
        try:
            row = msgspec.convert(tuple(each), _Row)
        except msgspec.ValidationError as error:
            raise StateSourceError(f"a row of task_instance has an unexpected shape: {error}") from None
        arrived, total = arrived + 1, row.total if total is None else total
        instance = TaskInstanceFacts(
            # Most rows share these words with others.
            dag_id=sys.intern(row.dag_id),
            run_id=sys.intern(row.run_id),
            task_id=sys.intern(row.task_id),
            map_index=row.map_index,
            state=row.state and sys.intern(row.state),
            try_number=row.try_number,
            stored_pod=StoredPod.from_json(row.remembered.encode()) if row.remembered is not None else None,
        )
        if instance.attempts in wanted:
            found.append(instance)
    if total is None:
        raise StateSourceError("no answer arrived about task instances: it was cut off")
    if arrived != total:
        raise StateSourceError(f"{arrived} of {total} task instances arrived: the answer was cut off")
    return found


def _secrets(url: URL) -> set[str]:
    """The passwords of a DSN, as they are and as they are quoted."""
    plain = {str(url.password)} if url.password else set()
    plain |= {str(value) for key, value in url.query.items() if "password" in key}
    return {form for secret in plain for form in (secret, quote(secret, safe=""), quote_plus(secret)) if form}
