from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kpo_reaper.cluster import Cluster, Deletion
from kpo_reaper.deadline import Deadline
from kpo_reaper.errors import ClusterError, DeadlineError, OutcomeUnknownError, SettingsError, UnauthorizedError
from kpo_reaper.kubeconfig import api_client

from .fake_api import FakeApi, failure
from .fake_server import Reply, always, once
from .worlds import NOW, manifest

Connect = Callable[..., Cluster]


@pytest.fixture
def connect(api: FakeApi, tmp_path: Path) -> Iterator[Connect]:
    opened: list[Cluster] = []

    def open_cluster(request_timeout: float = 5, deadline: float = 20) -> Cluster:
        client = api_client(api.kubeconfig(tmp_path))
        opened.append(Cluster(client, request_timeout=request_timeout, deadline=Deadline(deadline)))
        return opened[-1]

    yield open_cluster
    for cluster in opened:
        cluster.close()


class TestList:
    def test_it_is_paged_selected_and_authenticated(self, api: FakeApi, connect: Connect) -> None:
        api.page = 2
        api.add(*(manifest(f"p{number}") for number in range(5)), manifest("w", labels={"airflow-worker": "1"}))
        cluster = connect()
        assert [pod.name for pod in cluster.list_pods("airflow")] == ["p0", "p1", "p2", "p3", "p4"]
        assert cluster.first_answer == NOW
        assert len(api.requests) == 3
        first = api.requests[0]
        assert first.path == "/api/v1/namespaces/airflow/pods"
        assert first.query == {"labelSelector": "kubernetes_pod_operator=True,!airflow-worker", "limit": "500"}
        assert first.headers["Authorization"] == "Bearer s3cr3t-token"

    def test_all_namespaces_are_one_list(self, api: FakeApi, connect: Connect) -> None:
        api.add(manifest("p", namespace="a"), manifest("p", namespace="b"))
        assert [str(pod) for pod in connect().list_pods(None)] == ["a/p", "b/p"]
        assert len(api.requests) == 1

    def test_an_odd_pod_stops_no_other(self, api: FakeApi, connect: Connect) -> None:
        odd = manifest("odd", metadata={"uid": None})
        api.add(manifest("one"), odd, manifest("two"))
        pods = {pod.name: bool(pod.fault) for pod in connect().list_pods("airflow")}
        assert pods == {"one": False, "odd": True, "two": False}

    def test_a_pod_on_two_pages_is_one_pod(self, api: FakeApi, connect: Connect) -> None:
        twice = manifest("twice")
        pages = iter([("t", [twice]), ("", [twice])])

        def page(_: object) -> Reply:
            token, items = next(pages)
            return Reply(200, {"kind": "PodList", "metadata": {"continue": token}, "items": items})

        api.before.append(page)
        assert len(connect().list_pods("airflow")) == 1

    def test_an_empty_page_is_not_the_end(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(once("GET", Reply(200, {"kind": "PodList", "metadata": {"continue": "on"}, "items": []})))
        api._snapshots["on"] = [manifest("late")]
        assert [pod.name for pod in connect().list_pods("airflow")] == ["late"]

    def test_an_expired_token_begins_anew(self, api: FakeApi, connect: Connect) -> None:
        api.page = 2
        api.add(*(manifest(f"p{number}") for number in range(5)))
        api.before.append(once("GET", failure(410, "Expired"), nth=2))
        assert len(connect().list_pods("airflow")) == 5
        assert [request.query.get("continue") is None for request in api.requests] == [True, False, True, False, False]

    def test_it_begins_anew_three_times_only(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", failure(410, "Expired")))
        with pytest.raises(ClusterError, match="expired 4 times"):
            connect().list_pods("airflow")
        assert len(api.requests) == 4

    def test_a_token_that_comes_back_ends_it(self, api: FakeApi, connect: Connect) -> None:
        page = {"kind": "PodList", "metadata": {"continue": "same"}, "items": [manifest()]}
        api.before.append(always("GET", Reply(200, page)))
        with pytest.raises(ClusterError, match="circles"):
            connect().list_pods("airflow")

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, {"kind": "PodList", "metadata": {}, "items": None}),
            Reply(200, {"kind": "PodList", "items": []}),
            Reply(200, {"kind": "PodList", "metadata": {}}),
            Reply(200, {"kind": "SecretList", "metadata": {}, "items": []}),
            Reply(200, {"kind": "Status", "status": "Success"}),
            Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
            Reply(200, b""),
            Reply(200, b'{"kind":"PodList","metadata":{},"items":[{"metadata":'),
            Reply(200, b"\xff\xff"),
            Reply(200, {"kind": "PodList", "metadata": {}, "items": []}, cut=10),
            Reply(200, {}, cut=0),
            Reply(204, b"", {"Content-Length": "0"}),
            failure(500, "InternalError"),
            failure(403, "Forbidden"),
            failure(404, "NotFound"),
            failure(503, "ServiceUnavailable"),
        ],
    )
    def test_an_answer_that_is_not_a_whole_list_fails(self, reply: Reply, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", reply))
        with pytest.raises(ClusterError):
            connect().list_pods("airflow")
        assert len(api.requests) == 1

    def test_a_failed_later_page_fails_the_whole(self, api: FakeApi, connect: Connect) -> None:
        api.page = 1
        api.add(manifest("a"), manifest("b"))
        api.before.append(once("GET", failure(500, "InternalError"), nth=2))
        with pytest.raises(ClusterError, match="500"):
            connect().list_pods("airflow")

    def test_a_redirect_is_not_followed(self, api: FakeApi, connect: Connect) -> None:
        with FakeApi() as elsewhere:
            moved = Reply(307, {}, {"Location": f"{elsewhere.url}/api/v1/namespaces/airflow/pods"})
            api.before.append(always("GET", moved))
            with pytest.raises(ClusterError, match="redirect"):
                connect().list_pods("airflow")
            assert elsewhere.requests == []

    def test_401_says_so_and_not_the_token(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", failure(401, "Unauthorized")))
        with pytest.raises(UnauthorizedError) as caught:
            connect().list_pods("airflow")
        assert "s3cr3t" not in str(caught.value)


class TestTime:
    def test_a_drip_ends_with_the_request_timeout(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", Reply(200, b" " * 1000, drip=True)))
        begun = time.monotonic()
        with pytest.raises(ClusterError, match=r"within 0\.3 seconds"):
            connect(request_timeout=0.3).list_pods("airflow")
        assert time.monotonic() - begun < 3

    def test_a_sweep_that_is_over_sends_nothing(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect(deadline=0.000001)
        time.sleep(0.001)
        with pytest.raises(DeadlineError):
            cluster.list_pods("airflow")
        assert api.requests == []

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_pause_is_kept_and_then_it_goes_on(self, status: int, api: FakeApi, connect: Connect) -> None:
        api.add(manifest("p"))
        api.before.append(once("GET", failure(status, "Busy", **{"Retry-After": "1"})))
        assert len(connect().list_pods("airflow")) == 1
        assert api.requests[1].at - api.requests[0].at >= 1

    def test_a_pause_until_a_date_is_measured_on_the_servers_clock(self, api: FakeApi, connect: Connect) -> None:
        api.add(manifest("p"))
        api.before.append(once("GET", failure(429, "Busy", **{"Retry-After": "Mon, 01 Jun 2026 12:00:01 GMT"})))
        assert len(connect().list_pods("airflow")) == 1
        assert 1 <= api.requests[1].at - api.requests[0].at < 4

    @pytest.mark.parametrize("text", ["soon", "-1", "1.5", ""])
    def test_a_pause_that_cannot_be_read_is_a_second(self, text: str, api: FakeApi, connect: Connect) -> None:
        api.before.append(once("GET", failure(429, "Busy", **{"Retry-After": text})))
        connect().list_pods("airflow")
        assert api.requests[1].at - api.requests[0].at >= 1

    def test_a_pause_beyond_the_deadline_ends_the_sweep(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", failure(429, "Busy", **{"Retry-After": "3600"})))
        with pytest.raises(DeadlineError, match="3600"):
            connect().list_pods("airflow")
        assert len(api.requests) == 1

    def test_endless_pauses_end(self, api: FakeApi, connect: Connect) -> None:
        api.before.append(always("GET", failure(429, "Busy", **{"Retry-After": "0"})))
        with pytest.raises(ClusterError, match="put off 9 times"):
            connect().list_pods("airflow")

    def test_without_a_date_there_is_no_clock(self, api: FakeApi, connect: Connect) -> None:
        api.now = None
        cluster = connect()
        cluster.list_pods("airflow")
        assert cluster.first_answer is None


class TestDelete:
    @pytest.fixture(autouse=True)
    def _one_pod(self, api: FakeApi) -> None:
        api.add(manifest("p"))

    def test_it_names_one_pod_in_one_state_and_leaves_its_grace(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        assert cluster.delete_pod(pod) is Deletion.DELETED
        [request] = api.sent("DELETE")
        assert request.path == "/api/v1/namespaces/airflow/pods/p"
        assert request.query == {}
        preconditions = {"uid": pod.uid, "resourceVersion": pod.resource_version}
        assert request.body == {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}

    def test_a_pod_of_the_same_name_survives(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.replace("p")
        assert cluster.delete_pod(pod) is Deletion.CONFLICT
        assert api.names == ["p"]

    def test_a_pod_that_changed_survives(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.touch("p")
        assert cluster.delete_pod(pod) is Deletion.CONFLICT

    def test_a_pod_that_is_gone_is_someone_elses_work(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.pods.clear()
        assert cluster.delete_pod(pod) is Deletion.GONE

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, {}, cut=0),
            Reply(200, {"kind": "Status", "status": "Success"}, cut=5),
            failure(500, "InternalError"),
            failure(504, "Timeout"),
            Reply(200, b"<html>"),
            Reply(200, {"kind": "Status", "status": "Failure"}),
        ],
    )
    def test_a_lost_reply_is_looked_up_and_not_sent_again(self, reply: Reply, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.after.append(once("DELETE", reply))
        assert cluster.delete_pod(pod) is Deletion.DELETED
        assert len(api.sent("DELETE")) == 1
        assert [request.path for request in api.sent("GET")[1:]] == ["/api/v1/namespaces/airflow/pods/p"]

    def test_a_lost_reply_does_not_harm_the_next_pod(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")

        def lost(_: object) -> Reply:
            again = manifest("p")
            again["metadata"]["uid"] = "new"
            api.add(again)
            return Reply(200, {}, cut=0)

        api.after.append(once("DELETE", lost))
        assert cluster.delete_pod(pod) is Deletion.DELETED
        assert api.pods["airflow", "p"]["metadata"]["uid"] == "new"

    def test_a_pod_that_terminates_is_deleted(self, api: FakeApi, connect: Connect) -> None:
        api.pods["airflow", "p"]["spec"]["nodeName"] = "n"
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.after.append(once("DELETE", Reply(200, {}, cut=0)))
        assert cluster.delete_pod(pod) is Deletion.DELETED
        assert api.names == ["p"]

    @pytest.mark.parametrize("reply", [Reply(200, {}, cut=0), failure(500, "InternalError"), Reply(200, b"<html>")])
    def test_what_was_not_committed_is_not_called_deleted(self, reply: Reply, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.before.append(once("DELETE", reply))
        with pytest.raises(ClusterError, match="was not deleted"):
            cluster.delete_pod(pod)
        assert len(api.sent("DELETE")) == 1

    def test_what_cannot_be_looked_up_is_unknown(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.after += [once("DELETE", Reply(200, {}, cut=0)), always("GET", failure(500, "InternalError"))]
        with pytest.raises(OutcomeUnknownError, match="is unknown"):
            cluster.delete_pod(pod)

    def test_503_with_a_pause_is_looked_up_before_it_counts_as_refused(self, api: FakeApi, connect: Connect) -> None:
        busy = failure(503, "Busy", **{"Retry-After": "0"})
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.before.append(once("DELETE", busy))
        assert cluster.delete_pod(pod) is Deletion.THROTTLED
        api.after.append(once("DELETE", busy))
        assert cluster.delete_pod(pod) is Deletion.DELETED

    def test_429_is_refused(self, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.before.append(once("DELETE", failure(429, "Busy", **{"Retry-After": "0"})))
        assert cluster.delete_pod(pod) is Deletion.THROTTLED

    @pytest.mark.parametrize("status", [400, 403, 405, 422])
    def test_a_refusal_says_why(self, status: int, api: FakeApi, connect: Connect) -> None:
        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        api.before.append(once("DELETE", failure(status, "Denied")))
        with pytest.raises(ClusterError, match="because of Denied"):
            cluster.delete_pod(pod)

    def test_a_pod_without_a_name_is_never_addressed(self, api: FakeApi, connect: Connect) -> None:
        import msgspec

        cluster = connect()
        [pod] = cluster.list_pods("airflow")
        with pytest.raises(ClusterError, match="cannot be addressed"):
            cluster.delete_pod(msgspec.structs.replace(pod, name=""))
        assert api.sent("DELETE") == []


class TestKubeconfig:
    @pytest.mark.parametrize(
        "text",
        ["", "token: s3cr3t: [", "[]", "{}", "clusters: []\ncontexts: []\ncurrent-context: s3cr3t-but-missing\n"],
    )
    def test_one_that_leads_nowhere_is_refused(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "kubeconfig"
        path.write_text(text)
        with pytest.raises(SettingsError, match="kubeconfig"):
            api_client(str(path))

    def test_the_environment_names_one(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="nowhere"):
            api_client(None, {"KUBECONFIG": str(tmp_path / "nowhere")})

    def test_none_at_all_is_refused(self) -> None:
        with pytest.raises(SettingsError, match="no cluster"):
            api_client(None, {})
