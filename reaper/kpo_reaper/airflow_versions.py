"""The generations of Airflow that the reaper knows: databases by the heads of their migrations, REST APIs by release.

Heads are those that Airflow's own ``_REVISION_HEADS_MAP`` (airflow/utils/db.py, 3.3.2) names for its releases. A
database at any other head may mean something else by the same columns, so it is not read.
"""

from __future__ import annotations

import re

import msgspec


class Generation(msgspec.Struct, frozen=True):
    """What differs between Airflow versions in the tables that are read.

    ``plain_tries``: try_number is a plain column, raised when a try is scheduled and never lowered (2.10 and later).
    ``remembers_pods``: the table task_state_store exists (3.3).
    """

    releases: str
    plain_tries: bool = True
    remembers_pods: bool = False


GENERATIONS = {
    "405de8318b3a": Generation("2.7", plain_tries=False),
    "10b52ebd31f7": Generation("2.8.0", plain_tries=False),
    "88344c1d9134": Generation("2.8.1 to 2.8.4", plain_tries=False),
    "1949afb29106": Generation("2.9.0 and 2.9.1", plain_tries=False),
    "686269002441": Generation("2.9.2 and 2.9.3", plain_tries=False),
    "22ed7efa9da2": Generation("2.10.0 to 2.10.2"),
    "5f2621c13b39": Generation("2.10.3 to 2.11"),
    "29ce7909c52b": Generation("3.0.0 to 3.0.2"),
    "fe199e1abd77": Generation("3.0.3 to 3.0.6"),
    "cc92b33c6709": Generation("3.1.0 to 3.1.7"),
    "509b94a1042d": Generation("3.1.8"),
    "1d6611b6ab7c": Generation("3.2"),
    "d2f4e1b3c5a7": Generation("3.3", remembers_pods=True),
}
"""Generation by the content of alembic_version."""


class RestGeneration(msgspec.Struct, frozen=True):
    """What differs between Airflow versions in the REST API that is read.

    ``path`` is the API's root. ``plain_tries`` and ``remembers_pods`` are as for the database: the try_number that it
    shows is the column (``_try_number`` in the schema of 2.7 to 2.9, not the property that counts one more).
    """

    path: str
    plain_tries: bool = True
    remembers_pods: bool = False

    @property
    def has_tokens(self) -> bool:
        """Whether a name and a password are exchanged for a token (3.x) instead of being sent each time (2.x)."""
        return self.path == "/api/v2"

    @property
    def every_dag(self) -> dict[str, str]:
        """The query that also lists the DAGs whose file is gone; without it both APIs leave them out."""
        return {"exclude_stale": "false"} if self.has_tokens else {"only_active": "false"}

    @property
    def sorts_task_instances(self) -> bool:
        """Whether the list of task instances can be sorted; in 2.x the parameter is refused and the order is chance."""
        return self.has_tokens


REST_GENERATIONS = {
    "2.7": RestGeneration("/api/v1", plain_tries=False),
    "2.8": RestGeneration("/api/v1", plain_tries=False),
    "2.9": RestGeneration("/api/v1", plain_tries=False),
    "2.10": RestGeneration("/api/v1"),
    "2.11": RestGeneration("/api/v1"),
    "3.0": RestGeneration("/api/v2"),
    "3.1": RestGeneration("/api/v2"),
    "3.2": RestGeneration("/api/v2"),
    "3.3": RestGeneration("/api/v2", remembers_pods=True),
}
"""Generation by major and minor version."""

# A vendor's build of a release says so behind a plus or a dash: 2.10.5+composer, 2.7.3+astro.1, 3.0.2.post1.
_RELEASE = re.compile(r"([0-9]+\.[0-9]+)\.[0-9]+(\.post[0-9]+)?([+-][0-9A-Za-z.+-]*)?")


def rest_generation(version: str) -> RestGeneration | None:
    """The generation that a version belongs to; None for one that is not known, as a release yet to come is."""
    release = _RELEASE.fullmatch(version)
    return REST_GENERATIONS.get(release[1]) if release else None
