"""``reaper.toml``: what is taken, and one clear sentence for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpo_suite import catalogue
from kpo_suite.errors import UsageError
from kpo_suite.subjects import load, reference

GOOD = """
[reaper]
name = "mine"

[run]
adapter = "command"
argv = ["{python}", "-c", "pass", "--ns={namespace}"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "reaper.toml"
    path.write_text(text)
    return path


def test_the_smallest_file_has_defaults_for_the_rest(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD))
    assert (found.reaper.name, found.run.timeout, found.claims.sweeps, found.claims.features) == ("mine", 60, 1, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[reaper", "is not valid TOML"),
        ("", "missing required field `reaper`"),
        (GOOD.replace('name = "mine"', ""), "missing required field `name`"),
        (GOOD + "speed = 3\n", "unknown field `speed`"),
        (GOOD + "\n[claim]\nsweeps = 1\n", "unknown field `claim`"),
        (GOOD.replace('"command"', '"telepathy"'), "Invalid enum value 'telepathy'"),
        (GOOD.replace("argv = [", "argv = 3 # ["), "Expected `array`, got `int`"),
        (GOOD + "timeout = 0\n", "Expected `float` > 0"),
        (GOOD + "\n[claims]\nsweeps = 0\n", "Expected `int` >= 1"),
        (GOOD.replace("{namespace}", "{nmespace}"), "{nmespace} is no placeholder"),
        (GOOD.replace("{python}", "no-such-reaper"), "the command 'no-such-reaper' was not found"),
        (GOOD.replace("{python}", "/no/such/reaper"), "the command '/no/such/reaper' was not found"),
    ],
)
def test_anything_else_is_one_sentence_with_the_path(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert words in sentence
    assert "\n" not in sentence


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such reaper file"):
        load(tmp_path / "absent.toml")


def test_a_folder_or_binary_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "binary.toml")


def test_json_in_an_argument_is_no_placeholder(tmp_path: Path) -> None:
    text = GOOD.replace('"pass"', """'{"a": {}}'""")
    assert load(written(tmp_path, text)).run.argv[2] == '{"a": {}}'


def test_every_shipped_reaper_file_is_valid() -> None:
    assert reference().reaper.name == "kpo-reaper"
    for stem, path in catalogue.reaper_files().items():
        assert load(path).reaper.name.replace("-", "_") == stem
