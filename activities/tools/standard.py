"""standard, semistandard or ts-standard: linting by the package's own, with its rules and its files."""

import re
from collections.abc import Iterator

from activities.languages.javascript.package_json import declared_in, read_package
from activities.languages.javascript.programs import PackageTool, installed_version, start
from activities.languages.javascript.scripts import any_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import non_negative, read_output
from activities.tool_reports import failed_to_run, findings_report, fix_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "standard.txt"
_PROGRAMS = ("standard", "semistandard", "ts-standard", "standardx")
# standard 8 is the oldest version that is supported; those before 14 name a rule only with `--verbose`.
_FLAGS = ("--fix", "--verbose", "-v")
_LINE = re.compile(
    r"\s*(?P<path>\S.*?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*?)(?: \((?P<rule>[\w@/-]+|null)\))?"
    r"(?P<warning> \(warning\))?\s*"
)


class Standard(PackageTool):
    name = "standard"
    programs = _PROGRAMS
    checks = ("linting",)
    silenced_by = r"\b(?:eslint|standard)-disable(?:-next-line|-line)?\b"
    fixes = True
    detection = ToolDetection(
        keys=_PROGRAMS,
        plugin_options=("plugins", "parser", "extends"),
        scripts=("lint", "lint:*", "test", "pretest", "posttest"),
    )

    def used_by(self, project: Project) -> str:
        """A script that starts it, or its configuration where the package is declared."""
        package = read_package(project)
        if call := any_call(package, *_PROGRAMS):
            return f'the script "{call.script}" in package.json'
        name = next((name for name in _PROGRAMS if name in package.data and declared_in(package, name)), "")
        return f"{name} in package.json" if name else ""

    def program_name(self, project: Project) -> str:
        package = read_package(project)
        if call := any_call(package, *_PROGRAMS):
            return call.program
        return next((name for name in _PROGRAMS if name in package.data and declared_in(package, name)), self.name)

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """Exit code 1 is for findings and for every failure alike, so a run without a finding has failed then."""
        name = self.program_name(bench.project)
        argv = (binary, "--verbose", *self._arguments(bench.project))
        finished = await start(bench, stdout_to_file(bench, argv, _REPORT))
        report = findings_report(self, bench, installed_version(bench, name), finished)
        return report if report.findings or not finished.exit_code else failed_to_run(name, report.version, finished)

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """What is left after the fixes is exit code 1."""
        finished = await start(bench, (binary, *self._arguments(bench.project), "--fix"))
        return fix_report(self.name, version, finished, (0, 1))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        """One a line: `  path:line:column: message (rule)`."""
        for line in read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace").splitlines():
            if match := _LINE.fullmatch(line[:2000]):
                rule = match["rule"] or self.name
                yield Finding(
                    check="linting",
                    tool=self.name,
                    rule="parse-error" if rule == "null" else rule,
                    path=bench.relative(match["path"]),
                    line=non_negative(match["line"]),
                    column=non_negative(match["column"]),
                    message=match["message"],
                    severity="warning" if match["warning"] else "error",
                )

    def _arguments(self, project: Project) -> tuple[str, ...]:
        call = any_call(read_package(project), *_PROGRAMS)
        return without_options(call.args, _FLAGS, ()) if call else ()


tool = Standard()
