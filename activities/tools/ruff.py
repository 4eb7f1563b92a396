"""ruff: linting, and its formatter where the project uses it.

Fixes: ruff's safe ones, then the formatter's. Severity: `error` for what breaks when it runs (syntax,
undefined names: E9, F63, F7, F82), `warning` for the rest.
"""

import re
from typing import Any

from activities.languages.python.config import has_table, hooks
from activities.languages.python.tool_detection import python_tool
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import FinishedCommand, execute, failed_to_run, fix_report, make_report
from activities.tooling import Project, ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("ruff",),
    files=("ruff.toml", ".ruff.toml"),
    hooks=("ruff", "ruff-check", "ruff-format"),
    packages=("ruff",),
)
# An older ruff does not know the variable for its formatter, and prints a line a file anyway.
_ONE_LINE_A_FILE = {"RUFF_OUTPUT_FORMAT": "concise"}
_UNFORMATTED = re.compile(r"(.+?):\d+:\d+: unformatted: ")
_BREAKS = ("E9", "F63", "F7", "F82")


async def _run(bench: Workbench, version: str) -> ToolReport:
    """Exit codes: 0 nothing, 1 findings, 2 ruff could not work (its configuration, most often)."""
    ruff = bench.executable("ruff")
    report = f"{bench.paths.out}/ruff.json"
    finished = await execute(
        bench, (ruff, "check", "--no-fix", "--no-cache", "--output-format=json", f"--output-file={report}", ".")
    )
    if finished.exit_code not in (0, 1):
        return failed_to_run("ruff", version, finished)
    try:
        found = _findings(parse_json(read_output(bench.out, "ruff.json"), "ruff's report"), bench)
    except BadReport as error:
        return failed_to_run("ruff", version, finished, str(error))
    if not _formats(bench.project):
        return make_report("ruff", version, finished, findings=found)
    formatted = await execute(bench, (ruff, "format", "--check", "--no-cache", "."), _ONE_LINE_A_FILE)
    # A file that cannot be parsed makes the formatter end with 2; `check` has reported it already.
    broken = formatted.exit_code not in (0, 1) and not any(one.rule == "invalid-syntax" for one in found)
    problem = "ruff format could not run." if broken else ""
    return make_report("ruff", version, finished, findings=found + _unformatted(formatted, bench), problem=problem)


async def _fix(bench: Workbench, version: str) -> ToolReport:
    ruff = bench.executable("ruff")
    finished = await execute(bench, (ruff, "check", "--fix-only", "--no-unsafe-fixes", "--no-cache", "."))
    if finished.exit_code == 0 and _formats(bench.project):
        finished = await execute(bench, (ruff, "format", "--no-cache", "."))
    return fix_report("ruff", version, finished, (0,))


def _formats(project: Project) -> bool:
    """Linting with ruff does not mean formatting with it: only what says so counts."""
    if has_table(project, "ruff.format") or "ruff-format" in hooks(project):
        return True
    own = (project.read(name) for name in ("ruff.toml", ".ruff.toml"))
    return any("\n[format]" in "\n" + text for text in own) or "ruff format" in project.read("tox.ini")


def _findings(entries: object, bench: Workbench) -> tuple[Finding, ...]:
    if not isinstance(entries, list):
        raise BadReport("ruff's report is not a list.")
    return tuple(_finding(entry, bench) for entry in entries if isinstance(entry, dict))


def _finding(entry: dict[str, Any], bench: Workbench) -> Finding:
    start, end, fix = entry.get("location") or {}, entry.get("end_location") or {}, entry.get("fix") or {}
    # Before 0.13 a syntax error had no code.
    rule = entry.get("code") or "invalid-syntax"
    return Finding(
        check="linting",
        tool="ruff",
        rule=valid_unicode(str(rule)),
        path=bench.relative(valid_unicode(str(entry.get("filename", "")))),
        line=non_negative(start.get("row")),
        column=non_negative(start.get("column")),
        end_line=non_negative(end.get("row")),
        message=valid_unicode(str(entry.get("message", ""))),
        severity=_severity(str(rule)),
        fixable=fix.get("applicability") == "safe",
    )


def _severity(rule: str) -> Severity:
    return "error" if rule == "invalid-syntax" or rule.startswith(_BREAKS) else "warning"


def _unformatted(finished: FinishedCommand, bench: Workbench) -> tuple[Finding, ...]:
    """One finding a file."""
    paths = {name for line in finished.stdout.splitlines() if (name := _named(line))}
    return tuple(
        Finding("linting", "ruff", "format", bench.relative(path), 0, "ruff format would change this file.", "warning",
                fixable=True)
        for path in sorted(paths)
    )  # fmt: skip


def _named(line: str) -> str:
    """The file of `Would reformat: a.py` (before 0.15) or `a.py:3:1: unformatted: …`, "" for other lines."""
    if line.startswith("Would reformat: "):
        return line.removeprefix("Would reformat: ").strip()
    match = _UNFORMATTED.match(line)
    return match[1] if match else ""


tool = python_tool("ruff", ("linting",), DETECTION, _run, default=True, fix=_fix)
