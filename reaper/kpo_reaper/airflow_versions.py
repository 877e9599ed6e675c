"""The generations of Airflow's metadata database that the reaper knows, by the heads of their migrations.

Heads are those that Airflow's own ``_REVISION_HEADS_MAP`` (airflow/utils/db.py, 3.3.2) names for its releases. A
database at any other head may mean something else by the same columns, so it is not read.
"""

from __future__ import annotations

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
