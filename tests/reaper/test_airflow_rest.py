"""The REST state source against a fake Airflow of every version: what it reads, and what it does not believe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from kpo_reaper import airflow_rest
from kpo_reaper.airflow_rest import AirflowRest, Credentials
from kpo_reaper.airflow_versions import REST_GENERATIONS, rest_generation
from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import DeadlineError, StateSourceError
from kpo_reaper.labels import label_of
from kpo_reaper.pods import Attempts
from kpo_reaper.policy import Snapshot, StoredPod

from .fake_airflow import BASIC, PASSWORD, TOKEN, USER, FakeAirflow, Ti, refusal
from .fake_server import Reply, Request, Rule, always, once
from .worlds import DAG, RUN, TASK

VERSIONS = ["2.7.3", "2.8.4", "2.9.3", "2.10.5", "2.11.2", "3.0.6", "3.1.8", "3.2.2", "3.3.2"]
PAGED = ["2.10.5", "2.11.2", "3.0.6", "3.1.8", "3.2.2", "3.3.2"]
Connect = Callable[..., AirflowRest]

LISTS = ["/dags", "/dagRuns/list", "/taskInstances/list"]


def attempts(dag_id: str = DAG, task_id: str = TASK, run_id: str = RUN, map_index: int = -1) -> Attempts:
    return Attempts(label_of(dag_id), label_of(run_id), label_of(task_id), map_index)


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as fake:
        yield fake


@pytest.fixture
def connect(airflow: FakeAirflow) -> Iterator[Connect]:
    opened: list[AirflowRest] = []

    def open_source(
        credentials: Credentials | None = None, *, url: str = "", timeout: float = 5, deadline: float = 20
    ) -> AirflowRest:
        credentials = credentials or Credentials(username=USER, password=PASSWORD)
        opened.append(AirflowRest(url or airflow.url, credentials, timeout=timeout, deadline=Deadline(deadline)))
        return opened[-1]

    yield open_source
    for source in opened:
        source.close()


def small_pages(monkeypatch: pytest.MonkeyPatch, page: int, largest: int | None = None) -> None:
    monkeypatch.setattr(airflow_rest, "PAGE", page)
    monkeypatch.setattr(airflow_rest, "LARGEST_PAGE", largest or page)


def keys(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    return sorted((row.run_id, row.task_id, row.map_index) for row in snapshot.instances)


class TestEveryVersion:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_only_what_the_pods_fit_is_read(self, version: str, airflow: FakeAirflow, connect: Connect) -> None:
        long, odd = "x" * 90, "группа.шаг_"
        airflow.version = version
        airflow.add(
            Ti("running"),
            Ti(task_id="other"),
            Ti(run_id="other"),
            Ti(dag_id="other"),
            Ti("failed", task_id="mapped", map_index=1),
            Ti(task_id="mapped", map_index=10),
            Ti(None, dag_id=long, task_id=odd),
        )
        airflow.more_dags.append("never ran")
        before = clock()
        found = connect().read(
            {
                attempts(),
                attempts(task_id="mapped", map_index=1),
                attempts(dag_id=long, task_id=odd),
                attempts(dag_id="of another deployment"),
            }
        )
        rows = {(row.dag_id, row.task_id, row.map_index, row.state) for row in found.instances}
        assert rows == {
            (DAG, TASK, -1, "running"),
            (DAG, "mapped", 1, "failed"),
            (long, odd, -1, None),
        }
        assert found.dag_ids == {DAG, "other", long, "never ran"}
        assert found.plain_tries is (version not in ("2.7.3", "2.8.4", "2.9.3"))
        assert not found.hides_dags
        assert before <= found.as_of <= clock()

    @pytest.mark.parametrize("version", VERSIONS)
    def test_every_id_under_one_label_is_read(self, version: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.version = version
        dags, runs = ("trail_", "trail-0fc596528"), (RUN, label_of(RUN))
        airflow.add(*(Ti(dag_id=dag, run_id=run) for dag in dags for run in runs))
        found = connect().read({attempts(dag_id="trail_")})
        assert {(row.dag_id, row.run_id) for row in found.instances} == {(dag, run) for dag in dags for run in runs}

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("state", [None, "running", "deferred", "failed"])
    def test_tries_are_the_column(
        self, version: str, state: str | None, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.version = version
        airflow.add(Ti(state, 2))
        assert connect().read({attempts()}).instances[0].try_number == 2

    @pytest.mark.parametrize(
        "version", ["3.4.0", "4.0.0", "2.6.3", "1.10.15", "2.11.0b1", "3.3.0.dev0", "3", "main", ""]
    )
    def test_an_unknown_version_is_refused(self, version: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        airflow.before.append(always("GET", Reply(200, {"version": version}), containing="/version"))
        with pytest.raises(StateSourceError, match="does not know"):
            connect().read({attempts()})
        assert airflow.sent("POST") == []

    def test_a_version_under_the_other_api_is_refused(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.before.append(always("GET", Reply(200, {"version": "2.10.5"}), containing="/api/v2/version"))
        with pytest.raises(StateSourceError, match="does not know"):
            connect().read({attempts()})

    def test_no_api_at_all_is_refused(self, airflow: FakeAirflow, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="neither /api/v2/version nor /api/v1/version"):
            connect(url=airflow.url + "/elsewhere").read({attempts()})

    @pytest.mark.parametrize("version", ["2.10.5+composer", "2.7.3+astro.1", "3.0.2.post1", "3.3.0"])
    def test_a_vendors_build_is_known(self, version: str) -> None:
        assert rest_generation(version) is REST_GENERATIONS[".".join(version.split(".")[:2])]


class TestCredentials:
    def test_a_password_is_exchanged_for_one_token(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        source = connect()
        source.read({attempts()})
        source.read({attempts()})
        assert len(airflow.sent("POST", containing="/auth/token")) == 1
        assert not any("Authorization" in request.headers for request in airflow.requests[:2])
        assert {request.headers["Authorization"] for request in airflow.requests[2:4]} == {f"Bearer {TOKEN}"}

    def test_a_token_is_used_as_it_is(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        connect(Credentials(token=TOKEN)).read({attempts()})
        assert airflow.sent("POST", containing="/auth/token") == []

    def test_2_x_gets_the_password_with_each_request(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.version = "2.11.2"
        airflow.add(Ti())
        connect().read({attempts()})
        assert {request.headers["Authorization"] for request in airflow.sent("POST")} == {f"Basic {BASIC}"}

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("wrong", [Credentials(token="s3cr3t"), Credentials(username="a", password="s3cr3t")])
    def test_wrong_ones_are_refused_and_not_told(
        self, version: str, wrong: Credentials, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.version = version
        airflow.add(Ti())
        with pytest.raises(StateSourceError, match="401") as caught:
            connect(wrong).read({attempts()})
        assert "s3cr3t" not in str(caught.value)

    @pytest.mark.parametrize("status", [400, 403, 500])
    def test_what_a_server_repeats_is_not_told(self, status: int, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.before += [
            once("GET", lambda _: refusal(status, f"not {TOKEN}, {PASSWORD}, {BASIC}"), containing="/api/v2/dags")
        ]
        with pytest.raises(StateSourceError, match=str(status)) as caught:
            connect().read({attempts()})
        assert "s3cr3t" not in str(caught.value)
        assert BASIC not in str(caught.value)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    @pytest.mark.parametrize("path", ["/version", "/auth/token", *LISTS])
    def test_no_redirect_gets_them(self, status: int, path: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        with FakeAirflow() as elsewhere:
            away = Reply(status, b"", {"Location": elsewhere.url + "/"})
            airflow.before += [always(method, away, containing=path) for method in ("GET", "POST")]
            with pytest.raises(StateSourceError, match="a redirect, which is not followed"):
                connect().read({attempts()})
            assert elsewhere.requests == []


BROKEN: dict[str, Reply] = {
    "refused": refusal(401),
    "forbidden": refusal(403),
    "failing": refusal(500),
    "html": Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
    "cut": Reply(200, {"task_instances": [], "dag_runs": [], "dags": [], "total_entries": 0}, cut=9),
    "no reply": Reply(200, {}, cut=0),
    "no body": Reply(200, b""),
    "null lists": Reply(200, {"task_instances": None, "dag_runs": None, "dags": None, "total_entries": 0}),
    "no total": Reply(200, {"task_instances": [], "dag_runs": [], "dags": []}),
    "a list": Reply(200, []),
    "wrong rows": Reply(200, {key: [{}] for key in ("task_instances", "dag_runs", "dags")} | {"total_entries": 1}),
    "no row of many": Reply(200, {key: [] for key in ("task_instances", "dag_runs", "dags")} | {"total_entries": 2}),
}


class TestFaults:
    """Whatever is wrong with any one answer, nothing has been read."""

    @pytest.mark.parametrize("name", BROKEN)
    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize("version", ["2.10.5", "3.3.2"])
    def test_no_list_is_half_believed(
        self, version: str, path: str, name: str, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.version = version
        airflow.add(Ti(), Ti(task_id="other"))
        airflow.before.append(lambda request: BROKEN[name] if request.path.endswith(path) else None)
        with pytest.raises(StateSourceError):
            connect().read({attempts()})

    @pytest.mark.parametrize("name", sorted(BROKEN.keys() - {"no row of many"}))
    def test_nor_a_later_page(
        self, name: str, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 3)
        airflow.add(*(Ti(map_index=index) for index in range(9)))
        reply = BROKEN[name]
        airflow.before.append(once("POST", reply, containing="/taskInstances/list", nth=3))
        with pytest.raises(StateSourceError):
            connect().read({attempts(map_index=8)})

    def test_one_empty_page_is_read_again(
        self, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 3)
        airflow.add(*(Ti(map_index=index) for index in range(9)))
        reply = BROKEN["no row of many"]
        airflow.before.append(once("POST", reply, containing="/taskInstances/list", nth=4))
        assert keys(connect().read({attempts(map_index=8)})) == [(RUN, TASK, 8)]

    @pytest.mark.parametrize("field", ["dag_id", "dag_run_id", "task_id", "map_index", "state", "try_number"])
    def test_a_row_without_a_field_is_refused(self, field: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        row = {name: value for name, value in Ti().shown.items() if name != field}
        reply = Reply(200, {"task_instances": [row], "total_entries": 1})
        airflow.before.append(always("POST", reply, containing="/taskInstances/list"))
        with pytest.raises(StateSourceError, match="another form"):
            connect().read({attempts()})

    @pytest.mark.parametrize("path", ["/version", "/auth/token", *LISTS])
    def test_a_slow_drip_ends_with_the_timeout(self, path: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        drip = Reply(200, b" " * 500, drip=True)
        airflow.before += [always(method, drip, containing=path) for method in ("GET", "POST")]
        begun = time.monotonic()
        with pytest.raises(StateSourceError, match=r"no whole answer within 0\.3 seconds"):
            connect(timeout=0.3).read({attempts()})
        assert time.monotonic() - begun < 3

    def test_the_deadline_is_over_all_requests(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        busy = refusal(503, **{"Retry-After": "30"})
        airflow.before.append(once("POST", busy, containing="/dagRuns/list"))
        with pytest.raises(DeadlineError, match="Airflow asked to wait 30 seconds"):
            connect(deadline=5).read({attempts()})

    def test_a_pause_that_is_asked_for_is_kept(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti())
        airflow.before.append(once("POST", refusal(429, **{"Retry-After": "1"}), containing="/dagRuns/list"))
        assert len(connect().read({attempts()}).instances) == 1
        first, second = airflow.sent("POST", containing="/dagRuns/list")
        assert second.at - first.at >= 1

    def test_nobody_there_is_an_error(self, connect: Connect) -> None:
        with pytest.raises(StateSourceError, match="failed: ConnectError"):
            connect(url="http://127.0.0.1:1").read({attempts()})

    @pytest.mark.parametrize("version", VERSIONS)
    def test_an_airflow_without_task_instances_is_refused(
        self, version: str, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.version = version
        airflow.more_dags.append(DAG)
        with pytest.raises(StateSourceError, match="no task instance at all"):
            connect().read({attempts()})
        airflow.add(Ti(dag_id="another"))
        assert connect().read({attempts()}).instances == []


class TestPaging:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_every_page_of_every_list_is_read(
        self, version: str, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 7)
        airflow.version = version
        ids = [(f"dag_{n % 250}", f"run {n}", f"task_{n % 3}") for n in range(400)]
        airflow.add(*(Ti(dag_id=dag, run_id=run, task_id=task) for dag, run, task in ids))
        found = connect().read({attempts(dag, task, run) for dag, run, task in ids})
        assert {(row.dag_id, row.run_id, row.task_id) for row in found.instances} == set(ids)
        assert len(found.instances) == 400

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("page", [3, 20, 55])
    def test_runs_of_the_same_name_are_read_once(
        self, version: str, page: int, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, page)
        airflow.version = version
        # Parts of whole runs end in a few runs of one DAG, beside which the only run of the next has its place.
        ids = [(f"dag_{n % 4}", f"run {n // 4 % 7 if n % 2 else 0}", n) for n in range(105)]
        airflow.add(*(Ti(dag_id=dag, run_id=run, map_index=index) for dag, run, index in ids))
        found = connect().read({attempts(dag, TASK, run, index) for dag, run, index in ids})
        assert sorted((row.dag_id, row.run_id, row.map_index) for row in found.instances) == sorted(ids)

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("clamp", [2, 5, 100])
    def test_clamped_pages_are_read_too(self, version: str, clamp: int, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.version, airflow.clamp = version, clamp
        airflow.add(*(Ti(map_index=index) for index in range(31)), *(Ti(run_id=f"r{n}") for n in range(31)))
        found = connect().read({attempts(map_index=index) for index in range(31)})
        assert keys(found) == [(RUN, TASK, index) for index in range(31)]

    def test_pages_of_one_row_are_refused(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.clamp = 1
        airflow.add(Ti(), Ti(dag_id="other"))
        with pytest.raises(StateSourceError, match="DAGs changed"):
            connect().read({attempts()})

    @pytest.mark.parametrize("version", PAGED)
    def test_a_large_run_is_read_in_one_statement(
        self, version: str, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 5, largest=100)
        airflow.version = version
        airflow.add(*(Ti(map_index=index) for index in range(60)))
        assert len(connect().read({attempts(map_index=index) for index in range(60)}).instances) == 60
        asked = [request.body for request in airflow.sent("POST", containing="/taskInstances/list")]
        assert [(body["page_limit"], body["page_offset"]) for body in asked] == [(5, 0), (100, 0)]

    def test_a_page_that_comes_again_is_not_the_next(
        self, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 4)
        airflow.add(*(Ti("failed", map_index=index) for index in range(12)))
        first = Reply(200, {"task_instances": [ti.shown for ti in airflow.instances[:4]], "total_entries": 12})
        airflow.before.append(always("POST", first, containing="/taskInstances/list"))
        with pytest.raises(StateSourceError, match="changed while it was read"):
            connect().read({attempts(map_index=11)})

    @pytest.mark.parametrize("version", PAGED)
    def test_runs_that_fit_into_pages_are_never_read_by_offset(
        self, version: str, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every answer moves its first row to the end, as a retry does that gives a task instance a new id."""
        small_pages(monkeypatch, 20)
        airflow.version = version
        airflow.add(*(Ti(run_id=f"run {n % 30}", map_index=n) for n in range(300)))

        def move(request: Request) -> Reply | None:
            if request.path.endswith("/taskInstances/list"):
                airflow.instances.append(airflow.instances.pop(0))
            return None

        airflow.before.append(move)
        found = connect().read({attempts(run_id=f"run {n % 30}", map_index=n) for n in range(300)})
        assert len(found.instances) == 300
        asked = airflow.sent("POST", containing="/taskInstances/list")
        assert {request.body["page_offset"] for request in asked} == {0}
        assert len(asked) < 40

    @pytest.mark.parametrize("which", ["dags", "runs"])
    def test_a_list_that_shifts_is_read_again(
        self, which: str, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 5)
        airflow.clamp = 5
        airflow.add(*(Ti(dag_id=f"dag_{n:02}", run_id=f"run {n}") for n in range(22)))
        path, method = ("/api/v2/dags", "GET") if which == "dags" else ("/dagRuns/list", "POST")

        def delete(_: Request) -> None:
            del airflow.instances[2]

        airflow.after.append(once(method, delete, containing=path, nth=2))
        found = connect().read({attempts(dag_id=f"dag_{n:02}", run_id=f"run {n}") for n in range(22)})
        assert {row.run_id for row in found.instances} == {f"run {n}" for n in range(22)} - {"run 2"}

    def test_new_runs_disturb_no_one(
        self, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 5)
        airflow.add(*(Ti(run_id=f"run {n}") for n in range(50)))

        def schedule(_: Request) -> None:
            airflow.add(Ti(run_id=f"later {len(airflow.requests)}"))

        airflow.before += [once("POST", schedule, containing="/dagRuns/list", nth=nth) for nth in range(2, 9)]
        assert len(connect().read({attempts(run_id=f"run {n}") for n in range(50)}).instances) == 50
        assert len(airflow.sent("POST", containing="/dagRuns/list")) < 20

    def test_a_list_that_never_holds_still_is_given_up(
        self, airflow: FakeAirflow, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small_pages(monkeypatch, 5)
        airflow.add(*(Ti(map_index=index) for index in range(40)))

        def rotate(request: Request) -> Reply | None:
            airflow.instances.append(airflow.instances.pop(0))
            return None

        airflow.before.append(rotate)
        with pytest.raises(StateSourceError, match="task instances changed while it was read"):
            connect().read({attempts(map_index=3)})

    def test_requests_do_not_grow_with_the_pods(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(*(Ti(dag_id=f"dag_{n % 40}", run_id=f"run {n}") for n in range(900)))
        counts = []
        for number in (1, 900):
            before = len(airflow.requests)
            wanted = {attempts(dag_id=f"dag_{n % 40}", run_id=f"run {n}") for n in range(number)}
            assert len(connect().read(wanted).instances) == number
            counts.append(len(airflow.requests) - before)
        assert counts[0] == counts[1] == 5  # version, token, DAGs, runs, task instances


class TestHidden:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_what_the_user_may_not_read_is_known_to_be_missing(
        self, version: str, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.version = version
        airflow.add(Ti(dag_id="trail-0fc596528"), Ti("running", dag_id="trail_"))
        airflow.hidden.add("trail_")
        found = connect().read({attempts(dag_id="trail_")})
        assert [row.dag_id for row in found.instances] == ["trail-0fc596528"]
        assert found.hides_dags

    def test_it_is_asked_only_where_a_label_leaves_doubt(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti(), Ti(dag_id="other"))
        airflow.hidden.add("other")
        assert not connect().read({attempts()}).hides_dags
        assert airflow.sent("GET", containing="~") == []


class TestRecall:
    @pytest.fixture(autouse=True)
    def told_nothing(self) -> None:
        self.told: list[str] = []

    def recall(self, source: AirflowRest) -> dict[str, StoredPod | None]:
        snapshot = source.read({attempts(), attempts(task_id="a/b"), attempts(task_id="none"), attempts(task_id="odd")})
        recalled = source.recall(snapshot, snapshot.instances, self.told.append)
        return {row.task_id: row.stored_pod for row in recalled.instances}

    def test_what_airflow_remembers_is_read(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(
            Ti("running", memory={"name": "p", "namespace": "ns"}),
            Ti("running", task_id="none"),
            Ti("running", task_id="odd", memory="elsewhere"),
        )
        expected = {TASK: StoredPod("ns", "p"), "none": None, "odd": StoredPod(None, None)}
        assert self.recall(connect()) == expected

    def test_what_no_path_can_name_may_be_any(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti("running", task_id="a/b"))
        airflow.before.append(always("GET", refusal(404), containing="a/b"))
        assert self.recall(connect()) == {"a/b": StoredPod(None, None)}

    @pytest.mark.parametrize("status", [500, 400, 503])
    def test_what_airflow_fails_on_may_be_any_and_is_told(
        self, status: int, airflow: FakeAirflow, connect: Connect
    ) -> None:
        airflow.add(Ti("running"), Ti("running", task_id="none"))
        airflow.before.append(always("GET", refusal(status), containing=f"{TASK}/state-store"))
        assert self.recall(connect()) == {TASK: StoredPod(None, None), "none": None}
        assert len(self.told) == 1
        assert str(status) in self.told[0]

    @pytest.mark.parametrize("status", [401, 403, 307])
    def test_what_is_refused_fails(self, status: int, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti("running"))
        airflow.before.append(always("GET", refusal(status), containing="state-store"))
        with pytest.raises(StateSourceError, match=str(status)):
            self.recall(connect())

    def test_keys_that_were_not_shown_may_name_any(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti("running"))
        page = Reply(200, {"task_state_store": [{"key": "a", "value": 1}], "total_entries": 2})
        airflow.before.append(always("GET", page, containing="state-store"))
        assert self.recall(connect()) == {TASK: StoredPod(None, None)}

    def test_each_try_is_asked_for_once(self, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.add(Ti("running", 2))
        source = connect()
        self.recall(source)
        self.recall(source)
        assert len(airflow.sent("GET", containing="state-store")) == 1
        airflow.instances[0].try_number = 3
        self.recall(source)
        assert len(airflow.sent("GET", containing="state-store")) == 2

    @pytest.mark.parametrize("version", VERSIONS[:-1])
    def test_no_older_airflow_is_asked(self, version: str, airflow: FakeAirflow, connect: Connect) -> None:
        airflow.version = version
        airflow.add(Ti("running"))
        source = connect()
        snapshot = source.read({attempts()})
        assert source.recall(snapshot, snapshot.instances, self.told.append) is snapshot
        assert airflow.sent("GET", containing="state-store") == []


def test_a_prefix_in_the_url_is_kept(airflow: FakeAirflow, connect: Connect) -> None:
    airflow.add(Ti())

    def strip(request: Request) -> Reply | None:
        assert request.path.startswith("/team/airflow/"), request.path
        request.path = request.path.removeprefix("/team/airflow")
        return None

    rule: Rule = strip
    airflow.before.append(rule)
    assert len(connect(url=airflow.url + "/team/airflow/").read({attempts()}).instances) == 1
