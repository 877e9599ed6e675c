"""The ledger of requirements, read from ``requirements.toml``. Data about what is required; knows no scenario."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec

from kpo_reports import Level

SPEC_VERSION = "1"
"""Edition of the ledger, printed in every report. Grows when a sentence changes its meaning."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence that a reaper is held to."""

    id: str
    """Stable name, ``AREA-SLUG``."""
    level: Level
    feature: str
    """``core``, or the optional feature under which a reaper claims it."""
    text: str
    """The sentence itself, with exactly one MUST or SHOULD clause."""
    why: str
    """Reason and source: an issue number, a measurement, a fact of Airflow or Kubernetes."""
    fault: bool = False
    """Whether it can be shown only with an injected fault, a broken process or a second reaper."""

    @property
    def area(self) -> str:
        """The id's first word: KEEP, REAP, DELETE, SOURCE, API, BOUND, RESIST, TELL, LEAD."""
        return self.id.partition("-")[0]


@functools.cache
def requirements() -> Mapping[str, Requirement]:
    """Every requirement by its id, in the ledger's order."""
    tables = tomllib.loads(_text())["requirement"]
    found = msgspec.convert(tables, list[Requirement])
    return MappingProxyType({requirement.id: requirement for requirement in found})


def of_area(area: str) -> Iterator[str]:
    """The ids of one area, as ``KEEP``."""
    return (identifier for identifier, requirement in requirements().items() if requirement.area == area)


@functools.cache
def spec_sha256() -> str:
    """The hash of the ledger's file: two reports with the same hash were held to the same words."""
    return hashlib.sha256(_text().encode()).hexdigest()


def _text() -> str:
    return files(__name__).joinpath("requirements.toml").read_text(encoding="utf-8")
