"""black, where a project is configured for it: one finding for each file that it would change."""

import re

from activities.languages.python.safe_start import start_program
from activities.languages.python.tests_of_repository import linted_paths
from activities.languages.python.tool_detection import PythonTool
from activities.model import Finding, ToolReport
from activities.tool_reports import FinishedCommand, execute, failed_to_run, fix_report, fix_targets, make_report
from activities.tooling import ToolDetection, Workbench

_CHANGES = re.compile(r"would reformat (?P<path>.+)")
_CANNOT = re.compile(r"error: cannot (?:format|parse):? (?P<path>.+?):(?: |\d+:).*")


class Black(PythonTool):
    name = "black"
    oldest = "21.12b0"
    programs = ("black",)
    checks = ("linting",)
    silenced_by = r"#\s*fmt:\s*(?:off|skip)\b"
    runs_alone = True
    fixes = True
    requirements = ("black",)
    detection = ToolDetection(tables=("black",), hooks=("black", "black-jupyter"), packages=("black",))

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 would change files, 123 could not read one of them, else black could not run."""
        finished = await self._start(bench, "--check", *linted_paths(bench.project, "black", self.detection.hooks))
        found = []
        for line in finished.stderr.splitlines():
            if match := _CHANGES.fullmatch(line):
                path, message = bench.relative(match["path"]), "black would change this file."
                found.append(Finding("linting", "black", "format", path, 0, message, "warning", fixable=True))
            elif match := _CANNOT.fullmatch(line):
                path, message = bench.relative(match["path"]), "black cannot parse this file."
                found.append(Finding("linting", "black", "unreadable", path, 0, message, "error"))
        if finished.exit_code not in (0, 1, 123) or (finished.exit_code != 0 and not found):
            return failed_to_run("black", version, finished)
        return make_report("black", version, finished, findings=tuple(found))

    async def fix_version(self, bench: Workbench, version: str) -> ToolReport:
        """A file that black cannot read stays as it is, and the others are formatted."""
        return fix_report("black", version, await self._start(bench, *fix_targets(bench)), (0, 123))

    async def _start(self, bench: Workbench, *arguments: str) -> FinishedCommand:
        argv = (*start_program(bench, self), "--no-color", *arguments)
        return await execute(bench, argv, {"BLACK_CACHE_DIR": bench.paths.out})


tool = Black()
