from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kpo_fixtures.airflow.postgres import PostgresServer
from kpo_fixtures.airflow.recorded import StateDatabase, TaskInstanceRow
from kpo_reaper.airflow_sql import AirflowDatabase
from kpo_reaper.airflow_versions import GENERATIONS
from kpo_reaper.deadline import Deadline
from kpo_reaper.errors import DeadlineError, SettingsError, StateSourceError
from kpo_reaper.labels import label_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import StoredPod

RUN = "manual__2024-01-01T00:00:00+00:00"
Connect = Callable[..., AirflowDatabase]


def ti(
    dag_id: str = "etl", task_id: str = "load", run_id: str = RUN, map_index: int = -1, **more: object
) -> TaskInstanceRow:
    facts = {"state": "running", "try_number": 1} | more
    return TaskInstanceRow(dag_id=dag_id, task_id=task_id, run_id=run_id, map_index=map_index, **facts)  # type: ignore[arg-type]


def attempts(dag_id: str = "etl", task_id: str = "load", run_id: str = RUN, map_index: int = -1) -> Attempts:
    return Attempts(label_of(dag_id), label_of(run_id), label_of(task_id), map_index)


@pytest.fixture
def connect() -> Iterator[Connect]:
    opened: list[AirflowDatabase] = []

    def open_database(dsn: str, timeout: float = 10, deadline: float = 30) -> AirflowDatabase:
        opened.append(AirflowDatabase(dsn, timeout=timeout, deadline=Deadline(deadline)))
        return opened[-1]

    yield open_database
    for database in opened:
        database.close()


