"""The report on a terminal: the block of the style guide, both usual widths, no colour needed, nothing injected."""

import io
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.console import Console

from kpo_reports import (
    Paths,
    Report,
    Verdict,
    closing_lines,
    failure_text,
    print_report,
    requirement_lines,
    summary_table,
)

from .samples import failure, report, reports, result, unhurried, varied_report

PATHS = Paths.within(Path("conformance-report"))


def printed(made: Report, width: int, *, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
    )
    print_report(console, made, PATHS)
    return file.getvalue()


def test_a_failure_reads_as_the_style_guide_has_it() -> None:
    assert failure_text(failure()) == (
        "KEEP-REATTACHED  MUST  failed in retry_runs_on_the_pod_of_the_older_try\n"
        "  required  A pod labelled with an older try_number on which the current try runs MUST NOT be deleted.\n"
        "  observed  DELETE airflow/etl-load-x7f2 (uid 41c8..) committed at step 9;"
        " try 2 of etl.load was running on it.\n"
        "  because   the reaper listed it at step 2 with try_number=1"
        " and read try_number=2 from task_instance at step 5.\n"
        "  replay    kpo-conformance replay"
        " KEEP-REATTACHED/retry_runs_on_the_pod_of_the_older_try:airflow=3.3"
    )


def test_facts_without_words_are_left_out_and_a_reason_stands_in() -> None:
    bare = failure(observed="", because="", replay=None)
    assert [line.split()[0] for line in failure_text(bare).splitlines()] == ["KEEP-REATTACHED", "required", "reason"]


def test_lines_of_one_fact_stand_below_each_other() -> None:
    assert "\n  observed  first\n            second\n" in failure_text(failure(observed="first\nsecond"))


def test_a_token_with_blanks_is_quoted_for_the_shell() -> None:
    assert failure_text(failure(replay="A/b:fault='x y'; rm")).endswith(
        """replay    kpo-conformance replay 'A/b:fault='"'"'x y'"'"'; rm'"""
    )


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_but_what_is_copied_is_wider_than_the_terminal(width: int) -> None:
    for line in printed(varied_report(), width).splitlines():
        copied = line.startswith(("  replay", "  report"))
        headed = "  MUST  " in line and line.startswith("KEEP-")
        assert cell_len(line) <= width or copied or headed, line


@pytest.mark.parametrize("width", [80, 120])
def test_every_examined_requirement_has_its_whole_id_and_verdict_on_one_line(width: int) -> None:
    made = varied_report()
    lines = printed(made, width).splitlines()
    table = lines[next(place for place, line in enumerate(lines) if line.startswith("requirement ")) :]
    for requirement in requirement_lines(made.results, made.suite.requirements):
        if requirement.verdict is None:
            assert not [line for line in table if line.startswith(f"{requirement.requirement} ")]
            continue
        (row,) = [line for line in table if line.startswith(f"{requirement.requirement} ")]
        assert f" {requirement.level} " in row
        assert f" {requirement.verdict} " in row


@pytest.mark.parametrize("width", [60, 80, 120])
def test_commands_and_paths_are_never_cut(width: int) -> None:
    long = "KEEP-REATTACHED/" + "x" * 200
    text = printed(report(failure(replay=long, scenario="y" * 150)), width)
    assert f"  replay    kpo-conformance replay {long}\n" in text
    assert "y" * 150 in text
    assert "  report    conformance-report/junit.xml\n" in text


def test_colour_repeats_the_words_and_is_not_needed() -> None:
    plain, coloured = printed(varied_report(), 100), printed(varied_report(), 100, colour=True)
    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    for verdict in Verdict:
        assert verdict.value in plain


@pytest.mark.parametrize("width", [60, 80])
def test_no_word_of_the_closing_lines_is_broken(width: int) -> None:
    made = report(failure(queries=2, stalled=1.5))
    words = printed(made, width).split()
    for _, text in closing_lines(made):
        assert [word for word in text.split() if word not in words] == []


def test_the_closing_lines_say_harm_place_and_files() -> None:
    text = printed(varied_report(), 120)
    closing = text[text.index("Not conformant:") :].splitlines()
    assert closing[0] == "Not conformant: 1 failed and 1 vacuous of 8 MUST requirements."
    assert closing[-3:] == [
        "  report    conformance-report/report.json",
        "  report    conformance-report/report.md",
        "  report    conformance-report/junit.xml",
    ]
    assert any("emulated" in line for line in closing)
    assert any("2 live pods and 0 foreign pods deleted, 1 zombie left" in line for line in closing)


def test_markup_and_escape_sequences_arrive_as_text() -> None:
    hostile = "[bold red]x[/] \x1b[2J [link=http://e]l[/link] \u202eevil"
    text = printed(report(failure(observed=hostile, reason=hostile, scenario="[/]")), 200)
    assert "[bold red]x[/] \\x1b[2J [link=http://e]l[/link] \\u202eevil" in text
    assert "failed in [/]" in text


@unhurried
@given(reports())
def test_any_report_can_be_printed_without_a_control_character(made: Report) -> None:
    text = printed(made, 80)
    assert not [each for each in text if each != "\n" and category(each) in {"Cc", "Cs", "Zl", "Zp"}]
    assert "\u202e" not in text


def test_many_like_failures_are_counted_and_not_told() -> None:
    text = printed(report(*(failure(fault=f"fault {ordinal}") for ordinal in range(40))), 100)
    assert text.count("  required  ") == 3
    assert "and 37 more like it in report.json" in text


def test_a_report_without_results_says_so() -> None:
    assert printed(report(), 80).startswith("Undecided: nothing was examined.")


def test_the_table_can_stand_alone() -> None:
    file = io.StringIO()
    Console(file=file, width=80).print(summary_table(report(result())))
    assert file.getvalue().splitlines()[-1].split() == ["KEEP-REATTACHED", "MUST", "1/1", "pass"]
