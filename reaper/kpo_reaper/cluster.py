"""The API server: lists, reads and deletes pods, and does nothing else.

Every request ends in time, no answer is believed that is not whole, and no request that may have been carried out is
ever sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self
from urllib.parse import quote

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError

from kpo_reaper.deadline import Deadline
from kpo_reaper.errors import ClusterError, OutcomeUnknownError, UnauthorizedError
from kpo_reaper.exchanges import Answer, Exchanges, UnansweredError
from kpo_reaper.pods import PodFacts, read_pod

PAGE = 500
"""Pods per page, as kubectl and client-go's pager ask for."""
SELECTOR = "kubernetes_pod_operator=True,!airflow-worker"
RESTARTS = 3
"""Times that a LIST is begun anew after its continue token expired."""


class Deletion(StrEnum):
    """What became of a DELETE."""

    DELETED = "deleted"
    """The API server committed it; where the reply was lost, the pod was found gone or terminating afterwards."""
    GONE = "gone"
    """There was no such pod any more: someone else's work."""
    CONFLICT = "conflict"
    """The pod is not, or no longer, the one that was judged; nothing was deleted."""
    THROTTLED = "throttled"
    """The API server asked for a pause and did nothing."""


class _ListMeta(msgspec.Struct):
    continue_: str | None = msgspec.field(default=None, name="continue")


class _PodList(msgspec.Struct):
    kind: Literal["PodList"]
    metadata: _ListMeta
    items: list[msgspec.Raw]


class _NamespaceMeta(msgspec.Struct):
    name: Literal["kube-system"]
    uid: str


class _Namespace(msgspec.Struct):
    kind: Literal["Namespace"]
    metadata: _NamespaceMeta


class _Reply(msgspec.Struct):
    kind: str
    status: object = None
    message: str = ""
    reason: str = ""


class _ReviewStatus(msgspec.Struct):
    allowed: bool


class _Review(msgspec.Struct):
    kind: Literal["SelfSubjectAccessReview"]
    status: _ReviewStatus


