"""Errors that a user can cause: one clear sentence, exit code 2, no traceback, nothing left behind."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from command_line import Ended, conformance, left_behind

from kpo_suite.cli import main

GOOD = '[reaper]\nname = "x"\n[run]\nadapter = "command"\nargv = ["true"]\n'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--airflow", "1.10"], "Airflow 1.10 is not known; recorded generations are 2.7, 2.8,"),
        (["run", "--live", "--airflow", "9.9"], "9.9"),
        (["airflow", "install", "9.9"], "9.9"),
        (
            ["run", "--cluster", "mainframe"],
            "'mainframe' is no cluster backend; known are embedded, envtest, ",
        ),
        (["run", "--live", "--reaper", "daemon.toml"], "is a daemon, and live scenarios say themselves when"),
        (["run", "--reaper", "absent.toml"], "absent.toml: there is no such reaper file"),
        (["run", "--reaper", "malformed.toml"], "malformed.toml: the reaper file is not valid TOML"),
        (["run", "--reaper", "unknown-key.toml"], "unknown field `speed`"),
        (["run", "--reaper", "no-command.toml"], "the command 'no-such-reaper' was not found"),
        (["run", "--report", "a-file/report"], "a-file"),
        (["run", "--report", "a-file"], "a-file"),
        (["run", "--report", "/proc/report"], "/proc/report"),
        (
            ["run", "--select", "retry_runs_on_the_pod_of_the_elder_try"],
            "did you mean retry_runs_on_the_pod_of_the_older",
        ),
        (["run", "--select", "KEEP-NOTHING-LIKE-IT"], "means no replay scenario"),
        (["replay", "what is this"], "is no replay token"),
        (["explain", "KEEP-WHAT"], "'KEEP-WHAT' is no requirement, scenario or fault"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_one_sentence_and_exit_code_2(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "malformed.toml").write_text("[reaper\n")
    (tmp_path / "unknown-key.toml").write_text(GOOD + "speed = 3\n")
    (tmp_path / "no-command.toml").write_text(GOOD.replace('"true"', '"no-such-reaper"'))
    (tmp_path / "daemon.toml").write_text(GOOD.replace('"command"', '"daemon"'))
    (tmp_path / "a-file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["kpo-conformance", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    captured = capsys.readouterr()
    ended = Ended(int(caught.value.code or 0), captured.out, captured.err)
    assert ended.code == 2, ended
    assert words in ended.sentence
    assert ended.sentence.endswith(".")
    assert ended.sentence.count(". ") == 0
    assert ended.stderr.count("\n") <= 3
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@pytest.mark.parametrize("option", ["--reaper=absent.toml", "--report=/proc/report"])
def test_nothing_is_left_behind(tmp_path: Path, option: str) -> None:
    ended = conformance(tmp_path, "run", option)
    assert ended.code == 2, ended
    assert "Traceback" not in ended.stderr + ended.stdout
    assert left_behind(tmp_path) == []


def test_an_unknown_option_is_a_usage_error(tmp_path: Path) -> None:
    ended = conformance(tmp_path, "run", "--speed", "3")
    assert ended.code == 2
    assert "No such option" in ended.stderr
    assert "Traceback" not in ended.stderr
