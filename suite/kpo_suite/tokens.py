"""Replay tokens: one line that names a case, where it runs, its faults, and what a shrunk world is without."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kpo_suite.errors import UsageError

_TOKEN = re.compile(
    r"(?P<requirement>[A-Z-]+)/(?P<case>.+):airflow=(?P<airflow>[^,]+)"
    r"(,source=(?P<source>\w+))?(,schema=(?P<schema>\w+))?(,worlds=(?P<worlds>\w+))?"
    r"(,cluster=(?P<cluster>\w+))?(,faults=(?P<faults>[^,]+))?(,seed=(?P<seed>\d+))?"
    r"(,without=(?P<without>[pf]\d+(\.[pf]\d+)*))?(?P<live>,live)?"
)


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a token says. None and empty is the default; ``faults`` is a plan, as ``Plan.parse`` reads it."""

    requirement: str
    case: str
    airflow: str
    source: str | None = None
    schema: str | None = None
    worlds: str | None = None
    cluster: str | None = None
    faults: str | None = None
    seed: int = 0
    without: tuple[str, ...] = ()
    live: bool = False

    @classmethod
    def parse(cls, text: str) -> Token:
        """Read what a failure printed after 'replay'; ``RunSettings.where`` wrote it. Raises UsageError."""
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise UsageError(f"{text!r} is no replay token; copy the whole line after 'replay' of a failure.")
        return cls(
            requirement=found["requirement"],
            case=found["case"],
            airflow=found["airflow"],
            source=found["source"],
            schema=found["schema"],
            worlds=found["worlds"],
            cluster=found["cluster"],
            faults=found["faults"],
            seed=int(found["seed"] or 0),
            without=tuple(found["without"].split(".")) if found["without"] else (),
            live=found["live"] is not None,
        )