class Cluster:
    """One API server through one client, used from one thread.

    ``request_timeout`` bounds a request from connecting to the last byte, in seconds. All methods raise ClusterError
    (UnauthorizedError for a 401) and DeadlineError.
    """

    def __init__(self, client: httpx2.AsyncClient, *, request_timeout: float, deadline: Deadline) -> None:
        self._exchanges = Exchanges(
            client, name="the API server", request_timeout=request_timeout, deadline=deadline, breaks=(ConfigError,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._exchanges.close()

    @property
    def first_answer(self) -> datetime | None:
        """The API server's clock (its Date header) at its first answer; None if it told none."""
        return self._exchanges.first_answer

    def check_identity(self, uid: str) -> None:
        """Raise ClusterError unless the namespace kube-system has this uid: it is another one in another cluster."""
        self._exchanges.run(self._check_identity(uid))

    def list_pods(self, namespace: str | None) -> list[PodFacts]:
        """All pods of KubernetesPodOperator in a namespace, None for all namespaces, at one resourceVersion.

        Read page by page; a token that has expired (410) starts the LIST anew, at most RESTARTS times.
        """
        return self._exchanges.run(self._list_pods(namespace))

    def read_pod(self, pod: PodFacts) -> PodFacts | None:
        """The pod that has this name now, None if there is none."""
        return self._exchanges.run(self._read_pod(pod))

    def may(self, verb: str, namespace: str | None) -> bool:
        """Whether these credentials may do ``verb`` to the pods of a namespace, None for all namespaces."""
        return self._exchanges.run(self._may(verb, namespace))

    def delete_pod(self, pod: PodFacts) -> Deletion:
        """Ask for the graceful deletion of exactly this pod in exactly this resourceVersion.

        Raises ClusterError where it was refused, was not carried out, or may have been and cannot be looked up.
        """
        return self._exchanges.run(self._delete_pod(pod))

    async def _check_identity(self, uid: str) -> None:
        answer = await self._patiently("GET", "/api/v1/namespaces/kube-system", {})
        if answer.status != httpx2.codes.OK:
            raise ClusterError(f"which cluster this is could not be read: {_said(answer)}")
        try:
            found = msgspec.json.decode(answer.body, type=_Namespace)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClusterError(f"the namespace kube-system came as something else: {error}") from None
        if found.metadata.uid != uid:
            raise ClusterError(f"this is another cluster: kube-system has the uid {found.metadata.uid}, not {uid}")

    async def _list_pods(self, namespace: str | None) -> list[PodFacts]:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods" if namespace else "/api/v1/pods"
        where = f"namespace {namespace}" if namespace else "all namespaces"
        for _ in range(RESTARTS + 1):
            pods = await self._list_once(path, where)
            if pods is not None:
                return pods
        raise ClusterError(f"listing the pods of {where} expired {RESTARTS + 1} times before its last page")

    async def _list_once(self, path: str, where: str) -> list[PodFacts] | None:
        """The whole list, or None where it expired on the way."""
        pods: dict[tuple[str, str], PodFacts] = {}
        odd: list[PodFacts] = []
        token = ""
        seen = set()
        while True:
            page = {"labelSelector": SELECTOR, "limit": str(PAGE)} | ({"continue": token} if token else {})
            answer = await self._patiently("GET", path, page)
            if answer.status == httpx2.codes.GONE:
                return None
            if answer.status != httpx2.codes.OK:
                raise ClusterError(f"the pods of {where} could not be listed: {_said(answer)}")
            try:
                listed = msgspec.json.decode(answer.body, type=_PodList)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ClusterError(f"the pods of {where} came as something else than a PodList: {error}") from None
            for item in listed.items:
                pod = read_pod(item)
                if pod.fault:
                    odd.append(pod)
                else:
                    pods[pod.namespace, pod.name] = pod
            token = listed.metadata.continue_ or ""
            if not token:
                return [*pods.values(), *odd]
            if token in seen:
                raise ClusterError(f"listing the pods of {where} goes in circles: a continue token came twice")
            seen.add(token)

    async def _read_pod(self, pod: PodFacts) -> PodFacts | None:
        answer = await self._patiently("GET", _path(pod), {})
        if answer.status == httpx2.codes.NOT_FOUND:
            return None
        if answer.status != httpx2.codes.OK:
            raise ClusterError(f"pod {pod} could not be read: {_said(answer)}")
        found = read_pod(answer.body)
        if found.fault or (found.namespace, found.name) != (pod.namespace, pod.name):
            raise ClusterError(f"pod {pod} was asked for and something else came: {found.fault or found}")
        return found

    async def _may(self, verb: str, namespace: str | None) -> bool:
        wanted = {"verb": verb, "resource": "pods", "namespace": namespace or ""}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": wanted},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = await self._patiently("POST", path, {}, body=msgspec.json.encode(review))
        if answer.status not in (httpx2.codes.OK, httpx2.codes.CREATED):
            raise ClusterError(f"the API server did not tell what these credentials may do: {_said(answer)}")
        try:
            return msgspec.json.decode(answer.body, type=_Review).status.allowed
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClusterError(f"the access review came in another form than the API server's: {error}") from None

    def sit_out(self) -> None:
        """Sleep as long as the API server asked for; at once if it did not."""
        self._exchanges.run(self._exchanges.wait())

    async def _delete_pod(self, pod: PodFacts) -> Deletion:
        preconditions = {"uid": pod.uid, "resourceVersion": pod.resource_version}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        try:
            answer = await self._exchanges.once("DELETE", _path(pod), {}, body=msgspec.json.encode(options))
            return self._outcome(pod, _authorized(answer))
        except UnansweredError as question:
            if await self._is_deleted(pod, question):
                return Deletion.DELETED
            if question.pause:
                return Deletion.THROTTLED
            raise ClusterError(f"pod {pod} was not deleted: {question}") from None

    def _outcome(self, pod: PodFacts, answer: Answer) -> Deletion:
        """What an answer to a DELETE says. Raises UnansweredError where it does not say."""
        status = answer.status
        if status in (httpx2.codes.OK, httpx2.codes.ACCEPTED):
            reply = _reply(answer)
            if reply.kind == "Pod" or (reply.kind == "Status" and reply.status == "Success"):
                return Deletion.DELETED
            raise UnansweredError(f"the answer was a {reply.kind or 'document of no kind'}")
        if status == httpx2.codes.NOT_FOUND:
            return Deletion.GONE
        if status == httpx2.codes.CONFLICT:
            return Deletion.CONFLICT
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            return Deletion.THROTTLED
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            # Any proxy on the way can say so after the API server has done the work.
            raise UnansweredError(_said(answer), pause=answer.asks_for_pause)
        raise ClusterError(f"pod {pod} could not be deleted: {_said(answer)}")

    async def _is_deleted(self, pod: PodFacts, question: UnansweredError) -> bool:
        try:
            found = await self._read_pod(pod)
        except ClusterError as error:
            raise OutcomeUnknownError(f"whether pod {pod} was deleted is unknown ({question}), for {error}") from None
        return found is None or found.uid != pod.uid or found.terminating

    async def _patiently(self, method: str, path: str, query: Mapping[str, str], *, body: bytes = b"") -> Answer:
        """A request that only reads, sent again after each pause that the API server asks for."""
        try:
            return _authorized(await self._exchanges.patiently(method, path, query, body=body))
        except UnansweredError as question:
            raise ClusterError(f"{method} {path} failed: {question}") from None


def _authorized(answer: Answer) -> Answer:
    if answer.status == httpx2.codes.UNAUTHORIZED:
        raise UnauthorizedError("the API server does not accept the credentials (401)")
    return answer


def _path(pod: PodFacts) -> str:
    # Without a name this would be the collection of the namespace, and its DELETE that of every pod in it.
    if pod.fault or not pod.name or not pod.namespace:
        raise ClusterError(f"pod {pod} cannot be addressed: {pod.fault or 'it has no name'}")
    return f"/api/v1/namespaces/{quote(pod.namespace, safe='')}/pods/{quote(pod.name, safe='')}"


def _reply(answer: Answer) -> _Reply:
    try:
        return msgspec.json.decode(answer.body, type=_Reply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Reply(kind="")


def _said(answer: Answer) -> str:
    """The status and what a Status object says about it."""
    if answer.is_redirect:
        return f"{answer.status} (a redirect, which is not followed)"
    reply = _reply(answer)
    return f"{answer.status} {reply.reason} {reply.message[:300]}".strip()
