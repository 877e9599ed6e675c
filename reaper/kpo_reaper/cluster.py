"""The API server: lists, reads and deletes pods, and does nothing else.

Every request ends in time, no answer is believed that is not whole, and no request that may have been carried out is
ever sent again.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Literal, Self
from urllib.parse import quote

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError

from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import ClusterError, DeadlineError, OutcomeUnknownError, UnauthorizedError
from kpo_reaper.pods import PodFacts, read_pod

PAGE = 500
"""Pods per page, as kubectl and client-go's pager ask for."""
SELECTOR = "kubernetes_pod_operator=True,!airflow-worker"
RESTARTS = 3
"""Times that a LIST is begun anew after its continue token expired."""
PAUSE = 1.0
"""Seconds to wait after a 429 that does not say how long."""
PAUSES = 8
"""Pauses in a row after which a request that only reads is given up."""
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; 500 pods of the largest size that etcd stores (1.5 MiB) would be 750 MiB, of a real KPO pod 3.8 MB."""


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


class Answer(msgspec.Struct, frozen=True):
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _ListMeta(msgspec.Struct):
    continue_: str | None = msgspec.field(default=None, name="continue")


class _PodList(msgspec.Struct):
    kind: Literal["PodList"]
    metadata: _ListMeta
    items: list[msgspec.Raw]


class _Reply(msgspec.Struct):
    kind: str
    status: object = None
    message: str = ""
    reason: str = ""


class _Unknown(Exception):  # noqa: N818 - not an error but an open question
    """The request may or may not have been carried out; ``pause`` if a pause was asked for."""

    def __init__(self, question: str, *, pause: bool = False) -> None:
        super().__init__(question)
        self.pause = pause


class Cluster:
    """One API server through one client, used from one thread.

    ``request_timeout`` bounds a request from connecting to the last byte, in seconds. All methods raise ClusterError
    (UnauthorizedError for a 401) and DeadlineError.
    """

    def __init__(self, client: httpx2.AsyncClient, *, request_timeout: float, deadline: Deadline) -> None:
        self._client = client
        self._request_timeout = request_timeout
        self._deadline = deadline
        self._resume_at = 0.0
        self._runner = asyncio.Runner()
        self.first_answer: datetime | None = None
        """The API server's clock (its Date header) at its first answer; None if it told none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; may be called twice."""
        if not self._client.is_closed:
            self._runner.run(self._client.aclose())
        self._runner.close()

    def list_pods(self, namespace: str | None) -> list[PodFacts]:
        """All pods of KubernetesPodOperator in a namespace, None for all namespaces, at one resourceVersion.

        Read page by page; a token that has expired (410) starts the LIST anew, at most RESTARTS times.
        """
        return self._runner.run(self._list_pods(namespace))

    def read_pod(self, pod: PodFacts) -> PodFacts | None:
        """The pod that has this name now, None if there is none."""
        return self._runner.run(self._read_pod(pod))

    def delete_pod(self, pod: PodFacts) -> Deletion:
        """Ask for the graceful deletion of exactly this pod in exactly this resourceVersion.

        Raises ClusterError where it was refused, was not carried out, or may have been and cannot be looked up.
        """
        return self._runner.run(self._delete_pod(pod))

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

    def sit_out(self) -> None:
        """Sleep as long as the API server asked for; at once if it did not."""
        self._runner.run(self._wait())

    async def _delete_pod(self, pod: PodFacts) -> Deletion:
        preconditions = {"uid": pod.uid, "resourceVersion": pod.resource_version}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        try:
            answer = await self._once("DELETE", _path(pod), {}, msgspec.json.encode(options))
            return self._outcome(pod, answer)
        except _Unknown as question:
            if await self._is_deleted(pod, question):
                return Deletion.DELETED
            if question.pause:
                return Deletion.THROTTLED
            raise ClusterError(f"pod {pod} was not deleted: {question}") from None

    def _outcome(self, pod: PodFacts, answer: Answer) -> Deletion:
        """What an answer to a DELETE says. Raises _Unknown where it does not say."""
        status = answer.status
        if status in (httpx2.codes.OK, httpx2.codes.ACCEPTED):
            reply = _reply(answer)
            if reply.kind == "Pod" or (reply.kind == "Status" and reply.status == "Success"):
                return Deletion.DELETED
            raise _Unknown(f"the answer was a {reply.kind or 'document of no kind'}")
        if status == httpx2.codes.NOT_FOUND:
            return Deletion.GONE
        if status == httpx2.codes.CONFLICT:
            return Deletion.CONFLICT
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            return Deletion.THROTTLED
        if status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            # Any proxy on the way can say so after the API server has done the work.
            raise _Unknown(_said(answer), pause=_asks_for_pause(answer))
        raise ClusterError(f"pod {pod} could not be deleted: {_said(answer)}")

    async def _is_deleted(self, pod: PodFacts, question: _Unknown) -> bool:
        try:
            found = await self._read_pod(pod)
        except ClusterError as error:
            raise OutcomeUnknownError(f"whether pod {pod} was deleted is unknown ({question}), for {error}") from None
        return found is None or found.uid != pod.uid or found.terminating

    async def _patiently(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        """A request that only reads, sent again after each pause that the API server asks for."""
        for _ in range(PAUSES + 1):
            try:
                answer = await self._once(method, path, query)
            except _Unknown as question:
                raise ClusterError(f"{method} {path} failed: {question}") from None
            if not _asks_for_pause(answer):
                return answer
        raise ClusterError(f"{method} {path} was put off {PAUSES + 1} times: {_said(answer)}")

    async def _once(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request, after the pause that was asked for. Raises _Unknown where no whole answer came."""
        await self._wait()
        timeout = self._deadline.at_most(self._request_timeout)
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            async with (
                asyncio.timeout(timeout),
                self._client.stream(method, path, params=query, content=body or None, headers=headers) as response,
            ):
                chunks = bytearray()
                async for chunk in response.aiter_bytes():
                    chunks += chunk
                    if len(chunks) > LARGEST_ANSWER:
                        raise _Unknown(f"the answer is larger than {LARGEST_ANSWER} bytes")
                answer = Answer(response.status_code, response.headers, bytes(chunks))
        except TimeoutError:
            raise _Unknown(f"no whole answer within {timeout:g} seconds") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ConfigError, OSError, KeyError, ValueError) as error:
            # KeyError and ValueError are what the kubeconfig's exec plugin ends in when it prints no credential.
            raise _Unknown(f"{type(error).__name__} {error}".strip()) from None
        if self.first_answer is None:
            self.first_answer = _date(answer)
        if answer.status == httpx2.codes.UNAUTHORIZED:
            raise UnauthorizedError("the API server does not accept the credentials (401)")
        if _asks_for_pause(answer):
            self._resume_at = max(self._resume_at, clock() + _retry_after(answer))
        return answer

    async def _wait(self) -> None:
        pause = self._resume_at - clock()
        if pause <= 0:
            return
        if not self._deadline.allows(pause):
            raise DeadlineError(
                f"the API server asked to wait {pause:.0f} seconds, which the sweep's deadline does not allow"
            )
        await asyncio.sleep(pause)


def _asks_for_pause(answer: Answer) -> bool:
    """Whether the API server was too busy for the request (API priority and fairness)."""
    return answer.status == httpx2.codes.TOO_MANY_REQUESTS or (
        answer.status == httpx2.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
    )


def _path(pod: PodFacts) -> str:
    # Without a name this would be the collection of the namespace, and its DELETE that of every pod in it.
    if pod.fault or not pod.name or not pod.namespace:
        raise ClusterError(f"pod {pod} cannot be addressed: {pod.fault or 'it has no name'}")
    return f"/api/v1/namespaces/{quote(pod.namespace, safe='')}/pods/{quote(pod.name, safe='')}"


def _retry_after(answer: Answer) -> float:
    """Seconds from a Retry-After in either form of RFC 9110; PAUSE where there is none that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        then, now = parsedate_to_datetime(text), _date(answer) or datetime.now(UTC)
        return max(PAUSE, (then - now).total_seconds())
    except (TypeError, ValueError):
        return PAUSE


def _date(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _reply(answer: Answer) -> _Reply:
    try:
        return msgspec.json.decode(answer.body, type=_Reply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Reply(kind="")


def _said(answer: Answer) -> str:
    """The status and what a Status object says about it."""
    if 300 <= answer.status < 400:
        return f"{answer.status} (a redirect, which is not followed)"
    reply = _reply(answer)
    return f"{answer.status} {reply.reason} {reply.message[:300]}".strip()
