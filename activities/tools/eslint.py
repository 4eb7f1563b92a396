"""eslint: linting by the package's own rules, flat or legacy; never by rules of ours."""

from collections.abc import Iterator

from activities.languages.javascript.config_files import configured_files
from activities.languages.javascript.eslint_report import eslint_findings
from activities.languages.javascript.package_json import first_file, read_package, workspace_home
from activities.languages.javascript.programs import PackageTool, start
from activities.languages.javascript.scripts import any_call, find_call, without_options
from activities.model import Finding, ToolReport
from activities.reports import read_output
from activities.tool_reports import findings_report, fix_report
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "eslint.json"
_ENVIRONMENT = {"DISABLE_V8_COMPILE_CACHE": "1"}
"""ESLint before 8 keeps compiled code in a cache of its own that fails at packages that later Nodes see as modules."""
_FLAT = tuple(f"eslint.config.{ending}" for ending in ("js", "mjs", "cjs", "ts", "mts", "cts"))
_LEGACY = (*(f".eslintrc.{ending}" for ending in ("js", "cjs", "mjs", "json", "yaml", "yml")), ".eslintrc")
_CONFIG = frozenset(("-c", "--config", "--no-eslintrc", "--rule"))
_FLAGS = ("--fix", "--cache", "--color", "--no-color", "--fix-dry-run")
_VALUED = ("--format", "-f", "-o", "--output-file", "--max-warnings", "--cache-location", "--cache-strategy")


class Eslint(PackageTool):
    name = "eslint"
    programs = ("eslint",)
    checks = ("linting",)
    silenced_by = r"\beslint-disable(?:-next-line|-line)?\b"
    fixes = True
    detection = ToolDetection(
        files=(*_FLAT, *_LEGACY),
        keys=("eslintConfig",),
        other_files=(".eslintignore",),
        judges=("eslint-local-rules.*", "eslint-local-rules/*"),
        plugin_options=("extends", "plugins", "parser", "processor", "jsPlugins"),
        scripts=("lint", "lint:*", "eslint", "eslint:*"),
    )

    def loaded_code(self, project: Project) -> Iterator[str]:
        return configured_files(self.name, self.detection, project, follow=True)

    def used_by(self, project: Project) -> str:
        """Its configuration, here or at the workspace's root, since eslint looks upwards, or what a script names."""
        for place in (project, workspace_home(project)):
            if name := first_file(place, *self.detection.files):
                return name
            if "eslintConfig" in read_package(place).data:
                return "eslintConfig in package.json"
        call = any_call(read_package(project), "eslint")
        return f'the script "{call.script}" in package.json' if call and _CONFIG & set(call.args) else ""

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 findings, 2 eslint could not run (its configuration, most often)."""
        report = ("--format", "json", "--output-file", f"{bench.paths.out}/{_REPORT}")
        finished = await start(bench, (binary, *self._arguments(bench.project), *report), _ENVIRONMENT)
        return findings_report(self, bench, version, finished)

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """What is left after the fixes is exit code 1, and no failure of the fixing."""
        finished = await start(bench, (binary, *self._arguments(bench.project), "--fix"), _ENVIRONMENT)
        return fix_report("eslint", version, finished, (0, 1))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        return eslint_findings(read_output(bench.out, _REPORT), "eslint", bench)

    def _arguments(self, project: Project) -> tuple[str, ...]:
        """What the package's own lint script gives, because a legacy configuration does not say which files are
        linted."""
        package = read_package(project)
        scripts = (name for name in package.scripts if name.partition(":")[0] in ("lint", "eslint"))
        call = next((call for name in scripts if (call := find_call(package, name, "eslint"))), None)
        own = without_options(call.args, _FLAGS, _VALUED) if call else ()
        return own or (".",)


tool = Eslint()
