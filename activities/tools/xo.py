"""xo: linting by the package's own xo, with its rules and its files."""

from collections.abc import Iterator

from activities.languages.javascript.eslint_report import eslint_findings
from activities.languages.javascript.package_json import declared_in, first_file, read_package
from activities.languages.javascript.programs import PackageTool, start
from activities.languages.javascript.scripts import any_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import read_output
from activities.tool_reports import findings_report, fix_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "xo.json"
# xo 0.24 is the oldest version that is supported.
_FLAGS = ("--fix", "--quiet", "--cache", "--no-cache")
_VALUED = ("--reporter", "--max-warnings")


class Xo(PackageTool):
    name = "xo"
    programs = ("xo",)
    checks = ("linting",)
    silenced_by = r"\beslint-disable(?:-next-line|-line)?\b"
    fixes = True
    detection = ToolDetection(
        files=tuple(
            f"{stem}.{end}" for stem in ("xo.config", ".xo-config") for end in ("js", "cjs", "mjs", "ts", "json")
        ),
        keys=("xo",),
        plugin_options=("extends", "plugins", "parser", "processor"),
        scripts=("lint", "lint:*", "test", "pretest", "posttest"),
    )

    def used_by(self, project: Project) -> str:
        """A script that starts it, or its configuration where the package is declared."""
        package = read_package(project)
        if call := any_call(package, "xo"):
            return f'the script "{call.script}" in package.json'
        configured = first_file(project, *self.detection.files) or (
            "xo in package.json" if "xo" in package.data else ""
        )
        return configured if declared_in(package, "xo") else ""

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 findings."""
        argv = (binary, *self._arguments(bench.project), "--reporter=json")
        return findings_report(self, bench, version, await start(bench, stdout_to_file(bench, argv, _REPORT)))

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """What is left after the fixes is exit code 1."""
        finished = await start(bench, (binary, *self._arguments(bench.project), "--fix"))
        return fix_report("xo", version, finished, (0, 1))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        return eslint_findings(read_output(bench.out, _REPORT), "xo", bench)

    def _arguments(self, project: Project) -> tuple[str, ...]:
        call = any_call(read_package(project), "xo")
        return without_options(call.args, _FLAGS, _VALUED) if call else ()


tool = Xo()
