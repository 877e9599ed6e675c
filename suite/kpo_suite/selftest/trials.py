"""The trials as pytest tests: ``pytest --pyargs kpo_suite.selftest.trials -p kpo_suite.selftest.plugin``."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench
from kpo_suite.selftest.plugin import keep
from kpo_suite.selftest.trial import Purpose, Trial, rows

PURPOSES = "KPO_SELFTEST_PURPOSES"
"""The variable that says which trials to make, separated by commas: it reaches every worker."""


def _wanted() -> dict[str, list[Trial]]:
    purposes: list[Purpose] = [each for each in ("kill", "floor", "repeat", "honesty") if each in _asked()]
    return rows(*purposes)


def _asked() -> list[str]:
    return os.environ.get(PURPOSES, "kill").split(",")


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    """The testbed and the reapers' hosts of this process."""
    with Bench(catalogue.shipped_reapers()) as bench:
        yield bench


ROWS = _wanted()


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, bench: Bench, request: pytest.FixtureRequest) -> None:
    """Make the trials and let their outcomes travel on the report; what they mean is concluded elsewhere."""
    keep(request.node, bench.outcomes(ROWS[row]))
