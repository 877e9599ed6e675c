"""junit.xml: valid for Jenkins' reader, safe against hostile text, red where the exit code is."""

from xml.etree import ElementTree as ET

from hypothesis import given

from kpo_reports import Report, exit_code
from kpo_reports.junit import junit_xml
from kpo_reports.redaction import redact_report
from kpo_reports.wording import failure_text

from .samples import failure, ids, report, reports, unhurried, varied_report

# What junit-10.xsd of Jenkins' xunit plugin allows: attributes (required ones marked !) and children.
GRAMMAR = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "skipped", "time", "timestamp", "hostname", "id", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name!", "value!"}, set()),
    "testcase": ({"name!", "classname", "time"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
}


def check(element: ET.Element) -> None:
    attributes, children = GRAMMAR[element.tag]
    assert set(element.keys()) <= {name.rstrip("!") for name in attributes}
    assert {name.rstrip("!") for name in attributes if name.endswith("!")} <= set(element.keys())
    for child in element:
        assert child.tag in children
        check(child)


@unhurried
@given(reports())
def test_any_report_gives_a_valid_document_with_true_counts(made: Report) -> None:
    root = ET.fromstring(junit_xml(redact_report(made)).encode())
    check(root)
    cases = list(root.iter("testcase"))
    assert len(cases) == len(made.results) == int(root.attrib["tests"])
    for element in (root, *root.iter("testsuite")):
        for plural, tag in (("failures", "failure"), ("errors", "error")):
            assert int(element.attrib[plural]) == sum(1 for _ in element.iter(tag))
    for suite in root.iter("testsuite"):
        assert int(suite.attrib["skipped"]) == sum(1 for _ in suite.iter("skipped"))
        assert int(suite.attrib["tests"]) == sum(1 for _ in suite.iter("testcase"))


@unhurried
@given(reports(ids))
def test_red_and_exit_code_agree(made: Report) -> None:
    root = ET.fromstring(junit_xml(redact_report(made)).encode())
    code = exit_code(made.results)
    examined = any(case.find("skipped") is None for case in root.iter("testcase"))
    assert (root.attrib["failures"] != "0") == (code == 1)
    if code == 0:
        assert root.attrib["errors"] == "0"
    if code == 3 and examined:
        assert root.attrib["errors"] != "0"


def test_a_failure_carries_level_reason_and_the_block_of_the_terminal() -> None:
    (element,) = ET.fromstring(junit_xml(report(failure()))).iter("failure")
    assert element.attrib == {"type": "fail", "message": "MUST fail: the pod of the running try was deleted"}
    assert (element.text or "").strip() == failure_text(failure())


def test_areas_of_the_ledger_are_suites() -> None:
    root = ET.fromstring(junit_xml(varied_report()))
    assert [suite.attrib["name"] for suite in root] == ["KEEP", "REAP", "DELETE", "API"]
    first = next(root.iter("testcase"))
    assert first.attrib["classname"] == "KEEP.KEEP-REATTACHED"
    assert next(root.iter("property")).attrib == {"name": "subject", "value": "careless-reaper 1.2.0"}


def test_control_characters_are_shown_and_not_sent() -> None:
    document = junit_xml(report(failure(observed="\x1b[31m]]>\x00 </failure> \ufffe")))
    (element,) = ET.fromstring(document).iter("failure")
    assert "\\x1b[31m]]>\\x00 </failure> \\ufffe" in (element.text or "")
