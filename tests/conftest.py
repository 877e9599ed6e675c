"""What all tests share: temporary folders of programs that were run are removed at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from command_line import temporary_folders


@pytest.fixture(scope="session", autouse=True)
def no_temporary_folder_stays() -> Iterator[None]:
    yield
    for folder in temporary_folders:
        shutil.rmtree(folder, ignore_errors=True)
