"""``reaper.toml``: what is taken, and one clear sentence for everything else."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kpo_suite import catalogue
from kpo_suite.errors import UsageError
from kpo_suite.subjects import load, reference
from kpo_suite.subjects.reaper_file import Accounting, Breaker, Claims, Identity, ReaperFile, Rule, Run

GOOD = """
[reaper]
name = "mine"

[run]
adapter = "command"
argv = ["{python}", "-c", "pass", "--ns={namespace}"]
"""

WHOLE = """
timeout = 5
env = { TOKEN = "{airflow_token}" }
invalid = [["--budget=0"], ["--minimum-age", "-1"]]

[run.options]
dry-run = ["--dry-run"]
impatient = ["--deadline=10s"]
rest = ["--url={airflow_url}"]

[claims]
features = ["budget", "dry-run"]
sweeps = 2
airflow = ["2.10", "3.3"]
minimum_age = 0
request_timeout = 1.5
deadline = 10
terminal_age = 60
deletions = 20
breaker = { share = 0.5, floor = 10 }
opt_out = { "example.com/keep" = "true" }
rules = [{ apiGroups = [""], resources = ["pods"], verbs = ["list", "delete"] }]
accounting = { deleted = { event = "gone", ok = true }, uid = "id" }
"""
DAEMON = """
[reaper]
name = "mine"

[run]
adapter = "daemon"
argv = ["{python}", "--every={interval}", "--listen=:{metrics_port}"]
env = { POD_NAME = "reaper-{replica}" }
"""
CALLED = """
[reaper]
name = "mine"

[run]
adapter = "python"
entry = "json:tool"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "reaper.toml"
    path.write_text(text)
    return path


def test_the_smallest_file_has_defaults_for_the_rest(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD))
    assert found == ReaperFile(
        reaper=Identity(name="mine"),
        run=Run(adapter="command", argv=["{python}", "-c", "pass", "--ns={namespace}"], timeout=60.0),
        claims=Claims(sweeps=1, minimum_age=300.0, terminal_age=300.0),
    )
    assert found.claims.accounting.deleted == {"outcome": "deleted"}


def test_a_file_with_everything_is_taken_as_it_stands(tmp_path: Path) -> None:
    found = load(written(tmp_path, GOOD + WHOLE))
    assert found.run.options == {
        "dry-run": ["--dry-run"],
        "impatient": ["--deadline=10s"],
        "rest": ["--url={airflow_url}"],
    }
    assert found.run.invalid == [["--budget=0"], ["--minimum-age", "-1"]]
    assert found.claims == Claims(
        features=["budget", "dry-run"],
        sweeps=2,
        airflow=["2.10", "3.3"],
        minimum_age=0,
        request_timeout=1.5,
        deadline=10,
        terminal_age=60,
        deletions=20,
        breaker=Breaker(share=0.5, floor=10),
        opt_out={"example.com/keep": "true"},
        rules=[Rule(api_groups=[""], resources=["pods"], verbs=["list", "delete"])],
        accounting=Accounting(deleted={"event": "gone", "ok": True}, uid="id"),
    )


