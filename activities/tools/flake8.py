"""flake8, where a project is configured for it, with the project's own plug-ins.

Severity: `error` for what breaks when it runs (syntax, undefined names: E9, F63, F7, F82), `warning` for the rest.
"""

import re

from activities.languages.python.safe_start import start_program
from activities.languages.python.tests_of_repository import linted_paths
from activities.languages.python.tool_detection import PythonTool, linter_severity
from activities.languages.python.tool_versions import is_older
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import execute, failed_to_run, make_report
from activities.tooling import ToolDetection, Workbench

_LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<rule>[A-Z]{1,3}\d{1,4}) (?P<message>.*)")


class Flake8(PythonTool):
    name = "flake8"
    oldest = "3.7.9"
    programs = ("flake8", "pflake8")
    checks = ("linting",)
    silenced_by = r"#\s*(?:flake8:\s*)?noqa\b(?::\s*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?"
    runs_alone = True
    requirements = ("flake8",)
    detection = ToolDetection(
        files=(".flake8",),
        sections=(("setup.cfg", "flake8"), ("tox.ini", "flake8")),
        hooks=("flake8",),
        packages=("flake8",),
        plugin_options=("extension", "report"),
        entry_points=("flake8.extension", "flake8.report"),
    )

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit code 1 means findings and a crash alike: without findings it was a crash."""
        report = f"--output-file={bench.paths.out}/flake8.txt"
        shown = () if is_older(version, "4.0") else ("--no-show-source",)
        paths = linted_paths(bench.project, self.program_name(bench.project), self.detection.hooks)
        own = () if paths == (".",) else paths
        finished = await execute(bench, (*start_program(bench, self), "--format=default", report, *shown, *own))
        try:
            text = valid_unicode(read_output(bench.out, "flake8.txt").decode("utf-8", "surrogateescape"))
        except BadReport:
            return failed_to_run("flake8", version, finished)
        found = tuple(
            Finding(
                check="linting",
                tool="flake8",
                rule=match["rule"],
                path=bench.relative(match["path"]),
                line=non_negative(match["line"]),
                column=non_negative(match["column"]),
                message=match["message"],
                severity=linter_severity(match["rule"]),
            )
            for line in text.splitlines()
            if (match := _LINE.fullmatch(line))
        )
        if finished.exit_code not in (0, 1) or (finished.exit_code == 1 and not found):
            return failed_to_run("flake8", version, finished)
        return make_report("flake8", version, finished, findings=found)


tool = Flake8()
