"""HTTP exchanges with one server: each ends in time, and no answer is believed that is not whole.

Nothing here is sent twice by itself but what only reads, and only after a pause that the server asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx2
import msgspec

from kpo_reaper.deadline import Deadline, clock
from kpo_reaper.errors import DeadlineError

PAUSE = 1.0
"""Seconds to wait after a 429 that does not say how long."""
PAUSES = 8
"""Pauses in a row after which a request that only reads is given up."""
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; 500 pods of the largest size that etcd stores (1.5 MiB) would be 750 MiB, of a real KPO pod 3.8 MB."""

T = TypeVar("T")


class Answer(msgspec.Struct, frozen=True):
    """A complete HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def asks_for_pause(self) -> bool:
        """Whether the server was too busy for the request (as API priority and fairness says it)."""
        return self.status == httpx2.codes.TOO_MANY_REQUESTS or (
            self.status == httpx2.codes.SERVICE_UNAVAILABLE and "retry-after" in self.headers
        )

    @property
    def is_redirect(self) -> bool:
        """Whether it names another place, where no request of ours ever goes."""
        return 300 <= self.status < 400

    @property
    def date(self) -> datetime | None:
        """The server's clock, None where it told none."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            return None


class UnansweredError(Exception):
    """No whole answer came: the request may or may not have been carried out; ``pause`` if a pause was asked for."""

    def __init__(self, question: str, *, pause: bool = False) -> None:
        super().__init__(question)
        self.pause = pause


class Exchanges:
    """The requests to one server, through one client and from one thread.

    ``name`` is what messages call the server; ``request_timeout`` bounds a request from connecting to the last byte,
    in seconds; ``breaks`` are errors of the client's credentials beside those of the transport.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        name: str,
        request_timeout: float,
        deadline: Deadline,
        breaks: tuple[type[Exception], ...] = (),
    ) -> None:
        self._client = client
        self._name = name
        self._request_timeout = request_timeout
        self._deadline = deadline
        self._breaks: tuple[type[Exception], ...] = (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            OSError,
            KeyError,
            ValueError,
            *breaks,
        )
        self._resume_at = 0.0
        self._runner = asyncio.Runner()
        self.first_answer: datetime | None = None
        """The server's clock (its Date header) at its first answer; None if it told none."""

    def run(self, conversation: Coroutine[Any, Any, T]) -> T:
        """Carry out a conversation, on the one event loop that the connections belong to."""
        return self._runner.run(conversation)

    def close(self) -> None:
        """Close the connections; may be called twice."""
        if not self._client.is_closed:
            self._runner.run(self._client.aclose())
        self._runner.close()

    async def patiently(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request that only reads, sent again after each pause that the server asks for.

        Raises UnansweredError where no whole answer came, or one that asks for a pause too often; DeadlineError.
        """
        for _ in range(PAUSES + 1):
            answer = await self.once(method, path, query, body=body, headers=headers)
            if not answer.asks_for_pause:
                return answer
        raise UnansweredError(f"it was put off {PAUSES + 1} times, with {answer.status}")

    async def once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, after the pause that was asked for. Raises UnansweredError where no whole answer came."""
        await self.wait()
        timeout = self._deadline.at_most(self._request_timeout)
        told = dict(headers or {}) | ({"Content-Type": "application/json"} if body else {})
        try:
            async with (
                asyncio.timeout(timeout),
                self._client.stream(method, path, params=query, content=body or None, headers=told) as response,
            ):
                chunks = bytearray()
                async for chunk in response.aiter_bytes():
                    chunks += chunk
                    if len(chunks) > LARGEST_ANSWER:
                        raise UnansweredError(f"the answer is larger than {LARGEST_ANSWER} bytes")
                answer = Answer(response.status_code, response.headers, bytes(chunks))
        except TimeoutError:
            raise UnansweredError(f"no whole answer within {timeout:g} seconds") from None
        except self._breaks as error:
            # KeyError and ValueError are what a kubeconfig's exec plugin ends in when it prints no credential.
            raise UnansweredError(f"{type(error).__name__} {error}".strip()) from None
        if self.first_answer is None:
            self.first_answer = answer.date
        if answer.asks_for_pause:
            self._resume_at = max(self._resume_at, clock() + _retry_after(answer))
        return answer

    async def wait(self) -> None:
        """Sleep as long as the server asked for; at once if it did not. Raises DeadlineError if that is too long."""
        pause = self._resume_at - clock()
        if pause <= 0:
            return
        if not self._deadline.allows(pause):
            raise DeadlineError(
                f"{self._name} asked to wait {pause:.0f} seconds, which the sweep's deadline does not allow"
            )
        await asyncio.sleep(pause)


def _retry_after(answer: Answer) -> float:
    """Seconds from a Retry-After in either form of RFC 9110; PAUSE where there is none that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        then, now = parsedate_to_datetime(text), answer.date or datetime.now(UTC)
        return max(PAUSE, (then - now).total_seconds())
    except (TypeError, ValueError):
        return PAUSE
