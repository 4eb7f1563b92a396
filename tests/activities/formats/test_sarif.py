"""SARIF of real writers, and what must be left out of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

import pytest

from activities.formats.sarif import sarif
from activities.model import Finding
from tests.activities.processes import program


def findings(*results: Mapping[str, object], **run_parts: object) -> tuple[Finding, ...]:
    body = json.dumps({"version": "2.1.0", "runs": [{"results": list(results), **run_parts}]})
    return sarif.read(body.encode(), "tool", "security").findings


def at(uri: str, **artifact: object) -> list[dict[str, object]]:
    return [{"physicalLocation": {"artifactLocation": {"uri": uri, **artifact}, "region": {"startLine": 2}}}]


@pytest.mark.parametrize(
    "result",
    [
        {"baselineState": "absent"},
        {"kind": "pass"},
        {"kind": "notApplicable"},
        {"suppressions": [{"kind": "inSource"}]},
        {"suppressions": [{"kind": "external", "status": "accepted"}]},
    ],
)
def test_suppressed_or_passed_result_is_left_out(result: dict[str, object]) -> None:
    assert findings({"message": {"text": "m"}, **result}) == ()


@pytest.mark.parametrize(
    "result",
    [
        {"baselineState": "unchanged"},
        {"suppressions": []},
        {"suppressions": [{"kind": "external", "status": "rejected"}]},
        {"suppressions": [{"kind": "external"}, {"kind": "external", "status": "underReview"}]},
    ],
)
def test_other_result_is_kept(result: dict[str, object]) -> None:
    assert len(findings({"message": {"text": "m"}, **result})) == 1


@pytest.mark.parametrize(
    ("result", "rule", "severity"),
    [
        ({}, {}, "warning"),
        ({"level": "error"}, {}, "error"),
        ({"level": "note"}, {}, "notice"),
        ({"level": "none"}, {}, "notice"),
        ({}, {"defaultConfiguration": {"level": "error"}}, "error"),
        ({"level": "note"}, {"defaultConfiguration": {"level": "error"}}, "notice"),
        ({"level": "error"}, {"properties": {"security-severity": "9.8"}}, "critical"),
        ({"level": "error"}, {"properties": {"security-severity": "5.0"}}, "warning"),
        ({"level": "error"}, {"properties": {"security-severity": "high"}}, "error"),
        ({"kind": "informational"}, {"defaultConfiguration": {"level": "error"}}, "notice"),
    ],
)
def test_severity_follows_score_then_level(result: dict[str, object], rule: dict[str, object], severity: str) -> None:
    tool = {"driver": {"rules": [{"id": "R0"}, {"id": "R1", **rule}]}}
    by_id = findings({"ruleId": "R1", "message": {"text": "m"}, **result}, tool=tool)
    by_index = findings({"ruleIndex": 1, "message": {"text": "m"}, **result}, tool=tool)
    nested = findings({"rule": {"index": 1}, "message": {"text": "m"}, **result}, tool=tool)
    assert [found.severity for found in by_id + by_index + nested] == [severity] * 3
    assert [found.rule for found in by_id + by_index + nested] == ["R1"] * 3


def test_a_rule_of_an_extension_is_found_by_its_component() -> None:
    tool = {"driver": {"rules": [{"id": "wrong"}]}, "extensions": [{"rules": [{"id": "right"}]}]}
    result = {"rule": {"index": 0, "toolComponent": {"index": 0}}, "message": {"text": "m"}}
    assert findings(result, tool=tool)[0].rule == "right"


@pytest.mark.parametrize(
    ("artifact", "path"),
    [
        ({"uri": "a%20b.py"}, "a b.py"),
        ({"uri": "./a.py"}, "a.py"),
        ({"uri": "%FF.py"}, "\\xff.py"),
        ({"uri": "file:///src/a.py"}, "/src/a.py"),
        ({"uri": "file://host/src/a.py"}, "/src/a.py"),
        ({"uri": "a.py", "uriBaseId": "UNKNOWN"}, "a.py"),
        ({"uri": "a.py", "uriBaseId": "ROOT"}, "/src/a.py"),
        ({"uri": "a.py", "uriBaseId": "PKG"}, "/src/pkg/a.py"),
        ({"uri": "a.py", "uriBaseId": "CIRCLE"}, "a.py"),
        ({"index": 1}, "second.py"),
        ({"index": 7}, ""),
        ({"uri": "http://[bad"}, "http://[bad"),
    ],
)
def test_path_is_relative_and_decoded(artifact: dict[str, object], path: str) -> None:
    location = [{"physicalLocation": {"artifactLocation": artifact}}]
    bases = {
        "ROOT": {"uri": "file:///src"},
        "PKG": {"uri": "pkg/", "uriBaseId": "ROOT"},
        "CIRCLE": {"uri": "", "uriBaseId": "CIRCLE"},
    }
    artifacts = [{"location": {"uri": "first.py"}}, {"location": {"uri": "second.py"}}]
    found = findings({"locations": location, "message": {}}, originalUriBaseIds=bases, artifacts=artifacts)
    assert found[0].path == path


def test_message_of_the_rule_gets_the_arguments_of_the_result() -> None:
    tool = {"driver": {"rules": [{"id": "R", "messageStrings": {"default": {"text": "{0} shadows {1} {9}"}}}]}}
    result = {"ruleId": "R", "message": {"id": "default", "arguments": ["a", "b"]}, "locations": at("a.py")}
    assert findings(result, tool=tool)[0].message == "a shadows b {9}"


def test_report_of_ruff_is_read(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text("import os\nimport sys\nprint(undefined)\n")
    out = run(
        [program("ruff"), "check", "--no-cache", "--isolated", "--select", "F", "--output-format", "sarif", "."],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    found = sarif.read(out.stdout, "ruff", "linting").findings
    assert [(one.rule, one.line, one.severity) for one in found] == [
        ("F401", 1, "error"),
        ("F401", 2, "error"),
        ("F821", 3, "error"),
    ]
    assert {one.path for one in found} == {f"{tmp_path}/a b.py"}


FAILED = {"executionSuccessful": False}
BROKEN_RULE = {"level": "error", "message": {"text": "no rules\nwere loaded"}}


@pytest.mark.parametrize(
    ("run_parts", "problem", "advice"),
    [
        ({"invocations": [FAILED]}, "Scan reports that it failed.", ""),
        (
            {"invocations": [{"executionSuccessful": True}, {**FAILED, "toolExecutionNotifications": [BROKEN_RULE]}]},
            "Scan reports that it failed: no rules were loaded",
            "",
        ),
        (
            {"invocations": [{"processStartFailureMessage": "no such program"}]},
            "Scan reports that it failed: no such program",
            "",
        ),
        ({"results": None}, "Scan did not begin: its report has no results.", ""),
        (
            {"invocations": [{"executionSuccessful": True, "toolConfigurationNotifications": [BROKEN_RULE]}]},
            "",
            "Scan reports an error: no rules were loaded",
        ),
        ({"invocations": [{"toolExecutionNotifications": [{"level": "warning"}]}]}, "", ""),
        ({"invocations": None}, "", ""),
    ],
)
def test_a_run_that_looked_at_nothing_says_so(run_parts: dict[str, object], problem: str, advice: str) -> None:
    run = {"tool": {"driver": {"name": "Scan"}}, "results": [], **run_parts}
    contents = sarif.read(json.dumps({"runs": [{"results": []}, run]}).encode(), "tool", "security")
    assert (contents.problem, contents.advice) == (problem, advice)


def test_a_run_without_results_did_not_begin_unless_they_are_elsewhere() -> None:
    run: dict[str, object] = {"tool": {"driver": {"name": "Scan"}}}
    assert "did not begin" in sarif.read(json.dumps({"runs": [run]}).encode(), "t", "security").problem
    run["externalPropertyFileReferences"] = {"results": []}
    assert sarif.read(json.dumps({"runs": [run]}).encode(), "t", "security").problem == ""
    assert "no run" in sarif.read('{"runs": []}'.encode("utf-16"), "t", "security").advice
