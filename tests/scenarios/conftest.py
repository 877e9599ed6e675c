"""The bench on which reapers are tried, one for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kpo_suite import catalogue
from kpo_suite.selftest.bench import Bench


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench(catalogue.shipped_reapers()) as bench:
        yield bench
