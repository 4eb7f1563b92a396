"""isort, where a project is configured for it: one finding for each file whose imports it would change."""

import re

from activities.languages.python.safe_start import start_program
from activities.languages.python.tests_of_repository import linted_paths
from activities.languages.python.tool_detection import PythonTool
from activities.model import Finding, ToolReport
from activities.tool_reports import execute, failed_to_run, fix_report, fix_targets, make_report
from activities.tooling import ToolDetection, Workbench

_CHANGES = re.compile(r"ERROR: (?P<path>.+?) Imports are incorrectly sorted and/or formatted\.")


class Isort(PythonTool):
    name = "isort"
    oldest = "5.1.0"
    programs = ("isort",)
    checks = ("linting",)
    silenced_by = r"#\s*isort:\s*(?:skip_file|skip|off)\b"
    runs_alone = True
    fixes = True
    requirements = ("isort",)
    detection = ToolDetection(
        tables=("isort",),
        files=(".isort.cfg",),
        sections=(("setup.cfg", "isort"), ("setup.cfg", "tool:isort"), ("tox.ini", "isort")),
        hooks=("isort",),
        packages=("isort",),
        entry_points=("isort.profiles",),
    )

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit code 1 means changes and a crash alike: without a file to change it was a crash."""
        paths = linted_paths(bench.project, "isort", self.detection.hooks)
        finished = await execute(bench, (*start_program(bench, self), "--check-only", *paths))
        message = "isort would change the imports of this file."
        found = tuple(
            Finding("linting", "isort", "imports", bench.relative(match["path"]), 0, message, "warning", fixable=True)
            for line in finished.stderr.splitlines()
            if (match := _CHANGES.fullmatch(line))
        )
        if finished.exit_code != 0 and not found:
            return failed_to_run("isort", version, finished)
        return make_report("isort", version, finished, findings=found)

    async def fix_version(self, bench: Workbench, version: str) -> ToolReport:
        return fix_report(
            "isort", version, await execute(bench, (*start_program(bench, self), "--quiet", *fix_targets(bench))), (0,)
        )


tool = Isort()
