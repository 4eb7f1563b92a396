"""isort, where a project is configured for it: one finding for each file whose imports it would change."""

import re

from activities.languages.python.tool_detection import python_tool
from activities.model import Finding, ToolReport
from activities.reports import valid_unicode
from activities.tool_reports import FinishedCommand, execute, failed_to_run, fix_report, make_report
from activities.tooling import ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("isort",),
    files=(".isort.cfg",),
    sections=(("setup.cfg", "isort"), ("setup.cfg", "tool:isort"), ("tox.ini", "isort")),
    hooks=("isort",),
    packages=("isort",),
)
_CHANGES = re.compile(r"ERROR: (?P<path>.+?) Imports are incorrectly sorted and/or formatted\.")


async def _run(bench: Workbench, version: str) -> ToolReport:
    """Exit code 1 means changes and a crash alike: without a file to change it was a crash."""
    finished = await execute(bench, (bench.executable("isort"), "--check-only", "."))
    found = _findings(finished, bench)
    if finished.exit_code != 0 and not found:
        return failed_to_run("isort", version, finished)
    return make_report("isort", version, finished, findings=found)


async def _fix(bench: Workbench, version: str) -> ToolReport:
    return fix_report("isort", version, await execute(bench, (bench.executable("isort"), "--quiet", ".")), (0,))


def _findings(finished: FinishedCommand, bench: Workbench) -> tuple[Finding, ...]:
    lines = finished.stderr.splitlines()
    matches = (_CHANGES.fullmatch(valid_unicode(line)) for line in lines)
    said = "isort would change the imports of this file."
    return tuple(
        Finding("linting", "isort", "imports", bench.relative(match["path"]), 0, said, "warning", fixable=True)
        for match in matches
        if match
    )


tool = python_tool("isort", ("linting",), DETECTION, _run, fix=_fix, requirements=("isort",))
