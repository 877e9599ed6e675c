"""What a subject is told of its world: where the two stores are, and what one sweep is asked to be."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_suite.subjects.watch import Watch

Source: TypeAlias = Literal["sql", "rest"]
"""Where task state comes from: Airflow's database, or its REST API."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where a subject finds the two stores of its world. Every way in leads through a gateway where there is one.

    The state source is the database or Airflow's REST API; what belongs to the other is empty.
    """

    kubeconfig: Path
    namespaces: Sequence[str]
    sql_alchemy_conn: str = ""
    database_url: str = ""
    airflow_url: str = ""
    airflow_token: str = ""
    airflow_username: str = ""
    airflow_password: str = ""
    cluster_uid: str = ""
    """The uid of the namespace kube-system, by which clusters are told apart."""
    circumstances: Circumstances = AS_EVER
    """What the process is started with; nobody tells it so."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further variables of its environment."""
    state: Path | None = None
    """A folder that is empty when the world begins and outlives the sweeps in it; None where there is none."""

    @property
    def source(self) -> Source:
        """The state source."""
        return "rest" if self.airflow_url else "sql"

    def words(self) -> dict[str, str]:
        """The placeholders of ``reaper.toml`` but ``{namespace}``."""
        return {
            "kubeconfig": str(self.kubeconfig),
            "sql_alchemy_conn": self.sql_alchemy_conn,
            "database_url": self.database_url,
            "airflow_url": self.airflow_url,
            "airflow_token": self.airflow_token,
            "airflow_username": self.airflow_username,
            "airflow_password": self.airflow_password,
            "cluster_uid": self.cluster_uid,
            "state": str(self.state or ""),
            "namespaces": ",".join(self.namespaces),
            "python": sys.executable,
        }

    def environment(self) -> dict[str, str]:
        """The same under the names that Airflow's and Kubernetes' own tools read; nothing for what there is not."""
        words = self.words()
        return {**{name: words[word] for name, word in VARIABLES.items() if words[word]}, **self.variables}


VARIABLES = {
    "KUBECONFIG": "kubeconfig",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sql_alchemy_conn",
    "DATABASE_URL": "database_url",
    "AIRFLOW__API__BASE_URL": "airflow_url",
    "AIRFLOW_CLI_TOKEN": "airflow_token",
    "KPO_CONFORMANCE_NAMESPACES": "namespaces",
    "KPO_CONFORMANCE_STATE": "state",
}
"""The variables of a sweep with the words that they hold."""
ELSEWHERE = (
    "AIRFLOW_HOME",  # its airflow.cfg names a database
    "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",  # and with _CMD or _SECRET
    "KUBERNETES_SERVICE_HOST",  # what clients inside a cluster go by
    "KUBERNETES_SERVICE_PORT",
    "PGDATABASE",
    "PGHOST",
    "PGPASS",  # PGPASSWORD, PGPASSFILE
    "PGPORT",
    "PGSERVICE",
    "PGUSER",
)
"""How the names of further variables begin that lead to stores which are not the world's."""


def leads_elsewhere(name: str) -> bool:
    """Whether a variable that the suite was started with may lead a subject to the user's own stores."""
    return name in VARIABLES or name.startswith(ELSEWHERE)


PLACEHOLDERS = frozenset({"namespace", *Surroundings(kubeconfig=Path(), namespaces=()).words()})
"""Every word that may stand in braces in a reaper file."""
DAEMON_PLACEHOLDERS = frozenset(("interval", "metrics_port", "replica"))
"""Further ones in the file of a daemon."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one sweep came to: its exit code (None: killed after the timeout), its output, and the seconds it took."""

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    watch: Watch | None = None
    """What was seen of a daemon."""
    memory: int | None = None
    """Bytes that were resident at once at the most, shared libraries included; None where nobody could tell."""


def arguments(argv: Sequence[str], surroundings: Surroundings) -> list[str]:
    """Fill in the placeholders; an argument with ``{namespace}`` comes once for each namespace."""
    words = surroundings.words()
    result: list[str] = []
    for argument in argv:
        if "{namespace}" in argument:
            result += [filled(argument, {**words, "namespace": one}) for one in surroundings.namespaces]
        else:
            result.append(filled(argument, words))
    return result


def filled(text: str, words: Mapping[str, str]) -> str:
    """Replace known placeholders and nothing else: a JSON argument keeps its braces, a value is not filled again."""
    parts: list[str] = []
    rest = text
    while rest:
        before, brace, after = rest.partition("{")
        word, closed, tail = after.partition("}")
        if brace and closed and word in words:
            parts += [before, words[word]]
            rest = tail
        else:
            parts += [before, brace]
            rest = after
    return "".join(parts)
