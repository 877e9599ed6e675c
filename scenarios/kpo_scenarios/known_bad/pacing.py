"""Reapers that do not leave a busy API server alone, or wait for a silent one for ever."""

from __future__ import annotations

import urllib.error
from collections.abc import Sequence
from typing import Any

from kpo_scenarios.known_bad.plain import Api, PlainReaper, Pod
from kpo_scenarios.known_bad.registry import known_bad


@known_bad(fails="API-RETRY-AFTER", because="which had asked for a pause")
class TriesAgainAtOnce(PlainReaper):
    """Sends a request again as soon as it was refused, as if the server had said nothing about when."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        asked = api.pause
        api.pause = lambda error: None if asked(error) is None else 0.0  # type: ignore[method-assign]


@known_bad(fails="API-RETRY-AFTER", because="which had asked for a pause")
class KnowsRetryAfterInSecondsOnly(PlainReaper):
    """Reads Retry-After as a number, and a date as no pause at all."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        asked = api.pause

        def pause(error: urllib.error.HTTPError) -> float | None:
            return asked(error) if error.headers.get("Retry-After", "0").isdecimal() else 0.0

        api.pause = pause  # type: ignore[method-assign]


@known_bad(fails="API-RETRY-AFTER", because="which had asked for a pause")
class GoesOnWithTheNextPod(PlainReaper):
    """Leaves the pod whose DELETE was put off, and takes the next one at once."""

    def delete(self, pod: Pod) -> bool:
        """Have one pause for each pod, and so none."""
        self.api.pauses = 0
        try:
            return super().delete(pod)
        except urllib.error.HTTPError as error:
            error.close()
            return False


@known_bad(fails="API-RETRY-AFTER", because="sent nothing more after")
class GivesUpWhenAskedToWait(PlainReaper):
    """Ends its sweep at the first answer that asks for a pause."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        api.pauses = 0


@known_bad(fails="API-DEADLINE", because="hung", timeout=3.0)
class WaitsForEver(PlainReaper):
    """Has no time-out and no deadline, as clients have by default."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        api.timeout = None

    def configure(self, settings: Sequence[str]) -> str:
        """Take no deadline to heart."""
        refused = super().configure(settings)
        self.deadline = 3600
        return refused


@known_bad(fails="API-DEADLINE", because="hung", timeout=4.0)
class TimesEachByte(WaitsForEver):
    """Has a time-out of a second, as urllib and requests mean it: for each piece that comes, not for the whole."""

    def __init__(self, api: Api, dsn: str, namespaces: Sequence[str]) -> None:
        super().__init__(api, dsn, namespaces)
        api.timeout = 1


@known_bad(fails="API-DEADLINE", because="hung", timeout=5.0)
class TriesUntilItWorks(TimesEachByte):
    """Ends each request in time, and asks again for as long as there is no answer."""

    def ask_for_page(self, where: str, token: str) -> Any:
        """Never despair."""
        while True:
            try:
                return super().ask_for_page(where, token)
            except OSError:
                continue
