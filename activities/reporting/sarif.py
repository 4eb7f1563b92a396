"""Findings as SARIF 2.1.0, the exchange format that editors, dashboards and GitHub's code scanning read. Text is data
here: whoever shows it makes it harmless."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from activities.model import Finding
from activities.reporting.check_run import worst_first

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"notice": "note", "warning": "warning", "error": "error", "critical": "error"}
# GitHub's limits for an upload: 20 runs a file, 25,000 results a run.
_RUNS, _RESULTS = 20, 25_000

Json = dict[str, Any]


def sarif(findings: Iterable[Finding], version: str = "", head_sha: str = "") -> Json:
    """One run a tool. Known findings are there as `unchanged`, new ones as `new`."""
    by_tool: dict[str, list[Finding]] = {}
    for finding in findings:
        by_tool.setdefault(finding.tool, []).append(finding)
    tools = sorted(by_tool.items())[:_RUNS] or [("autobuild", [])]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(*item, version, head_sha) for item in tools]}


def _valid(text: str) -> str:
    """Valid Unicode, and nothing else of it changed."""
    return text.encode("utf-8", "backslashreplace").decode()


def _run(tool: str, findings: list[Finding], version: str, head_sha: str) -> Json:
    kept = worst_first(findings, _RESULTS)
    rules = sorted({_rule(finding) for finding in kept})
    place = {rule: index for index, rule in enumerate(rules)}
    run: Json = {
        "tool": {"driver": {"name": _valid(tool), "rules": [{"id": rule} for rule in rules]}},
        "automationDetails": {"id": f"autobuild/{_valid(tool)}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, place[_rule(finding)]) for finding in kept],
    }
    if version:
        run["tool"]["extensions"] = [{"name": "autobuild", "version": version}]
    if head_sha:
        run["properties"] = {"head_sha": head_sha}
    return run


def _rule(finding: Finding) -> str:
    return _valid(finding.rule) or "finding"


def _result(finding: Finding, rule: int) -> Json:
    result: Json = {
        "ruleId": _rule(finding),
        "ruleIndex": rule,
        "level": "note" if finding.informational else _LEVELS[finding.severity],
        "message": {"text": _valid(finding.message) or _rule(finding)},
        "baselineState": "new" if finding.new else "unchanged",
        "properties": {"check": finding.check, "severity": finding.severity, "fixable": finding.fixable},
    }
    if finding.path:
        location: Json = {"artifactLocation": {"uri": quote(_valid(finding.path)), "uriBaseId": "%SRCROOT%"}}
        if finding.line > 0:
            region: Json = {"startLine": finding.line}
            if finding.end_line >= finding.line:
                region["endLine"] = finding.end_line
            if finding.column > 0:
                region["startColumn"] = finding.column
            location["region"] = region
        result["locations"] = [{"physicalLocation": location}]
    if finding.fingerprint:
        result["partialFingerprints"] = {"autobuild/v1": finding.fingerprint}
    return result
