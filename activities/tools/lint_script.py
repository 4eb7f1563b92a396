"""The package's script `lint`, as far as it starts linters that no other tool knows: by their output and exit code."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace

from activities import formats
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import start
from activities.languages.javascript.scripts import ScriptCommand, understood_calls
from activities.languages.javascript.test_plan import is_left_to_its_tool, prepares
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode, without_colours
from activities.tool_reports import failed_to_run, last_output, make_report, stdout_to_file
from activities.tooling import Project, Tool, ToolDetection, Workbench
from activities.tools import registry

_SCRIPT = "lint"
_REPORT = "lint.txt"
_NOT_FOUND = 127
# eslint's own layout, which stylelint and others have too: a path, then its findings, indented.
_STYLISH = re.compile(r"\s+(\d+):(\d+)\s+(?:[×✖⚠‼✘x]\s*)?(?:(error|warning)\s+)?(\S.*?)(?:\s{2,}(\S+))?\s*")


class LintScript(Tool):
    name = "lint-script"
    checks = ("linting",)
    language = "javascript"
    detection = ToolDetection(scripts=(_SCRIPT, f"pre{_SCRIPT}", f"post{_SCRIPT}"))

    def used_by(self, project: Project) -> str:
        return f'the script "{_SCRIPT}" in package.json' if _unknown_linters(project) else ""

    async def run(self, bench: Workbench) -> ToolReport:
        """Each of them; one that ends well has found nothing, whatever it printed."""
        found: list[Finding] = []
        report = ToolReport(self.name)
        for call in _unknown_linters(bench.project):
            text = call.core or f"npm run --silent {_SCRIPT}"
            finished = await start(bench, stdout_to_file(bench, ("/bin/sh", "-c", f"({text}) 2>&1"), _REPORT), call.env)
            if finished.exit_code == _NOT_FOUND:
                return failed_to_run(self.name, "", finished, f"A program of npm run {_SCRIPT} is not installed.")
            if finished.exit_code:
                found += self._findings_of(bench, finished.exit_code) or (
                    _by_exit_code(bench, text, finished.exit_code, last_output(finished.result)),
                )
            report = make_report(self.name, "", finished)
        return replace(report, findings=tuple(found))

    def _findings_of(self, bench: Workbench, exit_code: int) -> tuple[Finding, ...]:
        """What it printed, as far as that has places."""
        try:
            data = read_output(bench.out, _REPORT)
            lines = formats.registry()["text"].read(data, self.name, "linting").findings
        except BadReport:
            return ()
        found = (*lines, *_stylish(valid_unicode(without_colours(data.decode("utf-8", "backslashreplace")))))
        placed = (replace(one, path=bench.relative(one.path)) for one in found if one.line)
        return tuple(one for one in placed if not one.path.startswith("/"))


def _unknown_linters(project: Project) -> tuple[ScriptCommand, ...]:
    """The programs of the script that no other tool runs; the script itself where it is not understood."""
    package, tools = read_package(project), registry().values()
    if _SCRIPT not in package.scripts:
        return ()
    calls = understood_calls(package, _SCRIPT)
    if not calls:
        known = {program for tool in tools if tool.language == "javascript" for program in (tool.name, *tool.programs)}
        words = set(re.findall(r"[\w@/-]+", package.scripts[_SCRIPT]))
        return () if words & known else (ScriptCommand(_SCRIPT, ""),)
    runners = {tool.name for tool in tools if tool.is_test_runner}
    others = (call for call in calls if not (prepares(call) or call.program in runners))
    return tuple(call for call in others if not is_left_to_its_tool(project, call, tools))


def _stylish(text: str) -> Iterator[Finding]:
    path = ""
    for line in text.splitlines():
        if line[:1].strip():
            path = line.strip() if re.fullmatch(r"\S.{0,500}\.\w{1,10}", line.strip()) else ""
        elif path and (match := _STYLISH.fullmatch(line[:1000])):
            severity: Severity = "warning" if match[3] == "warning" else "error"
            place = non_negative(match[1]), match[4]
            yield Finding(
                "linting", LintScript.name, match[5] or "lint", path, *place, severity, non_negative(match[2])
            )


def _by_exit_code(bench: Workbench, text: str, exit_code: int, tail: str) -> Finding:
    """At the script's line, since nothing says where the fault is."""
    printed = ""
    with contextlib.suppress(BadReport):
        printed = valid_unicode(read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace"))[-1500:].strip()
    lines = bench.project.read("package.json").splitlines()
    line = next((number for number, one in enumerate(lines, 1) if f'"{_SCRIPT}"' in one), 0)
    message = f"npm run {_SCRIPT} ({text[:200]}) ended with exit code {exit_code}: {printed or tail}"
    return Finding("linting", LintScript.name, "exit-code", bench.relative("package.json"), line, message, "error")


tool = LintScript()
