"""bandit: dangerous calls in Python code, tests left out unless the project's own configuration says otherwise.

Severity: HIGH is an `error`, MEDIUM a `warning`, LOW (asserts, imports of subprocess) a `notice`. Nothing is
`critical`: a pattern in the source does not prove that a hole can be reached.
"""

from typing import Any

from activities.languages.python.tool_detection import configured_in, python_tool
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("bandit",),
    files=(".bandit", "bandit.yaml", "bandit.yml", ".bandit.yaml", ".bandit.yml"),
    hooks=("bandit",),
    packages=("bandit",),
)
_SEVERITIES: dict[str, Severity] = {"HIGH": "error", "MEDIUM": "warning"}
# bandit's own defaults, which an option replaces, then tests. A word without a star is looked for anywhere in a path.
_LEFT_OUT = (
    ".svn,CVS,.bzr,.hg,.git,__pycache__,.tox,.eggs,*.egg,"
    "*/tests/*,*/test/*,*/testing/*,*/test_*.py,*/*_test.py,*/conftest.py"
)


async def _run(bench: Workbench, version: str) -> ToolReport:
    """Exit codes: 0 nothing, 1 findings, 2 bandit could not work."""
    report = f"{bench.paths.out}/bandit.json"
    argv = (bench.executable("bandit"), "-r", ".", "-q", "-f", "json", "-o", report, *_configuration(bench.project))
    finished = await execute(bench, argv)
    if finished.exit_code not in (0, 1):
        return failed_to_run("bandit", version, finished)
    try:
        read = parse_json(read_output(bench.out, "bandit.json"), "bandit's report")
    except BadReport as error:
        return failed_to_run("bandit", version, finished, str(error))
    found = (*_each(read, "results", _finding, bench), *_each(read, "errors", _unreadable, bench))
    return make_report("bandit", version, finished, findings=found)


def _configuration(project: Project) -> tuple[str, ...]:
    """bandit finds an ini file `.bandit` by itself, and nothing else."""
    reason = configured_in(DETECTION, project)
    if not reason:
        return ("-x", _LEFT_OUT)
    file = "pyproject.toml" if reason.startswith("[") else reason
    return () if file == ".bandit" else ("-c", file)


def _each(report: object, key: str, read: Any, bench: Workbench) -> tuple[Finding, ...]:
    listed = report.get(key) if isinstance(report, dict) else None
    entries = listed if isinstance(listed, list) else []
    return tuple(read(entry, bench) for entry in entries if isinstance(entry, dict))


def _finding(entry: dict[str, Any], bench: Workbench) -> Finding:
    lines = entry.get("line_range")
    return Finding(
        check="security",
        tool="bandit",
        rule=valid_unicode(f"{entry.get('test_id', '')} {entry.get('test_name', '')}".strip()),
        path=bench.relative(valid_unicode(str(entry.get("filename", "")))),
        line=non_negative(entry.get("line_number")),
        column=non_negative(entry.get("col_offset"), -1) + 1,
        end_line=non_negative(lines[-1]) if isinstance(lines, list) and lines else 0,
        message=valid_unicode(str(entry.get("issue_text", ""))),
        severity=_SEVERITIES.get(str(entry.get("issue_severity")), "notice"),
    )


def _unreadable(entry: dict[str, Any], bench: Workbench) -> Finding:
    """A file that was not looked at is said, not passed over."""
    path = bench.relative(valid_unicode(str(entry.get("filename", ""))))
    message = f"bandit did not look at this file: {valid_unicode(str(entry.get('reason', '')))}."
    return Finding("security", "bandit", "unreadable", path, 0, message, "notice")


tool = python_tool("bandit", ("security",), DETECTION, _run, default=True)
