"""pyright, where a project is configured for it. Severity: as pyright grades it; information is a `notice`."""

from typing import Any

from activities.languages.python.tool_detection import python_tool
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute_to_file, failed_to_run, make_report
from activities.tooling import ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("pyright",),
    files=("pyrightconfig.json",),
    hooks=("pyright",),
    packages=("pyright",),
    other_sections=("basedpyright",),
)
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}


async def _run(bench: Workbench, version: str) -> ToolReport:
    """Exit codes: 0 no errors, 1 errors, 2 and more: pyright could not work."""
    argv = (bench.executable("pyright"), "--outputjson", f"--pythonpath={bench.paths.env}/bin/python")
    # The package fetches pyright when it first runs: the installation did that, into the environment.
    cache = f"{bench.paths.env}/share/pyright"
    environment = {"PYRIGHT_PYTHON_CACHE_DIR": cache, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    finished = await execute_to_file(bench, argv, "pyright.json", environment)
    try:
        report = parse_json(read_output(bench.out, "pyright.json"), "pyright's report")
    except BadReport as error:
        return failed_to_run("pyright", version, finished, str(error))
    listed = report.get("generalDiagnostics") if isinstance(report, dict) else None
    if finished.exit_code not in (0, 1) or not isinstance(listed, list):
        return failed_to_run("pyright", version, finished)
    found = tuple(_finding(entry, bench) for entry in listed if isinstance(entry, dict))
    return make_report("pyright", version, finished, findings=found)


def _finding(entry: dict[str, Any], bench: Workbench) -> Finding:
    start, end = _place(entry, "start"), _place(entry, "end")
    return Finding(
        check="static_analysis",
        tool="pyright",
        rule=valid_unicode(str(entry.get("rule") or "syntax")),
        path=bench.relative(valid_unicode(str(entry.get("file", "")))),
        line=start[0],
        column=start[1],
        end_line=end[0],
        message=valid_unicode(str(entry.get("message", ""))),
        severity=_SEVERITIES.get(str(entry.get("severity")), "notice"),
    )


def _place(entry: dict[str, Any], which: str) -> tuple[int, int]:
    """pyright counts lines and columns from 0."""
    span = entry.get("range")
    place = span.get(which) if isinstance(span, dict) else None
    if not isinstance(place, dict):
        return 0, 0
    return non_negative(place.get("line"), -1) + 1, non_negative(place.get("character"), -1) + 1


# With this extra the package brings its own node.
tool = python_tool("pyright", ("static_analysis",), DETECTION, _run, requirements=("pyright[nodejs]",))
