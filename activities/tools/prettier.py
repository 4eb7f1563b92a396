"""prettier: one finding for each file that it would change, where the package uses it."""

import re

from activities.languages.javascript.package_json import declared_in, first_file, read_package
from activities.languages.javascript.programs import PackageTool, start
from activities.languages.javascript.scripts import ScriptCommand, any_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import failed_to_run, fix_report, make_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "prettier.txt"
_ENDINGS = ("json", "yml", "yaml", "json5", "js", "cjs", "mjs", "ts", "cts", "mts", "toml")
_FILES = (".prettierrc", *(f"{stem}.{end}" for stem in (".prettierrc", "prettier.config") for end in _ENDINGS))
_FLAGS = ("--check", "-c", "--write", "-w", "--list-different", "-l", "--cache", "--color", "--no-color")
_VALUED = ("--cache-location", "--cache-strategy", "--log-level", "--loglevel")
_BROKEN = re.compile(r"^\[error\] (.+?): (\w*Error: .*?)(?: \((\d+):(\d+)\))?$", re.MULTILINE)


class Prettier(PackageTool):
    name = "prettier"
    programs = ("prettier",)
    checks = ("linting",)
    silenced_by = r"\bprettier-ignore(?:-start)?\b"
    fixes = True
    detection = ToolDetection(
        files=_FILES,
        keys=("prettier",),
        other_files=(".prettierignore", ".editorconfig"),
        plugin_options=("plugins",),
    )

    def used_by(self, project: Project) -> str:
        """A script that starts it. Its configuration alone may serve an editor only, so the package must be
        declared."""
        package = read_package(project)
        if call := self._call(project):
            return f'the script "{call.script}" in package.json'
        configured = first_file(project, *_FILES) or ("prettier in package.json" if "prettier" in package.data else "")
        return configured if declared_in(package, "prettier") else ""

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 some would change, 2 some could not be parsed or prettier could not run."""
        listing = (binary, "--list-different", *self._arguments(bench.project))
        finished = await start(bench, stdout_to_file(bench, listing, _REPORT))
        broken = [
            Finding(
                check="linting",
                tool="prettier",
                rule="parse-error",
                path=bench.relative(match[1]),
                line=non_negative(match[3]),
                column=non_negative(match[4]),
                message=valid_unicode(match[2]),
                severity="error",
            )
            for match in _BROKEN.finditer(finished.stderr)
        ]
        if finished.exit_code not in (0, 1) and not broken:
            return failed_to_run("prettier", version, finished)
        try:
            paths = read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace").splitlines()
        except BadReport as error:
            return failed_to_run("prettier", version, finished, str(error))
        message = "prettier would change this file."
        found = [
            Finding("linting", "prettier", "format", bench.relative(path), 0, message, "warning", fixable=True)
            for path in paths
        ]
        return make_report("prettier", version, finished, findings=(*found, *broken))

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """A file that prettier cannot parse stays as it is (exit code 2), and the others are formatted."""
        finished = await start(bench, (binary, "--write", *self._arguments(bench.project)))
        return fix_report("prettier", version, finished, (0, 2))

    def _call(self, project: Project) -> ScriptCommand | None:
        return any_call(read_package(project), "prettier")

    def _arguments(self, project: Project) -> tuple[str, ...]:
        call = self._call(project)
        return (without_options(call.args, _FLAGS, _VALUED) if call else ()) or (".",)


tool = Prettier()
