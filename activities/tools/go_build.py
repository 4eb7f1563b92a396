"""go build: whether all packages of a module compile, those without tests too."""

from activities.languages.go.command import GoTool, compiler_findings, options_for, start_go
from activities.languages.go.modules import MANIFEST
from activities.languages.go.toolchains import HostGo
from activities.model import ToolReport
from activities.tool_reports import failed_to_run, make_report
from activities.tooling import Project, Workbench

_NOTHING = "matched no packages"


class GoBuild(GoTool):
    name = "go-build"
    checks = ("static_analysis",)

    def used_by(self, project: Project) -> str:
        """A module asks to be compiled."""
        return MANIFEST if project.has_file(MANIFEST) else ""

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        return " ".join(("go", "build", *options_for(project, "build"), "./...")), ""

    async def run_go(self, bench: Workbench, go: HostGo) -> ToolReport:
        """Exit codes: 0, or 1 for errors of the compiler. Programs are written to nowhere."""
        words = ("build", *options_for(bench.project, "build"), "-o", "/dev/null", "./...")
        finished = await start_go(bench, go, (go.program("go"), *words))
        found = compiler_findings(bench, finished.stderr, "static_analysis", self.name, "error")
        if finished.exit_code and not found:
            return failed_to_run(self.name, go.version, finished)
        return make_report(self.name, go.version, finished, findings=found)


tool = GoBuild()
