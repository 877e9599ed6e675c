"""What a sweep's process can be started with: real processes, by every adapter that starts one for each sweep."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sweeps import SQL, reaper

from kpo_fixtures.faults.actions import AS_EVER, Circumstances
from kpo_suite.subjects import Outcome, Subject, open_subject

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full and limits that are kept")
MODULE = """
import os, resource, sys

def main():
    told = {}
    exec(sys.argv[1], globals(), told)
    return told.get("code")
"""
ALL = (
    Circumstances(stdout="closed"),
    Circumstances(stdout="full"),
    Circumstances(stderr="closed"),
    Circumstances(stderr="full"),
    Circumstances(memory=2 << 30),
    Circumstances(disk=False),
)


@pytest.fixture(params=["command", "fresh", "standing"])
def subject(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subject]:
    """A reaper whose sweep does what its extra argument says."""
    (tmp_path / "limited_reaper.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # what is printed waits for its end
    if request.param == "command":
        file = reaper("command", "{python}", "-c", f"{MODULE}\nsys.exit(main())")
    else:
        file = reaper("python", entry="limited_reaper:main", fresh=request.param == "fresh")
    with open_subject(file) as subject:
        yield subject


def swept(subject: Subject, code: str, circumstances: Circumstances = AS_EVER) -> Outcome:
    assert subject.can_be_started(circumstances)
    return subject.sweep(replace(SQL, circumstances=circumstances), extra=(code,))


def test_a_closed_output_is_none_at_all(subject: Subject) -> None:
    code = "sys.stderr.write(f'{sys.stdout} {os.path.exists(\"/proc/self/fd/1\")}')"
    outcome = swept(subject, code, Circumstances(stdout="closed"))
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (0, "", "None False")


def test_a_full_output_takes_nothing(subject: Subject) -> None:
    code = """
try:
    print("x", flush=True)
except OSError as error:
    os.write(2, error.strerror.encode())
    os._exit(9)
"""
    outcome = swept(subject, code, Circumstances(stdout="full"))
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (9, "", "No space left on device")


def test_what_could_not_be_printed_in_the_end_is_told_by_the_exit_code(subject: Subject) -> None:
    assert swept(subject, "print('x')", Circumstances(stdout="full")).exit_code == 120
    assert swept(subject, "pass", Circumstances(stdout="full")).exit_code == 0


def test_errors_can_meet_a_full_device_too(subject: Subject) -> None:
    outcome = swept(subject, "print('so far', flush=True); os.write(2, b'x')", Circumstances(stderr="full"))
    assert (outcome.exit_code == 0, outcome.stdout, outcome.stderr) == (False, "so far\n", "")


def test_memory_ends_at_the_limit(subject: Subject) -> None:
    code = "print(resource.getrlimit(resource.RLIMIT_DATA)[0]); bytearray(3 << 30)"
    outcome = swept(subject, code, Circumstances(memory=2 << 30))
    assert outcome.stdout == f"{2 << 30}\n"
    assert outcome.stderr.endswith("MemoryError\n")
    assert outcome.exit_code == 1


def test_what_is_only_reserved_is_no_memory(subject: Subject) -> None:
    code = "import mmap; mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)"
    assert swept(subject, code, Circumstances(memory=2 << 30)).exit_code == 0


def test_no_file_can_be_written_on_a_full_disk(subject: Subject, tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = f"open({str(note)!r}, 'w').write('x' * 100000)"
    outcome = swept(subject, code, Circumstances(disk=False))
    assert (outcome.exit_code, outcome.stdout, outcome.stderr) == (1, "", "")
    assert note.read_bytes() == b""


def test_the_next_sweep_is_as_ever(subject: Subject, tmp_path: Path) -> None:
    limits = "[resource.getrlimit(limit) for limit in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE)]"
    look = f"open({str(tmp_path / 'note')!r}, 'w').write('x'); print({limits})"
    before = swept(subject, look).stdout
    assert before
    for circumstances in ALL:
        swept(subject, "pass", circumstances)
        assert swept(subject, look).stdout == before


def test_arguments_and_environment_are_the_same(subject: Subject) -> None:
    code = "print(sys.argv[1:] and os.environ['DATABASE_URL'], os.environ['KUBECONFIG'])"
    as_ever = swept(subject, code)
    assert as_ever.exit_code == 0
    assert swept(subject, code, Circumstances(stderr="full")).stdout == as_ever.stdout


def test_a_process_that_outlives_its_sweeps_cannot_be_started_so() -> None:
    with open_subject(reaper("stdio", "{python}", "-c", "pass")) as subject:
        assert subject.can_be_started(AS_EVER)
        assert not any(map(subject.can_be_started, ALL))
