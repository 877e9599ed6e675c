"""What all tests share: property tests measure no time, and temporary folders of programs that were run are removed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from command_line import temporary_folders
from hypothesis import HealthCheck, settings

# A busy machine is no finding: by default Hypothesis fails an example that takes 200 ms, and data that come slowly.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def no_temporary_folder_stays() -> Iterator[None]:
    yield
    for folder in temporary_folders:
        shutil.rmtree(folder, ignore_errors=True)
