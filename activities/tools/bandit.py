"""bandit: dangerous calls in Python code, tests left out unless the project's own configuration says otherwise.

Severity: HIGH is an `error`, MEDIUM a `warning`, LOW (asserts, imports of subprocess) a `notice`. Nothing is
`critical`: a pattern in the source does not prove that a hole can be reached.
"""

from collections.abc import Iterator
from typing import Any

from activities.languages.python.safe_start import start_program
from activities.languages.python.tool_detection import PythonTool, configured_in
from activities.model import Finding, Severity, ToolReport
from activities.reports import non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, findings_report
from activities.tooling import ToolDetection, Workbench

_SEVERITIES: dict[str, Severity] = {"HIGH": "error", "MEDIUM": "warning"}
# bandit's own defaults, which an option replaces, then tests. A word without a star matches anywhere in a path.
_LEFT_OUT = (
    ".svn,CVS,.bzr,.hg,.git,__pycache__,.tox,.eggs,*.egg,"
    "*/tests/*,*/test/*,*/testing/*,*/test_*.py,*/*_test.py,*/conftest.py"
)


class Bandit(PythonTool):
    name = "bandit"
    oldest = "1.6.0"
    programs = ("bandit",)
    checks = ("security",)
    silenced_by = r"#\s*nosec\b(?::?\s*[A-Z]\d+(?:\s*,\s*[A-Z]\d+)*)?"
    runs_alone = True
    default = True
    detection = ToolDetection(
        tables=("bandit",),
        files=(".bandit", "bandit.yaml", "bandit.yml", ".bandit.yaml", ".bandit.yml"),
        hooks=("bandit",),
        packages=("bandit",),
        entry_points=("bandit.plugins", "bandit.formatters"),
    )

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 findings, 2 bandit could not run."""
        options: tuple[str, ...] = ("-x", _LEFT_OUT)
        if configured := configured_in(self.detection, bench.project):
            file = "pyproject.toml" if configured.startswith("[") else configured
            # The ini file is the only one that bandit finds without an option.
            options = () if file == ".bandit" else ("-c", file)
        report = f"{bench.paths.out}/bandit.json"
        argv = (*start_program(bench, self), "-r", ".", "-q", "-f", "json", "-o", report, *options)
        return findings_report(self, bench, version, await execute(bench, argv))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        """A file that bandit could not read is reported, not left out."""
        report = parse_json(read_output(bench.out, "bandit.json"), "bandit's report")
        for entry in _entries(report, "results"):
            lines = entry.get("line_range")
            yield Finding(
                check="security",
                tool="bandit",
                rule=valid_unicode(f"{entry.get('test_id', '')} {entry.get('test_name', '')}".strip()),
                path=bench.relative(valid_unicode(str(entry.get("filename", "")))),
                line=non_negative(entry.get("line_number")),
                column=non_negative(entry.get("col_offset"), -1) + 1,
                end_line=non_negative(lines[-1]) if isinstance(lines, list) and lines else 0,
                message=valid_unicode(str(entry.get("issue_text", ""))),
                severity=_SEVERITIES.get(str(entry.get("issue_severity")), "notice"),
                confidence=str(entry.get("issue_confidence", "")).lower(),
            )
        for entry in _entries(report, "errors"):
            path = bench.relative(valid_unicode(str(entry.get("filename", ""))))
            message = f"bandit could not check this file: {valid_unicode(str(entry.get('reason', '')))}."
            yield Finding("security", "bandit", "unreadable", path, 0, message, "notice")


def _entries(report: object, key: str) -> list[dict[str, Any]]:
    listed = report.get(key) if isinstance(report, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


tool = Bandit()
