"""Every known-bad reaper as the suite ships it: importing their modules makes them declare themselves."""

from __future__ import annotations

import importlib
import pkgutil

import msgspec

from kpo_scenarios import known_bad
from kpo_scenarios.known_bad.examples import examples
from kpo_scenarios.known_bad.plain import PlainReaper
from kpo_scenarios.known_bad.registry import IMPATIENT, SWEEPING, Family, KnownBad, declared
from kpo_suite.subjects.reaper_file import Claims, Identity, ReaperFile, Rule
from kpo_suite.subjects.shipped import ShippedReaper

PLAIN = KnownBad(name="plain", reaper=PlainReaper)
"""The good one that most of them vary."""
PLAIN_FAMILY = Family(
    run=SWEEPING,
    claims=Claims(
        features=["accounting", "budget", "dry-run", "exclusive-scope", "multi-namespace", "opt-out", "sql-source"],
        minimum_age=PlainReaper.minimum_age,
        terminal_age=PlainReaper.terminal_age,
        deletions=PlainReaper.budget,
        breaker=PlainReaper.breaker,
        deadline=IMPATIENT,
        opt_out={PlainReaper.opt_out: "true"},
        rules=[
            Rule(api_groups=[""], resources=["pods"], verbs=["list", "delete"]),
            Rule(api_groups=[""], resources=["namespaces"], verbs=["get"]),
        ],
    ),
)


def known() -> dict[str, KnownBad]:
    """Every known-bad reaper by its name."""
    for module in pkgutil.iter_modules(known_bad.__path__, f"{known_bad.__name__}."):
        importlib.import_module(module.name)
    return declared()


def reapers() -> list[ShippedReaper]:
    """The good plain one and the known-bad ones, as ``kpo-conformance run --reaper NAME`` takes them."""
    return [shipped(each) for each in (PLAIN, *known().values())]


def shipped(bad: KnownBad) -> ShippedReaper:
    """A reaper with the file that a vendor would write for it."""
    family: Family = getattr(bad.reaper, "family", PLAIN_FAMILY)
    argv, timeout = [*family.run.argv, *family.argv(bad)], bad.timeout or family.run.timeout
    run = msgspec.structs.replace(family.run, argv=argv, timeout=timeout)
    claims = msgspec.structs.replace(family.claims, **bad.states)
    return ShippedReaper(
        name=bad.name,
        sentence=bad.sentence,
        file=ReaperFile(reaper=Identity(name=bad.name, version="1"), run=run, claims=claims),
        fails=bad.fails,
        because=bad.because,
        null=bad.null,
        needs=family.needs,
        example=examples().get(bad.name),
    )
