"""One Airflow's REST API as a client sees it: its version, its credentials and answers of the expected shape.

Only what reads is ever sent, apart from the exchange of a password for a token.
"""

from __future__ import annotations

import base64
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import httpx2
import msgspec

from kpo_reaper.airflow_versions import RestGeneration, rest_generation
from kpo_reaper.deadline import Deadline
from kpo_reaper.errors import StateSourceError
from kpo_reaper.exchanges import Answer, Exchanges, UnansweredError

T = TypeVar("T")
Shape = TypeVar("Shape", bound=msgspec.Struct)


class Credentials(msgspec.Struct, frozen=True):
    """A token, or else a name and a password; what is not given is empty."""

    token: str = ""
    username: str = ""
    password: str = ""

    @property
    def basic(self) -> str:
        """Name and password as HTTP's Basic scheme sends them (RFC 7617, UTF-8)."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class _Version(msgspec.Struct):
    version: str


class _Token(msgspec.Struct):
    access_token: str


class _Problem(msgspec.Struct):
    """What Airflow says about a refused request: ``detail`` in both APIs, ``title`` beside it in /api/v1."""

    detail: object = ""
    title: object = ""


class RestClient:
    """The API below ``url``, asked from one thread; connected at the first request and until ``close``.

    ``request_timeout`` bounds each request from connecting to the last byte, in seconds. Redirects are not followed:
    one would take the credentials to a place of someone else's choice. Every method raises StateSourceError, which
    tells no secret, and DeadlineError.
    """

    def __init__(self, url: str, credentials: Credentials, *, request_timeout: float, deadline: Deadline) -> None:
        self._url = url.rstrip("/")
        self._credentials = credentials
        self._bearer = credentials.token
        self.version = ""
        """The version that Airflow said last."""
        client = httpx2.AsyncClient(
            base_url=self._url,
            # Reading the authorities takes a third of a small sweep's time; plain HTTP needs none.
            verify=self._url.startswith("https:"),
            headers={"User-Agent": "kpo-reaper", "Accept": "application/json"},
            follow_redirects=False,
            timeout=None,
            limits=httpx2.Limits(max_connections=1, max_keepalive_connections=1),
        )
        self._exchanges = Exchanges(client, name="Airflow", request_timeout=request_timeout, deadline=deadline)

    def run(self, conversation: Coroutine[Any, Any, T]) -> T:
        """Carry out a conversation on this client's event loop."""
        return self._exchanges.run(conversation)

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._exchanges.close()

    async def generation(self) -> RestGeneration:
        """The generation of the Airflow that answers now, which must be one that is known."""
        self.version = ""
        for root in ("/api/v2", "/api/v1"):
            answer = await self.answer("GET", f"{root}/version", signed=False)
            if answer.status == httpx2.codes.NOT_FOUND:
                continue
            self.version = self.shaped(answer, "the version", _Version).version
            found = rest_generation(self.version)
            if found and found.path == root:
                return found
            break
        said = f"is version {self.version[:50]}" if self.version else "has neither /api/v2/version nor /api/v1/version"
        raise StateSourceError(
            f"Airflow at {self._url} {said}, which this kpo-reaper does not know: use one made for that Airflow version"
        )

    async def sign(self, generation: RestGeneration) -> None:
        """Get a token, where this Airflow wants one and none was given or got."""
        if self._bearer or not generation.has_tokens:
            return
        told = {"username": self._credentials.username, "password": self._credentials.password}
        answer = await self.answer("POST", "/auth/token", body=told, signed=False)
        self._bearer = self.shaped(answer, "a token", _Token).access_token

    async def ask(
        self,
        what: str,
        shape: type[Shape],
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Shape:
        """The answer to a request that must succeed; ``what`` says in messages what was to be read."""
        return self.shaped(await self.answer(method, path, query=query, body=body), what, shape)

    async def answer(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        signed: bool = True,
    ) -> Answer:
        """A whole answer of any status but 401."""
        scheme = f"Bearer {self._bearer}" if self._bearer else f"Basic {self._credentials.basic}"
        headers = {"Authorization": scheme} if signed else {}
        content = msgspec.json.encode(body) if body is not None else b""
        try:
            answer = await self._exchanges.patiently(method, path, query or {}, body=content, headers=headers)
        except UnansweredError as question:
            raise StateSourceError(self._told(f"{method} {self._url}{path} failed: {question}")) from None
        if answer.status == httpx2.codes.UNAUTHORIZED:
            raise StateSourceError(f"Airflow at {self._url} does not accept the credentials (401)")
        return answer

    def shaped(self, answer: Answer, what: str, shape: type[Shape]) -> Shape:
        """The content of an answer, which must be a success and of that shape."""
        if not 200 <= answer.status < 300:
            raise StateSourceError(self._told(f"Airflow at {self._url} did not tell {what}: {_said(answer)}"))
        try:
            return msgspec.json.decode(answer.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            told = f"Airflow at {self._url} told {what} in another form than its REST API does: {error}"
            raise StateSourceError(self._told(told)) from None

    def _told(self, words: str) -> str:
        secrets = {self._bearer, self._credentials.token, self._credentials.password}
        if self._credentials.password:
            secrets.add(self._credentials.basic)
        for secret in secrets - {""}:
            words = words.replace(secret, "***")
        return words


def _said(answer: Answer) -> str:
    if answer.is_redirect:
        return f"{answer.status} (a redirect, which is not followed)"
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem()
    words = next((each for each in (problem.detail, problem.title) if isinstance(each, str) and each), "")
    return f"{answer.status} {' '.join(words.split())[:300]}".strip()