def test_a_reaper_that_is_called_needs_no_command(tmp_path: Path) -> None:
    found = load(written(tmp_path, CALLED))
    assert (found.run.adapter, found.run.entry, found.run.argv) == ("python", "json:tool", [])


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
        (GOOD.replace('"mine"', '""'), "Expected `str` of length >= 1 - at `$.reaper.name`"),
        (GOOD.replace("argv =", "args ="), "unknown field `args`"),
        (GOOD.replace("argv = [", "argv = [] # ["), "the adapter command needs run.argv"),
        (GOOD.replace('"command"', '"stdio"').replace("argv = [", "argv = [] # ["), "stdio needs run.argv"),
        (GOOD + 'env = { A = "{nowhere}" }', "{nowhere} is no placeholder"),
        (GOOD + 'options = { dry-run = ["{nowhere}"] }', "{nowhere} is no placeholder"),
        (GOOD + 'options = { dryrun = ["-n"] }', "Invalid enum value 'dryrun'"),
        (GOOD + 'options = { dry-run = "-n" }', "Expected `array`, got `str`"),
        (GOOD + "invalid = [[]]", "Expected `array` of length >= 1 - at `$.run.invalid[0]`"),
        (GOOD + 'invalid = ["--budget=0"]', "Expected `array`, got `str` - at `$.run.invalid[0]`"),
        (GOOD + "timeout = 3601\n", "Expected `float` <= 3600"),
        (GOOD + "[claims]\nsweeps = 21\n", "Expected `int` <= 20"),
        (GOOD + "[claims]\ndeletions = 0\n", "Expected `int` >= 1 - at `$.claims.deletions`"),
        (GOOD + "[claims]\nminimum_age = -1\n", "Expected `float` >= 0"),
        (GOOD + "[claims]\nminimum-age = 1\n", "unknown field `minimum-age`"),
        (GOOD + "[claims.breaker]\nshare = 1.0\nfloor = 3\n", "Expected `float` < 1.0 - at `$.claims.breaker.share`"),
        (GOOD + "[claims.breaker]\nshare = 0.5\n", "missing required field `floor`"),
        (GOOD + "[[claims.rules]]\nresources = []\nverbs = []\n", "missing required field `apiGroups`"),
        (GOOD + '[[claims.rules]]\napi_groups = [""]\n', "unknown field `api_groups`"),
        (GOOD + "[claims.accounting]\nname = 'pod'\n", "unknown field `name` - at `$.claims.accounting`"),
        (GOOD + "[claims.accounting.deleted]\nwhen = 1.5\n", "at `$.claims.accounting.deleted[...]`"),
        (CALLED.replace("entry", "# entry"), "needs run.entry as 'module:function', not ''"),
        (CALLED.replace("json:tool", "json"), "needs run.entry as 'module:function', not 'json'"),
        (CALLED.replace("json:tool", ":main"), "needs run.entry as 'module:function', not ':main'"),
        (CALLED.replace("json:", "no_such_reaper:"), "the module 'no_such_reaper' was not found"),
        (CALLED.replace("json:", "no_such.reaper:"), "the module 'no_such.reaper' was not found"),
        (CALLED + 'preload = ["json", "no_such_driver"]', "the module 'no_such_driver' was not found"),
        (GOOD.replace("{namespace}", "{interval}"), "{interval} is no placeholder"),
        (DAEMON.replace("{interval}", "{period}"), "{period} is no placeholder; known are {airflow_password}"),
        (DAEMON + "[claims]\ninterval = 0\n", "Expected `float` > 0"),
        (DAEMON.replace("argv = [", "argv = [] # ["), "the adapter daemon needs run.argv"),
        (GOOD + '[claims]\nfeatures = ["metrics"]\n', "the feature metrics needs the adapter daemon"),
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


def test_a_daemon_states_its_times_and_words(tmp_path: Path) -> None:
    text = """
[claims]
features = ["daemon", "leader-election", "metrics"]
interval = 0.2
stop_within = 5
lease_seconds = 1
takeover_within = 3
accounting = { sweep_ended = { event = "summary" }, sweep_failed = { ok = false } }
metrics = { deletions = "pods_deleted_total" }
"""
    found = load(written(tmp_path, DAEMON + text)).claims
    assert (found.interval, found.stop_within, found.lease_seconds, found.takeover_within) == (0.2, 5, 1, 3)
    assert found.accounting.sweep_failed == {"ok": False}
    assert (found.metrics.deletions, found.metrics.reason) == ("pods_deleted_total", "reason")


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


def test_the_reference_reaper_has_a_file_that_can_be_read() -> None:
    assert reference().reaper.name == "kpo-reaper"
    assert {"rest", "dry-run"} <= set(reference().run.options)


def test_every_shipped_reaper_has_a_file_that_could_be_read_again(tmp_path: Path) -> None:
    """They are made in Python; what they hold is held to the same rules as what a vendor writes."""
    shipped = catalogue.shipped_reapers()
    runnable = {name: each for name, each in shipped.items() if name not in catalogue.not_runnable()}
    for name, each in runnable.items():
        assert msgspec.convert(msgspec.to_builtins(each.file), ReaperFile) == each.file
        assert each.file.reaper.name == name