class TestPostgres:
    def test_only_what_the_pods_fit_is_read(self, database: StateDatabase, connect: Connect) -> None:
        long = "x" * 90
        database.write(
            [
                ti(),
                ti(task_id="other"),
                ti(run_id="other"),
                ti(dag_id="other"),
                ti(task_id="mapped", map_index=1, state="failed", try_number=2),
                ti(task_id="mapped", map_index=10),
                ti(dag_id=long, task_id="группа.шаг_", state=None, try_number=0),
            ]
        )
        found = connect(database.sql_alchemy_conn(read_only=True)).read(
            {
                attempts(),
                attempts(task_id="mapped", map_index=1),
                attempts(dag_id=long, task_id="группа.шаг_"),
                attempts(dag_id="of another deployment"),
            }
        )
        rows = {(row.dag_id, row.task_id, row.map_index, row.state, row.try_number) for row in found.instances}
        assert rows == {
            ("etl", "load", -1, "running", 1),
            ("etl", "mapped", 1, "failed", 2),
            (long, "группа.шаг_", -1, None, 0),
        }
        assert found.dag_ids == {"etl", "other", long}
        assert found.plain_tries

    def test_every_id_under_one_label_is_read(self, database: StateDatabase, connect: Connect) -> None:
        dags, runs = ("trail_", "trail-0fc596528"), (RUN, label_of(RUN))
        database.write([ti(dag_id=dag, run_id=run) for dag in dags for run in runs])
        found = connect(database.sql_alchemy_conn(read_only=True)).read({attempts(dag_id="trail_")})
        assert {(row.dag_id, row.run_id) for row in found.instances} == {(dag, run) for dag in dags for run in runs}

    def test_the_pod_that_airflow_remembers_is_read(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti(pod_identifier=("etl-load-1", "airflow")), ti(task_id="broken", pod_identifier=("x", "y"))])
        with psycopg.connect(database.server.dsn(database.name)) as owner:
            owner.execute("UPDATE task_state_store SET value = '\"a reference\"' WHERE task_id = 'broken'")
        found = connect(database.sql_alchemy_conn(read_only=True)).read({attempts(), attempts(task_id="broken")})
        stored = {row.task_id: row.stored_pod for row in found.instances}
        assert stored == {"load": StoredPod("airflow", "etl-load-1"), "broken": StoredPod(None, None)}

    def test_a_reader_reads_again_what_changed(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        reader = connect(database.sql_alchemy_conn(read_only=True))
        assert reader.read({attempts()}).instances[0].state == "running"
        database.set_state("etl", RUN, "load", state="failed")
        assert reader.read({attempts()}).instances[0].state == "failed"

    def test_statements_do_not_grow_with_the_pods(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti(dag_id=f"dag_{number}", run_id=f"run {number}") for number in range(300)])
        counts = []
        for number in (1, 300):
            reader = connect(database.sql_alchemy_conn(read_only=True))
            statements: list[str] = []
            listen_to_statements(reader, statements)
            wanted = {attempts(dag_id=f"dag_{n}", run_id=f"run {n}") for n in range(number)}
            assert len(reader.read(wanted).instances) == number
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 6

    def test_forty_thousand_labels_fit_into_one_read(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        wanted = {attempts(run_id=f"run {number}") for number in range(40_000)} | {attempts()}
        assert len(connect(database.sql_alchemy_conn(read_only=True)).read(wanted).instances) == 1

    def test_seventy_thousand_map_indexes_fit_into_one_read(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti(), ti(map_index=69_999)])
        wanted = {attempts(map_index=number) for number in range(70_000)}
        (found,) = connect(database.sql_alchemy_conn(read_only=True)).read(wanted).instances
        assert found.map_index == 69_999

    def test_it_is_one_read_only_snapshot(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        reader = connect(database.sql_alchemy_conn())
        begun: list[tuple[str, str]] = []
        statements: list[str] = []

        def look(connection: object, statement: str) -> None:
            if "task_instance" in statement and not begun:
                cursor = connection.connection.cursor()  # type: ignore[attr-defined]
                cursor.execute(
                    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                )
                begun.append(cursor.fetchone())

        listen_to_statements(reader, statements, look)
        reader.read({attempts()})
        assert begun == [("repeatable read", "on")]

    def test_no_transaction_stays_open(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        connect(database.sql_alchemy_conn(read_only=True)).read({attempts()})
        with psycopg.connect(database.server.dsn()) as owner:
            query = "SELECT state FROM pg_stat_activity WHERE datname = %s AND usename = 'reaper'"
            assert owner.execute(query, [database.name]).fetchall() == [("idle",)]

    @pytest.mark.parametrize("head", ["ffffffffffff", None])
    def test_an_unknown_head_is_refused(self, head: str | None, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        known = "d2f4e1b3c5a7"
        with psycopg.connect(database.server.dsn(database.name), autocommit=True) as owner:
            owner.execute(
                "UPDATE alembic_version SET version_num = %s" if head else "DELETE FROM alembic_version",
                [head][: head is not None],
            )
            try:
                with pytest.raises(StateSourceError, match=head or "none"):
                    connect(database.sql_alchemy_conn(read_only=True)).read({attempts()})
            finally:
                owner.execute("DELETE FROM alembic_version")
                owner.execute("INSERT INTO alembic_version VALUES (%s)", [known])

    def test_a_database_without_task_instances_is_refused(self, database: StateDatabase, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="no task instance at all"):
            connect(database.sql_alchemy_conn(read_only=True)).read({attempts()})

    def test_a_standby_is_refused(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        reader = connect(database.sql_alchemy_conn(read_only=True))
        rewrite_statements(reader, lambda statement: statement.replace("pg_is_in_recovery()", "true"))
        with pytest.raises(StateSourceError, match="standby"):
            reader.read({attempts()})

    def test_an_answer_that_lost_rows_is_refused(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti(), ti(task_id="other")])
        reader = connect(database.sql_alchemy_conn(read_only=True))
        rewrite_statements(
            reader, lambda statement: f"SELECT * FROM ({statement}) a LIMIT 1" if " OVER " in statement else statement
        )
        with pytest.raises(StateSourceError, match="1 of 2 task instances arrived"):
            reader.read({attempts(), attempts(task_id="other")})

    def test_a_database_that_is_not_airflows_is_refused(self, server: PostgresServer, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="alembic_version"):
            connect(server.dsn(driver="psycopg2")).read({attempts()})

    def test_a_wrong_password_is_not_told(self, database: StateDatabase, connect: Connect) -> None:
        dsn = database.sql_alchemy_conn().replace(database.server.password, "hunter2")
        with pytest.raises(StateSourceError) as caught:
            connect(dsn).read({attempts()})
        assert "hunter2" not in str(caught.value)

    def test_nobody_there_is_an_error(self, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="could not be read"):
            connect("postgresql://airflow:hunter2@127.0.0.1:1/airflow").read({attempts()})

    def test_a_lock_that_stays_ends_with_the_timeout(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        with psycopg.connect(database.server.dsn(database.name)) as owner:
            owner.execute("LOCK TABLE task_instance")
            # The server says it a tenth of the time before the connection is cut, and may be too busy for that.
            with pytest.raises(StateSourceError, match=r"statement timeout|no answer within 1 seconds"):
                connect(database.sql_alchemy_conn(read_only=True), timeout=1).read({attempts()})

    def test_a_killed_session_is_an_error(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        reader = connect(database.sql_alchemy_conn(read_only=True))
        reader.read({attempts()})
        with psycopg.connect(database.server.dsn(), autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reaper'")
        with pytest.raises(StateSourceError):
            reader.read({attempts()})

    def test_the_plan_seeks_runs_by_dag(self, database: StateDatabase) -> None:
        from kpo_reaper.airflow_statements import dags_with_runs

        database.write([ti(dag_id=f"dag_{n % 7}", run_id=f"run {n}") for n in range(3000)])
        query = str(dags_with_runs("postgresql"))
        with psycopg.connect(database.server.dsn(database.name)) as owner:
            owner.execute("ANALYZE dag_run")
            plan = "\n".join(row[0] for row in owner.execute(f"EXPLAIN {query}".encode()))
            found = {row[0] for row in owner.execute(query.encode())}
        assert found == {f"dag_{n}" for n in range(7)}
        assert "Seq Scan on dag_run" not in plan


class TestStall:
    """A server that accepts and says nothing, as a stalled proxy does: no statement_timeout ever fires."""

    def test_it_ends_with_the_timeout(self, connect: Connect) -> None:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as listener:
            begun = time.monotonic()
            reader = connect(f"postgresql://a:b@127.0.0.1:{listener.getsockname()[1]}/airflow", timeout=1)
            with pytest.raises(StateSourceError):
                reader.read({attempts()})
            assert time.monotonic() - begun < 6

    def test_also_in_the_middle(self, server: PostgresServer, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        with StallingProxy(server.port) as proxy:
            dsn = database.sql_alchemy_conn(read_only=True).replace(f":{server.port}/", f":{proxy.port}/")
            reader = connect(dsn, timeout=1)
            assert len(reader.read({attempts()}).instances) == 1
            proxy.stalled.set()
            begun = time.monotonic()
            with pytest.raises(StateSourceError, match="no answer within 1 seconds"):
                reader.read({attempts()})
            assert time.monotonic() - begun < 3

    def test_a_sweep_that_is_over_reads_nothing(self, database: StateDatabase, connect: Connect) -> None:
        reader = connect(database.sql_alchemy_conn(), deadline=0.000001)
        with pytest.raises(DeadlineError):
            reader.read({attempts()})


class TestOtherUrls:
    @pytest.mark.parametrize(
        "scheme",
        [
            "postgresql",
            "postgresql+psycopg2",
            "postgresql+psycopg",
            "postgresql+asyncpg",
            "postgres",
            "postgres+psycopg2",
        ],
    )
    def test_every_name_of_postgresql_is_understood(
        self, scheme: str, database: StateDatabase, connect: Connect
    ) -> None:
        database.write([ti()])
        dsn = scheme + database.sql_alchemy_conn(driver=None).removeprefix("postgresql")
        assert len(connect(dsn).read({attempts()}).instances) == 1

    def test_a_unix_socket_is_understood(self, database: StateDatabase, connect: Connect) -> None:
        database.write([ti()])
        server = database.server
        dsn = f"postgresql+psycopg2://airflow:{server.password}@/{database.name}?host={server.socket_directory}&port={server.port}"
        assert len(connect(dsn).read({attempts()}).instances) == 1

    @pytest.mark.parametrize(
        "dsn", ["secret-nonsense", "secretive://u:p@h/d", "mysql+secretdriver://u:p@h/d", "postgresql://u:p@h:secret/d"]
    )
    def test_what_cannot_be_used_is_refused_and_not_told(self, dsn: str, connect: Connect) -> None:
        with pytest.raises(SettingsError) as caught:
            connect(dsn)
        assert ":p@" not in str(caught.value)


class TestSqlite:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "air flow.db"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                """
                CREATE TABLE alembic_version (version_num VARCHAR(32));
                CREATE TABLE dag (dag_id VARCHAR(250));
                CREATE TABLE dag_run (dag_id VARCHAR(250), run_id VARCHAR(250));
                CREATE TABLE task_instance (dag_id VARCHAR(250), run_id VARCHAR(250), task_id VARCHAR(250),
                                            map_index INTEGER, state VARCHAR(20), try_number INTEGER);
                INSERT INTO alembic_version VALUES ('686269002441');
                INSERT INTO dag VALUES ('etl');
                INSERT INTO dag_run VALUES ('etl', 'manual__2024-01-01T00:00:00+00:00');
                INSERT INTO task_instance VALUES ('etl', 'manual__2024-01-01T00:00:00+00:00', 'load', -1, 'failed', 1);
                """
            )
        return path

    def test_it_is_read_as_well(self, path: Path, connect: Connect) -> None:
        found = connect(f"sqlite:///{path}").read({attempts(), attempts(task_id="other")})
        assert [(row.task_id, row.state) for row in found.instances] == [("load", "failed")]
        assert not found.plain_tries

    @pytest.mark.parametrize("head", sorted(set(GENERATIONS) - {"d2f4e1b3c5a7"}))
    def test_every_generation_without_memory_has_these_columns(self, head: str, path: Path, connect: Connect) -> None:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [head])
        assert len(connect(f"sqlite:///{path}").read({attempts()}).instances) == 1

    def test_a_file_that_is_missing_is_not_made(self, tmp_path: Path, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="unable to open"):
            connect(f"sqlite:///{tmp_path}/none.db").read({attempts()})
        assert not (tmp_path / "none.db").exists()

    def test_a_row_of_another_shape_is_refused(self, path: Path, connect: Connect) -> None:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE task_instance SET try_number = 'many'")
        with pytest.raises(StateSourceError, match="unexpected shape"):
            connect(f"sqlite:///{path}").read({attempts()})


def listen_to_statements(
    reader: AirflowDatabase, into: list[str], also: Callable[[object, str], None] = lambda _c, _s: None
) -> None:
    import sqlalchemy as sa

    def note(connection: object, _cursor: object, statement: str, *_: object) -> None:
        into.append(statement)
        also(connection, statement)

    sa.event.listen(reader._engine, "before_cursor_execute", note)


def rewrite_statements(reader: AirflowDatabase, rewrite: Callable[[str], str]) -> None:
    import sqlalchemy as sa

    def before(
        _connection: object, _cursor: object, statement: str, parameters: object, *_: object
    ) -> tuple[str, object]:
        return rewrite(statement), parameters

    sa.event.listen(reader._engine, "before_cursor_execute", before, retval=True)


class StallingProxy:
    """Copies bytes to a server of this host and back; once ``stalled`` is set it only reads them."""

    def __init__(self, port: int) -> None:
        import socket

        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.stalled = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> StallingProxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        import socket

        for each in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        import socket

        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                self._start(lambda one=client, other=server: self._copy(one, other))  # type: ignore[misc]
                self._start(lambda one=server, other=client: self._copy(one, other))  # type: ignore[misc]

    def _copy(self, one: object, other: object) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):  # type: ignore[attr-defined]
                if not self.stalled.is_set():
                    other.sendall(data)  # type: ignore[attr-defined]
