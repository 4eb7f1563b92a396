"""Whatever bytes come, a reader answers with contents or with one sentence, and soon."""

import json
import time

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


def test_a_hundred_thousand_findings_read_in_seconds() -> None:
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
    started = time.process_time()
    counts = [len(reads(name, body).findings or reads(name, body).tests) for name, body in data.items()]
    assert counts == [100_000] * 3
    assert time.process_time() - started < 40
