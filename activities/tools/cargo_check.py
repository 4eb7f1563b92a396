"""cargo check: whether it compiles, where the repository asks for that, or has no tests that would show it."""

from activities.languages.rust.calls import cargo_calls, options_of
from activities.languages.rust.cargo import CargoTool, lacks_of_host, packages, start_cargo
from activities.languages.rust.compiler import in_sources, read_compilation
from activities.languages.rust.manifest import MANIFEST
from activities.languages.rust.test_places import has_tests
from activities.languages.rust.toolchains import HostRust
from activities.model import ToolReport
from activities.reports import BadReport
from activities.tool_reports import failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "check.jsonl"


class CargoCheck(CargoTool):
    name = "cargo-check"
    programs = ("cargo check",)
    checks = ("static_analysis",)
    silenced_by = r"#!?\[(?:allow|expect)\(\s*(?!clippy::)[\w:,\s]*\)\]"
    subcommand = "check"
    detection = ToolDetection(hooks=("cargo-check",))

    def used_by(self, project: Project) -> str:
        """With tests, an error of the compiler is a failed test already."""
        return super().used_by(project) or ("" if has_tests(project) else MANIFEST)

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        calls = cargo_calls(project, "check")
        return " ".join(("cargo", *self._words(project))), calls[0].found_in if calls else ""

    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """Exit codes: 0, or 101 for an error of the compiler. Its warnings are clippy's."""
        argv = (*self._words(bench.project), "--message-format=json")
        finished = await start_cargo(bench, rust, argv, f'> "$0/{_REPORT}"')
        try:
            found = read_compilation(bench, _REPORT, "static_analysis", self.name)
        except BadReport as error:
            return failed_to_run(self.name, rust.version, finished, str(error))
        if finished.exit_code and not found.errors:
            if lacking := lacks_of_host(finished):
                return make_report(self.name, rust.version, finished, advice=lacking)
            return failed_to_run(self.name, rust.version, finished)
        return make_report(self.name, rust.version, finished, findings=in_sources(found.errors))

    def _words(self, project: Project) -> tuple[str, ...]:
        return ("check", *packages(project), "--all-targets", *options_of(cargo_calls(project, "check")))


tool = CargoCheck()
