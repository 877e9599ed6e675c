"""The plain reaper with Airflow's REST API for a state source, and variations that are wrong about what it leaves out.

It is as plain as the other: it reads every page of every task instance, and keeps what a hidden DAG may have made.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec

from kpo_scenarios.known_bad.matching import HASH
from kpo_scenarios.known_bad.plain import Instance, NoRedirect, PlainReaper, Pod, age, labels
from kpo_scenarios.known_bad.registry import SWEEPING, Family, known_bad, known_good
from kpo_scenarios.known_bad.roster import PLAIN_FAMILY

PAGE = 100
"""The most that Airflow gives by default (``[api] maximum_page_limit``)."""
SETTINGS = ("url", "token", "username", "password")


@known_good
class RestPlainReaper(PlainReaper):
    """Reads task instances from Airflow's REST API, which leaves out what its user may not read."""

    family: ClassVar = Family(
        run=msgspec.structs.replace(
            SWEEPING,
            options={
                "impatient": SWEEPING.options["impatient"],
                "exclusive-scope": ["--exclusive-scope"],
                "rest": [f"--airflow-{name}={{airflow_{name}}}" for name in SETTINGS],
            },
        ),
        claims=msgspec.structs.replace(PLAIN_FAMILY.claims, features=["exclusive-scope", "rest-source"]),
    )

    redirects: type[urllib.request.HTTPRedirectHandler] = NoRedirect

    def configure(self, settings: Sequence[str]) -> str:
        """Take where Airflow is and who asks it."""
        told = dict.fromkeys(SETTINGS, "")
        for setting in settings:
            name, _, value = setting.removeprefix("--airflow-").partition("=")
            told.update({name: value} if setting.startswith("--airflow-") else {})
        self.url, self.version = told["url"], "v2" if told["token"] else "v1"
        basic = base64.b64encode(f"{told['username']}:{told['password']}".encode()).decode()
        self.credentials = f"Bearer {told['token']}" if told["token"] else f"Basic {basic}"
        return super().configure([setting for setting in settings if not setting.startswith("--airflow-")])

    def knows_airflow(self) -> bool:
        """Whether the API is one of the two that there are."""
        release = str(self.get("version")["version"])
        self.at_work = ("running",) if release.startswith(("2.7", "2.8", "2.9")) else ("running", "deferred")
        return release.startswith(("2.", "3."))

    def read_instances(self) -> list[Instance]:
        """Every task instance that the user may read."""
        names = ("dag_id", "task_id", "map_index", "try_number", "state")
        rows = self.get_pages("dags/~/dagRuns/~/taskInstances", "task_instances")
        return [
            Instance(run_id=row["dag_run_id"], operator=row["operator"] or "", **{name: row[name] for name in names})
            for row in rows
        ]

    def known_dags(self) -> list[str]:
        """The ids of the DAGs that the user may read."""
        return [row["dag_id"] for row in self.get_pages("dags", "dags")]

    def spares(self, pod: Pod) -> bool:
        """Keep what a hidden DAG may have made: a hashed label may mean more than one."""
        return self.may_be_hidden(pod) or super().spares(pod)

    def may_be_hidden(self, pod: Pod) -> bool:
        """Whether the label may mean a DAG other than the one that it seems to."""
        return bool(HASH.search(labels(pod).get("dag_id", "")))

    def get_pages(self, path: str, rows: str) -> Iterator[dict[str, Any]]:
        """The rows of every page."""
        offset, total, came = 0, 1, 0
        while offset < total:
            page = self.get(f"{path}?limit={PAGE}&offset={offset}")
            yield from page[rows]
            offset, total, came = offset + PAGE, page["total_entries"], came + len(page[rows])
        if not self.is_whole(came, total):
            raise ValueError(f"{total} {rows} were told and {came} came")

    def get(self, path: str) -> Any:
        """Ask Airflow one question. Raises urllib.error.HTTPError."""
        headers = {"Authorization": self.credentials}
        request = urllib.request.Request(f"{self.url}/api/{self.version}/{path}", headers=headers)  # noqa: S310
        with urllib.request.build_opener(self.redirects).open(request, timeout=20) as answer:
            return json.load(answer)


@known_bad(fails="KEEP-HIDDEN", because="in a DAG that the user may not read")
class TakesWhatItDoesNotSeeForGone(RestPlainReaper):
    """Deletes a pod for which Airflow's API shows no task instance."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Trust a status of 200."""
        return True


@known_bad(fails="KEEP-HIDDEN", because="its DAG may not be read by the reaper's user")
class TakesAnUnreadableDagForADeletedOne(RestPlainReaper):
    """Takes the scope for its own and a DAG that it cannot read for one that was deleted."""

    def is_rowless(self, pod: Pod, instances: Sequence[Instance]) -> bool:
        """Ask for an age, and for no DAG."""
        return self.exclusive and age(pod["metadata"]["creationTimestamp"]) >= self.minimum_age


@known_bad(fails="KEEP-HIDDEN", because="its task runs, in a DAG that the user may not read")
class TrustsAReadableNamesake(RestPlainReaper):
    """Judges a pod by the task instance that it can read, where a hidden one has the same label."""

    def may_be_hidden(self, pod: Pod) -> bool:
        """Believe that a label means one DAG."""
        return False


@known_bad(fails="SOURCE-PARTIAL", because="misses the last entry of the page|is answered an empty page")
class TurnsPagesWithoutCounting(RestPlainReaper):
    """Turns pages until Airflow says that there are no more, and counts no entries."""

    def is_whole(self, came: int, told: int) -> bool:
        """Trust Airflow."""
        return True


@known_bad(fails="SOURCE-EMPTY", because="is answered that there is nothing")
class BelievesAnEmptyCollection(RestPlainReaper):
    """Takes an Airflow without any task instance for the one that it knew."""

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Believe it."""
        return True


@known_bad(fails="SOURCE-UNREACHABLE", because="was deleted at step")
class TakesABadGatewayForNoRows(RestPlainReaper):
    """Takes an answer with a status of an error for one without entries."""

    def read_instances(self) -> list[Instance]:
        """Log the status, as a rule."""
        try:
            return super().read_instances()
        except urllib.error.HTTPError as error:
            with error:
                if error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
            return []

    def is_plausible(self, instances: Sequence[Instance]) -> bool:
        """Go on without."""
        return True


@known_bad(fails="SOURCE-UNAUTHORIZED", because="ended with exit code 0")
class WaitsForABetterToken(RestPlainReaper):
    """Ends well where Airflow does not know its token any more, and leaves the alarm to the next sweep."""

    def sweep(self) -> int:
        """Be patient."""
        try:
            return super().sweep()
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                    raise
            return 0
