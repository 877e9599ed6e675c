"""Writing into folders that serve and folders that do not; reading files that are reports and files that are not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kpo_reports import Paths, ReportError, check_writable, clear_previous, load_report, write_all, write_junit

from .samples import failure, report, varied_report


def one_sentence(error: pytest.ExceptionInfo[ReportError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_all_formats_are_written_into_a_new_folder(tmp_path: Path) -> None:
    paths = write_all(varied_report(), tmp_path / "a" / "b")
    assert [path.name for path in paths] == ["report.json", "junit.xml", "report.md"]
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["junit.xml", "report.json", "report.md"]


def test_a_report_replaces_the_one_before_and_can_be_read_by_others(tmp_path: Path) -> None:
    write_all(varied_report(), tmp_path)
    paths = write_all(report(failure()), tmp_path)
    assert len(load_report(paths.json).results) == 1
    mask = os.umask(0)
    os.umask(mask)
    assert all(path.stat().st_mode & 0o777 == 0o666 & ~mask for path in paths)


def test_a_writable_folder_is_left_empty(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "folder")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    for folder in (tmp_path / "reports", tmp_path / "reports" / "deeper"):
        with pytest.raises(ReportError) as error:
            check_writable(folder)
        assert str(folder) in one_sentence(error)


@pytest.mark.parametrize("folder", ["/proc", "/proc/reports", "/proc/self/fd"])
def test_a_folder_that_even_root_cannot_write_to_is_told(folder: str) -> None:
    with pytest.raises(ReportError) as error:
        check_writable(Path(folder))
    assert folder in one_sentence(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="permission bits do not stop root")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError):
        check_writable(tmp_path)


def test_a_folder_in_place_of_a_file_is_told_before_and_after(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(ReportError, match=r"junit\.xml is a folder") as error:
        check_writable(tmp_path)
    one_sentence(error)
    with pytest.raises(ReportError, match=r"junit\.xml cannot be written") as error:
        write_junit(report(failure()), tmp_path / "junit.xml")
    one_sentence(error)
    assert [path.name for path in tmp_path.iterdir()] == ["junit.xml"]


def test_a_setting_that_json_cannot_say_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="type object") as error:
        write_all(report(config={"reaper": object()}), tmp_path)
    one_sentence(error)
    assert load_report(write_all(report(config={"reaper": Path("a/b")}), tmp_path).json).config == {"reaper": "a/b"}


def broken(tmp_path: Path, **changes: Any) -> Path:
    paths = write_all(report(failure()), tmp_path)
    data = json.loads(paths.json.read_text())
    paths.json.write_text(json.dumps(data | changes))
    return paths.json


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "truncated"),
        (b'{"schema_version": "1"', "truncated"),
        (b"<html></html>", "malformed"),
        (b"[]", "object"),
        (b"\xff\xfe", "malformed"),
        (b'{"schema_version": "\xff"}', "utf-8"),
        (b"{}", "schema_version"),
        (b'{"schema_version": "1"}', "suite"),
        (b'{"schema_version": "2"}', "reads '1'"),
    ],
)
def test_what_is_no_report_is_told_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as error:
        load_report(path)
    assert said in one_sentence(error)
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(ReportError, match="cannot be read") as error:
            load_report(path)
        one_sentence(error)


def test_a_wrong_word_is_told_with_its_place(tmp_path: Path) -> None:
    path = broken(tmp_path)
    data = json.loads(path.read_text())
    data["results"][0]["verdict"] = "skipped"
    path.write_text(json.dumps(data))
    with pytest.raises(ReportError, match=r"skipped.*\$\.results\[0\]\.verdict") as error:
        load_report(path)
    one_sentence(error)


def test_a_polished_summary_is_refused(tmp_path: Path) -> None:
    path = broken(tmp_path)
    data = json.loads(path.read_text())
    data["summary"]["harm"]["live_pods_deleted"] = 0
    path.write_text(json.dumps(data))
    with pytest.raises(ReportError, match=r"summary\.harm") as error:
        load_report(path)
    one_sentence(error)


def test_fields_of_a_later_release_are_passed_over(tmp_path: Path) -> None:
    assert load_report(broken(tmp_path, weather="fine")) == report(failure())


def test_what_an_earlier_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    old = [*Paths.within(tmp_path), tmp_path / "evidence" / "old.json"]
    others = [tmp_path / "notes.txt", tmp_path / "evidence" / "notes.txt"]
    for path in (*old, *others):
        path.write_text("x")
    clear_previous(tmp_path)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in others)
    clear_previous(tmp_path / "absent")


def test_what_cannot_be_removed_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ReportError, match="cannot be removed"):
        clear_previous(tmp_path)
