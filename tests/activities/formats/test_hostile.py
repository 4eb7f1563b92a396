"""Whatever bytes come, a reader answers with contents or with one sentence, and soon."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.formats import registry
from activities.reports import BadReport, Contents

NAMES = sorted(registry())
BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<testsuites><testsuite><testcase name="&b;"/></testsuite></testsuites>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<coverage><packages><class filename="&a;"/></packages></coverage>"""


def reads(name: str, data: bytes) -> Contents:
    return registry()[name].read(data, "tool", "check")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"[" * 100_000,
        b"<a>" * 100_000,
        b"<html><body>404</body></html>",
        b'{"runs": 3, "benchmarks": 3}',
        b"<coverage/>",
        b"9" * 5000,
        BOMB,
        OUTSIDE,
    ],
    ids=["nul", "deep json", "deep xml", "html", "wrong types", "no packages", "large number", "bomb", "outside"],
)
def test_wrong_format_is_refused_in_one_line(name: str, data: bytes) -> None:
    if name == "text" and b"\0" not in data:
        assert reads(name, data) == Contents()
        return
    with pytest.raises(BadReport) as refused:
        reads(name, data)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", ["junit", "cobertura"])
def test_an_entity_is_named_as_the_reason(name: str) -> None:
    with pytest.raises(BadReport, match="entities"):
        reads(name, BOMB)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SARIF_KEYS = st.sampled_from(
    [
        "level",
        "kind",
        "message",
        "text",
        "arguments",
        "id",
        "locations",
        "physicalLocation",
        "artifactLocation",
        "uri",
        "uriBaseId",
        "index",
        "region",
        "startLine",
        "rule",
        "ruleId",
        "ruleIndex",
        "suppressions",
        "baselineState",
        "properties",
        "security-severity",
    ]
)
RESULTS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SARIF_KEYS, inner, max_size=5), max_leaves=20
)


@settings(max_examples=150, deadline=None)
@given(RESULTS, VALUES)
def test_any_json_in_the_place_of_a_sarif_result_is_read_or_refused(result: object, rules: object) -> None:
    run = {"tool": {"driver": {"rules": rules}}, "results": [result], "artifacts": rules, "originalUriBaseIds": rules}
    for found in reads("sarif", json.dumps({"runs": [run]}).encode()).findings:
        found.path.encode()
        found.message.encode()
        assert found.line >= 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for name in NAMES:
        try:
            reads(name, data)
        except BadReport:
            continue


def test_a_test_that_is_run_many_times_is_one() -> None:
    runs = "".join(f"<testcase name='a'><failure message='{number}'/></testcase>" for number in range(10_000))
    (test,) = reads("junit", f"<testsuite>{runs}</testsuite>".encode()).tests
    assert test.message.startswith("0\n1\n")


LONG = "a" * 100_000
MANY = 2000


def sarif(results: Sequence[object], **run_parts: object) -> bytes:
    return json.dumps({"runs": [{"results": results, **run_parts}]}).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("sarif", sarif([{"message": {"text": "{0}" * 5000, "arguments": [LONG]}}])),
        ("sarif", sarif([{"message": {"text": LONG}}])),
        ("sarif", sarif([{"ruleIndex": 0}] * MANY, tool={"driver": {"rules": [{"shortDescription": {"text": LONG}}]}})),
        ("sarif", sarif([{"ruleIndex": 0}] * MANY, tool={"driver": {"rules": [{"id": LONG}]}})),
        (
            "sarif",
            sarif(
                [{"locations": [{"physicalLocation": {"artifactLocation": {"uri": "a", "uriBaseId": "B"}}}]}] * MANY,
                originalUriBaseIds={"B": {"uri": LONG}},
            ),
        ),
        (
            "sarif",
            sarif(
                [{"ruleIndex": 0, "message": {"arguments": [f"{number} {'b' * 200}"]}} for number in range(MANY)],
                tool={"driver": {"rules": [{"shortDescription": {"text": LONG + "{0}"}}]}},
            ),
        ),
        (
            "sarif",
            sarif(
                [{"locations": [{"physicalLocation": {"artifactLocation": {"uri": f"{number}", "uriBaseId": "B"}}}]} for number in range(MANY)],
                originalUriBaseIds={"B": {"uri": LONG}},
            ),
        ),
        ("junit", f"<testsuite file='{LONG}'>{'<testcase/>' * MANY}</testsuite>".encode()),
        ("junit", f"<testsuite file='./{LONG}\\b'>{'<testcase/>' * MANY}</testsuite>".encode()),
        ("cobertura", f"<coverage><packages><class filename='{LONG}'/></packages></coverage>".encode()),
        ("lcov", f"SF:{LONG}\n".encode()),
    ],
)  # fmt: skip
def test_a_short_report_takes_no_more_than_its_own_length(name: str, data: bytes) -> None:
    read = reads(name, data)
    texts = [text for one in read.findings for text in (one.path, one.message, one.rule)]
    texts += [test.path for test in read.tests] + [one.path for one in read.coverage]
    assert any(texts)
    assert max(map(len, texts)) <= 10_000
    assert sum(len(text) for text in {id(text): text for text in texts}.values()) <= max(30_000, 10 * len(data))


def test_classes_within_classes_are_read_once() -> None:
    classes = "".join(f"<class filename='{number}.c'>" for number in range(1500))
    lines = "<line number='1' hits='1'/>" * 3000
    body = f"<coverage><packages>{classes}{lines}{'</class>' * 1500}</packages></coverage>"
    read = reads("cobertura", body.encode()).coverage
    assert (len(read), [one.path for one in read if one.covered]) == (1500, ["1499.c"])


def test_a_score_beyond_all_numbers_is_none() -> None:
    rules = [{"id": "r", "properties": {"security-severity": 10**400}}]
    (found,) = reads("sarif", sarif([{"ruleId": "r", "level": "error"}], tool={"driver": {"rules": rules}})).findings
    assert found.severity == "error"


def test_a_hundred_thousand_findings_are_read() -> None:
    result = {
        "ruleId": "E1",
        "ruleIndex": 0,
        "message": {"text": "too long"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 3}}}],
    }
    data = {
        "sarif": json.dumps({"runs": [{"results": [result] * 100_000}]}).encode(),
        "text": b"src/a.py:3:1: error: E501 line too long\n" * 100_000,
        "junit": b"<testsuite>" + b'<testcase classname="a" name="b" time="1"/>' * 100_000 + b"</testsuite>",
    }
    read = [reads(name, body) for name, body in data.items()]
    counts = [len(each.findings or each.tests) for each in read]
    assert counts == [100_000] * 3
