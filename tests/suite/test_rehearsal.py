"""A vendor's first contact: built wheels in a fresh virtual environment, in a folder that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv
from command_line import environment, left_behind

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path, timeout: float = 300) -> str:
    inherited = {name: value for name, value in environment(cwd).items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment ``venv`` that holds our two wheels and what they ask for."""
    folder = tmp_path_factory.mktemp("vendor")
    program = os.fspath(uv.find_uv_bin())
    for project in (ROOT, ROOT / "reaper"):
        run(program, "build", "--quiet", "--wheel", "--out-dir", folder / "dist", project, cwd=folder)
    run(program, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
    wheels = sorted((folder / "dist").glob("*.whl"))
    assert [wheel.name.partition("-")[0] for wheel in wheels] == ["kpo_conformance", "kpo_reaper"]
    python = folder / "venv" / "bin" / "python"
    run(program, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *wheels, cwd=folder)
    return folder


def test_pytest_runs_the_installed_scenarios(vendor: Path) -> None:
    program = vendor / "venv" / "bin" / "pytest"
    told = run(program, "-q", "--pyargs", "kpo_scenarios", "-k", "retry_runs_on or zombie_that_takes", cwd=vendor)
    assert " passed" in told
    assert "failed" not in told
    assert left_behind(vendor) == []


def test_the_command_runs_there_too(vendor: Path) -> None:
    told = run(vendor / "venv" / "bin" / "kpo-conformance", "run", "--select", "retry_runs_on_*", cwd=vendor)
    assert "KEEP-REATTACHED" in told
    assert (vendor / "conformance-report" / "report.json").is_file()


def test_the_wheels_hold_only_our_packages(vendor: Path) -> None:
    packages = {path.name for path in (vendor / "venv" / "lib").glob("python*/site-packages/kpo_*") if path.is_dir()}
    ours = {"kpo_fixtures", "kpo_reports", "kpo_suite", "kpo_scenarios", "kpo_reaper"}
    assert {name for name in packages if not name.endswith(".dist-info")} == ours
