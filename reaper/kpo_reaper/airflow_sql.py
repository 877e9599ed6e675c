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
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Dialect, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from kpo_reaper.airflow_statements import DAGS, dags_with_runs, parameters, task_instances, which_airflow
from kpo_reaper.airflow_versions import GENERATIONS, Generation
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import SettingsError, StateSourceError
from kpo_reaper.labels import label_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, StoredPod, TaskInstanceFacts

AT_ONCE = 1000
"""Rows that are held at a time until no more is known of them than is needed."""


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
        known = connection.scalars(DAGS).all()
        run_by = _whole(connection.execute(dags_with_runs(connection.dialect.name)).all(), "DAGs with runs")
        labels = {attempts.dag for attempts in wanted}
        dag_ids = [dag_id for dag_id in run_by if label_of(dag_id) in labels]
        statement = task_instances(connection.dialect.name, with_memory=generation.remembers_pods)
        rows = connection.execute(statement, parameters(dag_ids, wanted))
        return Snapshot(
            instances=_instances(chain.from_iterable(rows.partitions(AT_ONCE)), wanted),
            dag_ids=frozenset(known),
            plain_tries=generation.plain_tries,
            as_of=as_of,
        )

    def _generation(self, connection: Connection) -> Generation:
        found = connection.execute(which_airflow(connection.dialect.name)).all()
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
