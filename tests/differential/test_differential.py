"""Random sequences on the embedded cluster and on a real API server side by side: every answer and every watch alike.

``KPO_DIFFERENTIAL_OPERATIONS`` says how many operations (default 5 000). The default ones are the same each time; with
the variable set, they are new ones.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from lockstep import Lockstep
from sequences import operations
from servers import Server

from kpo_fixtures.clusters.backends import cluster_named

LENGTH = 40
"""Operations in one sequence."""
WANTED = os.environ.get("KPO_DIFFERENTIAL_OPERATIONS", "")
SEQUENCES = -(-int(WANTED or 5_000) // LENGTH)


@pytest.fixture(scope="module")
def lockstep() -> Iterator[Lockstep]:
    with cluster_named("envtest") as real, cluster_named("embedded") as ours:
        servers = Server("real", real.endpoint), Server("ours", ours.endpoint)
        try:
            yield Lockstep(*servers)
        finally:
            for server in servers:
                server.close()


MARKS = itertools.count()


@pytest.mark.envtest
@pytest.mark.timeout(0)  # as many operations as were asked for
@settings(
    max_examples=SEQUENCES,
    deadline=None,
    database=None,
    derandomize=not WANTED,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_both_servers_answer_alike(lockstep: Lockstep, data: st.DataObject) -> None:
    mark = f"d{next(MARKS)}"  # shrinking repeats a sequence: in a namespace of its own each time
    sequence = data.draw(st.lists(operations(mark), min_size=LENGTH, max_size=LENGTH))
    for disagreement in lockstep.run(mark, sequence):
        note(str(disagreement))
        whole = "\n".join(f"  {operation}" for operation in sequence)
        pytest.fail(f"{disagreement}\nin the sequence\n{whole}", pytrace=False)
