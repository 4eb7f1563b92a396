"""black, where a project is configured for it: one finding for each file that it would change."""

import re
from collections.abc import Iterator

from activities.languages.python.tool_detection import python_tool
from activities.model import Finding, ToolReport
from activities.tool_reports import FinishedCommand, execute, failed_to_run, fix_report, make_report
from activities.tooling import ToolDetection, Workbench

DETECTION = ToolDetection(tables=("black",), hooks=("black", "black-jupyter"), packages=("black",))
_CHANGES = re.compile(r"would reformat (?P<path>.+)")
_CANNOT = re.compile(r"error: cannot (?:format|parse):? (?P<path>.+?):(?: |\d+:).*")


async def _run(bench: Workbench, version: str) -> ToolReport:
    """Exit codes: 0 nothing, 1 would change files, 123 could not read one of them, else black could not work."""
    finished = await _black(bench, "--check")
    found = tuple(_findings(finished, bench))
    if finished.exit_code not in (0, 1, 123) or (finished.exit_code != 0 and not found):
        return failed_to_run("black", version, finished)
    return make_report("black", version, finished, findings=found)


async def _fix(bench: Workbench, version: str) -> ToolReport:
    """A file that black cannot read stays as it is, and the others are formatted."""
    return fix_report("black", version, await _black(bench), (0, 123))


async def _black(bench: Workbench, *flags: str) -> FinishedCommand:
    argv = (bench.executable("black"), *flags, "--no-color", ".")
    return await execute(bench, argv, {"BLACK_CACHE_DIR": bench.paths.out})


def _findings(finished: FinishedCommand, bench: Workbench) -> Iterator[Finding]:
    for line in finished.stderr.splitlines():
        if match := _CHANGES.fullmatch(line):
            path, message = bench.relative(match["path"]), "black would change this file."
            yield Finding("linting", "black", "format", path, 0, message, "warning", fixable=True)
        elif match := _CANNOT.fullmatch(line):
            path, message = bench.relative(match["path"]), "black cannot parse this file."
            yield Finding("linting", "black", "unreadable", path, 0, message, "error")


tool = python_tool("black", ("linting",), DETECTION, _run, fix=_fix, requirements=("black",))
