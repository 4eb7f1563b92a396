"""pyright or basedpyright, where a project uses it. Severity: as pyright grades it; information is a `notice`."""

from collections.abc import Iterator
from typing import Any

from activities.languages.python.config import has_table, hooks
from activities.languages.python.dependencies import declared
from activities.languages.python.safe_start import start_program
from activities.languages.python.tool_detection import PythonTool
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute_to_file, findings_report
from activities.tooling import Project, ToolDetection, Workbench

_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}


class Pyright(PythonTool):
    name = "pyright"
    oldest = "1.1.310"
    programs = ("pyright", "basedpyright")
    checks = ("static_analysis",)
    silenced_by = r"#\s*(?:type|pyright):\s*ignore\b(?:\[[\w,\s-]*\])?"
    requirements = ("pyright[nodejs]",)  # with this extra the package brings its own node
    detection = ToolDetection(
        tables=("pyright", "basedpyright"),
        files=("pyrightconfig.json",),
        hooks=("pyright", "basedpyright"),
        packages=("pyright", "basedpyright"),
    )

    def program_name(self, project: Project) -> str:
        """basedpyright, a variant with more rules and a different baseline, where the repository uses that."""
        named = {*hooks(project), *declared(project)}
        based = has_table(project, "basedpyright") or "basedpyright" in named
        return "basedpyright" if based or "basedpyright" in self.asked_for(project, "static_analysis") else "pyright"

    def requirements_for(self, project: Project) -> tuple[str, ...]:
        """basedpyright brings its own node too."""
        lines = super().requirements_for(project)
        if self.program_name(project) == "pyright":
            return lines
        return tuple(line.replace("pyright[nodejs]", "basedpyright") for line in lines)

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 no errors, 1 errors, 2 and more: pyright could not run."""
        argv = (*start_program(bench, self), "--outputjson", f"--pythonpath={bench.paths.env}/bin/python")
        # The package fetches pyright when it first runs: the installation did that, into the environment.
        cache = f"{bench.paths.env}/share/pyright"
        environment = {"PYRIGHT_PYTHON_CACHE_DIR": cache, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        finished = await execute_to_file(bench, argv, "pyright.json", environment)
        return findings_report(self, bench, version, finished)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        report = parse_json(read_output(bench.out, "pyright.json"), "pyright's report")
        diagnostics = report.get("generalDiagnostics") if isinstance(report, dict) else None
        if not isinstance(diagnostics, list):
            raise BadReport("pyright's report has no generalDiagnostics.")
        for entry in diagnostics:
            if isinstance(entry, dict):
                (line, column), (end_line, _) = _place(entry, "start"), _place(entry, "end")
                yield Finding(
                    check="static_analysis",
                    tool="pyright",
                    rule=valid_unicode(str(entry.get("rule") or "syntax")),
                    path=bench.relative(valid_unicode(str(entry.get("file", "")))),
                    line=line,
                    column=column,
                    end_line=end_line,
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


tool = Pyright()
