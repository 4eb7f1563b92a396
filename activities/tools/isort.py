"""isort, where a project is configured for it: one finding for each file whose imports it would change."""

import re
from functools import partial

from activities.languages.python.installed import version_of
from activities.languages.python.tool_detection import found_in
from activities.model import Finding, ToolReport
from activities.reports import valid_unicode
from activities.tool_reports import FinishedCommand, execute, failed_to_run, make_report, not_installed
from activities.tooling import Tool, ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("isort",),
    files=(".isort.cfg",),
    sections=(("setup.cfg", "isort"), ("setup.cfg", "tool:isort"), ("tox.ini", "isort")),
    hooks=("isort",),
    packages=("isort",),
)
_CHANGES = re.compile(r"ERROR: (?P<path>.+?) Imports are incorrectly sorted and/or formatted\.")


async def _version(bench: Workbench) -> str:
    return version_of(bench, "isort", "isort")


async def _run(bench: Workbench) -> ToolReport:
    """Exit code 1 means changes and a crash alike: without a file to change it was a crash."""
    version, (program, _) = await _version(bench), bench.executable("isort")
    if not version:
        return not_installed("isort", found_in(DETECTION, bench.project), "Declare it in a dependency group.")
    finished = await execute(bench, (program, "--check-only", "."))
    found = _findings(finished, bench)
    if finished.exit_code != 0 and not found:
        return failed_to_run("isort", version, finished)
    return make_report("isort", version, finished, findings=found)


async def _fix(bench: Workbench) -> ToolReport:
    version, (program, _) = await _version(bench), bench.executable("isort")
    finished = await execute(bench, (program, "--quiet", "."))
    return (
        make_report("isort", version, finished)
        if finished.exit_code == 0
        else failed_to_run("isort", version, finished)
    )


def _findings(finished: FinishedCommand, bench: Workbench) -> tuple[Finding, ...]:
    lines = finished.stderr.splitlines()
    matches = (_CHANGES.fullmatch(valid_unicode(line)) for line in lines)
    said = "isort would change the imports of this file."
    return tuple(
        Finding("linting", "isort", "imports", bench.relative(match["path"]), 0, said, "warning", fixable=True)
        for match in matches
        if match
    )


tool = Tool("isort", ("linting",), "python", partial(found_in, DETECTION), _version, _run, fix=_fix)
