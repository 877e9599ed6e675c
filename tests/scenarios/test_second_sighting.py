"""A reaper that deletes only what it has seen in two sweeps is given as many as it states, and passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kpo_reports import Verdict
from kpo_suite import catalogue
from kpo_suite.judge import verdict
from kpo_suite.runner import run_replay
from kpo_suite.selftest.trial import settings
from kpo_suite.settings import settle
from kpo_suite.subjects import Subject, open_subject
from kpo_suite.testbed import Testbed

MODULE = '''
"""The plain reaper, but for its patience. Its memory lasts for as long as its process does."""

import os
import sys
from pathlib import Path

from kpo_scenarios.known_bad.plain import Api, PlainReaper

seen = set()


class Patient(PlainReaper):
    def choose(self, zombies):
        again = [pod for pod in zombies if pod["metadata"]["uid"] in seen]
        seen.update(pod["metadata"]["uid"] for pod in zombies)
        return super().choose(again)


def main():
    reaper = Patient(
        Api(Path(os.environ["KUBECONFIG"])),
        os.environ["DATABASE_URL"],
        os.environ["KPO_CONFORMANCE_NAMESPACES"].split(","),
    )
    complaint = reaper.configure(sys.argv[1:])
    if complaint:
        sys.stderr.write(complaint)
        return 2
    return reaper.sweep()
'''
CASES = [
    name
    for name, each in settings().items()
    if each.source == "sql" and each.case.scenario.sweeps != 1 and not each.case.scenario.survey
]


@pytest.fixture(scope="module")
def testbed() -> Iterator[Testbed]:
    with Testbed(settle(reaper=None, cluster=None, airflow=None)) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    folder: Path = tmp_path_factory.mktemp("modules")
    (folder / "patient_reaper.py").write_text(MODULE)
    plain = catalogue.shipped_reapers()["plain"].file
    features = [each for each in plain.claims.features if each not in ("accounting", "dry-run", "budget")]
    file = msgspec.structs.replace(
        plain,
        run=msgspec.structs.replace(plain.run, entry="patient_reaper:main", argv=[], fresh=False),
        claims=msgspec.structs.replace(plain.claims, features=features, sweeps=2),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        with open_subject(file) as subject:
            yield subject


@pytest.mark.parametrize("case", CASES)
def test_a_patient_reaper_passes(case: str, testbed: Testbed, patient: Subject) -> None:
    setting = settings()[case]
    wanted = setting.case.supported(patient.file)
    if not wanted:
        pytest.skip("it claims none of this")
    history = run_replay(setting.case, testbed, patient, setting.airflow)
    assert len(history.sweeps) >= len(setting.case.scenario.passes(patient.file))
    for requirement in wanted:
        found = verdict(history, requirement)
        assert found.verdict is Verdict.PASS, f"{requirement}: {found.reason}"
