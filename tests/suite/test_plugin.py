"""The pytest plugin in a project of a vendor's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from command_line import environment, left_behind

SCENARIO = '''
from kpo_suite import World, scenario

@scenario(examines="KEEP-UNFINISHED", variants={"state": ["running", None]})
def our_own_world(world: World, state: str | None) -> None:
    """A page.

        a drawing
    """
    world.pod(world.task(state=state)).live("it is ours")
'''
BAD = "deletes-every-kpo-pod"


def pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_vendors_own_scenarios_are_collected_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(SCENARIO)
    done = pytest(tmp_path, "-v")
    assert done.returncode == 0, done.stdout
    assert "our_scenarios.py::our_own_world[running] PASSED" in done.stdout
    assert "our_scenarios.py::our_own_world[none] PASSED" in done.stdout
    assert left_behind(tmp_path) == []


def test_a_case_whose_name_has_a_slash_leaves_its_evidence(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(
        SCENARIO.replace('{"state": ["running", None]}', '{"state": ["running"], "why": ["LS8/null"]}').replace(
            "state: str | None)", "state: str | None, why: str)"
        )
    )
    done = pytest(tmp_path, "--kpo-report=found")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "found" / "evidence" / "our_own_world[running-LS8.null].json").is_file()


def test_a_scenario_in_a_test_module_is_collected_beside_its_tests(tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text(SCENARIO + "\ndef test_plain():\n    pass\n")
    done = pytest(tmp_path, "-v", "-k", "running or plain")
    assert done.returncode == 0, done.stdout
    assert "test_ours.py::our_own_world[running] PASSED" in done.stdout
    assert "test_ours.py::test_plain PASSED" in done.stdout
    assert "1 deselected" in done.stdout


def test_an_imported_scenario_is_not_collected_again(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(SCENARIO)
    (tmp_path / "test_other.py").write_text("from our_scenarios import our_own_world\n\ndef test_plain():\n    pass\n")
    done = pytest(tmp_path, "--collect-only", "-q", "test_other.py")
    assert "our_own_world" not in done.stdout


def test_a_failure_reads_as_a_user_needs_it(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(SCENARIO)
    done = pytest(tmp_path, "--kpo-reaper", BAD, "--kpo-report", "out", "-k", "running")
    assert done.returncode == 1
    assert "KEEP-UNFINISHED  MUST  failed in our_own_world[running]" in done.stdout
    for word in ("required", "observed", "because"):
        assert f"\n  {word}" in done.stdout
    assert "Traceback" not in done.stdout
    assert (tmp_path / "out" / "report.json").is_file()


def test_selection_by_marker_and_keyword_works(tmp_path: Path) -> None:
    done = pytest(tmp_path, "--pyargs", "kpo_scenarios", "--collect-only", "-q", "-k", "KEEP-REATTACHED")
    assert "retry_runs_on_the_pod_of_the_older_try" in done.stdout
    assert "two_zombies_beside_a_live_pod" not in done.stdout
    live = pytest(tmp_path, "--pyargs", "kpo_scenarios", "--collect-only", "-q", "--kpo-live", "-m", "airflow")
    assert "workers_of_two_tasks_die" in live.stdout
    assert "retry_runs_on" not in live.stdout


def test_a_usage_error_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(SCENARIO)
    done = pytest(tmp_path, "--kpo-reaper", "absent.toml")
    assert done.returncode == 4
    assert "absent.toml: there is no such reaper file" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_run_without_scenarios_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_plain():\n    pass\n")
    done = pytest(tmp_path, "--kpo-reaper", "absent.toml")
    assert done.returncode == 0
    assert "1 passed" in done.stdout


def test_a_scenario_that_builds_no_world_is_a_suite_error(tmp_path: Path) -> None:
    (tmp_path / "our_scenarios.py").write_text(SCENARIO.replace('.live("it is ours")', ""))
    done = pytest(tmp_path, "-k", "running")
    assert done.returncode == 1
    assert "no fate is told for" in done.stdout
    assert "met a suite error in our_own_world" in done.stdout
