"""report.md as a Markdown reader sees it: the words arrive, and foreign text stays text."""

from itertools import pairwise

from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kpo_reports import Report, Verdict
from kpo_reports.escapes import markdown, markdown_code, one_line
from kpo_reports.markdown import markdown_report
from kpo_reports.redaction import redact_report

from .samples import failure, foreign_text, pod, report, reports, result, twin, unhurried, varied_report

CHAPTERS = ["What did not pass", "Requirements", "What became of each pod", "Environment", "Emulation", "Settings"]
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def words(tokens: list[Token]) -> str:
    """The text that a reader sees, without comments."""
    inline = [child for token in tokens for child in token.children or []]
    return "".join(token.content for token in inline if token.type in {"text", "code_inline", "text_special"})


def tables(page: str) -> list[list[list[str]]]:
    found: list[list[list[str]]] = []
    for token in READER.parse(page):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level >= 4:
            found[-1][-1].append(words([token]))
    return found


@unhurried
@given(foreign_text)
@example("1. a")
@example("- a")
@example("+ - a")
@example("# a")
@example("=== ")
@example("a\\|b @someone &amp; <b> __x__ snake_case _y_ ~~z~~ ![i](u)")
def test_foreign_text_is_rendered_as_itself(text: str) -> None:
    for prefix in ("", "- **observed** "):
        line = prefix + markdown(text)
        tokens = READER.parse(line)
        assert (
            words(tokens).strip() == ("observed " if prefix else "") * bool(prefix) + one_line(text) or not text.strip()
        )
        kinds = {child.type for token in tokens for child in token.children or []}
        assert kinds <= {"text", "text_special", "html_inline", "strong_open", "strong_close"}


@unhurried
@given(foreign_text, foreign_text)
def test_a_cell_holds_exactly_its_text(text: str, code: str) -> None:
    page = f"| a | b | c |\n| --- | --- | --- |\n| x | {markdown(text)} | {markdown_code(code)} |\n"
    ((_, row),) = tables(page)
    assert [cell.strip() for cell in row] == ["x", one_line(text), one_line(code)]


@unhurried
@given(reports())
def test_any_report_keeps_its_shape(made: Report) -> None:
    page = markdown_report(redact_report(made))
    for table in tables(page):
        assert len({len(row) for row in table}) == 1
    tokens = READER.parse(page)
    headings = [words([text]) for head, text in pairwise(tokens) if head.type == "heading_open" and head.tag == "h2"]
    assert headings == [each for each in CHAPTERS if each in headings]
    assert headings[-3:] == ["Environment", "Emulation", "Settings"]
    markup = [token.content.strip().replace(" open", "") for token in tokens if token.type == "html_block"]
    assert markup == ["<details><summary>", "</summary>", "</details>"] * (len(markup) // 3)


def test_the_page_says_first_what_counts() -> None:
    page = markdown_report(varied_report())
    order = [
        "# Conformance of [careless-reaper 1.2.0](<https://example.org/careless-reaper>)",
        "**Not conformant: 1 failed and 1 vacuous of 8 MUST requirements.**",
        "(embedded, emulated)",
        "## What did not pass",
        "### `KEEP-REATTACHED` MUST failed in `retry_runs_on_the_pod_of_the_older_try`",
        "- **required** A pod labelled with an older try_number",
        "- **observed** DELETE airflow/etl-load-x7f2",
        "- **because** the reaper listed it at step 2 with try_number=1",
        "- **replay** `kpo-conformance replay KEEP-REATTACHED/",
        "## Requirements",
        "| `REAP-SIDECAR` | MUST | pass | 2 of 2 |  |",
        "## What became of each pod",
        "## Environment",
        "## Emulation",
        "no-such-thing",
        "## Settings",
        '| `timeouts` | `{"sweep": 30.0}` |',
    ]
    places = [page.index(line) for line in order]
    assert places == sorted(places)


def test_pods_are_told_with_fate_and_outcome_and_harm_stands_out() -> None:
    page = markdown_report(report(failure(), result(scenario="fine", pods=(pod(), twin()))))
    load = "| `airflow/etl-load-x7f2` | etl.load run manual\\_\\_1 try 2 | live | try 2 runs on it |"
    assert f"{load} **deleted** | DELETE at step 9 | `41c8a1de` |" in page
    assert f"{load} untouched |  | `41c8a1de` |" in page


def test_passing_runs_under_faults_are_left_to_the_json() -> None:
    runs = [result(fault=fault, pods=(pod(),)) for fault in (None, "a", "b")]
    bad = failure(fault="c", verdict=Verdict.VACUOUS)
    page = markdown_report(report(*runs, bad))
    assert page.count("<details") == 2
    assert "2 of 4 runs" in page


def test_a_url_that_is_no_web_address_is_not_linked() -> None:
    made = varied_report()
    for url in ("javascript:alert(1)", "https://example.org/>)<script>"):
        subject = type(made.subject)(name="r", version="1", url=url)
        page = markdown_report(report(failure(), subject=subject))
        assert "javascript" not in page
        assert "<script>" not in page
