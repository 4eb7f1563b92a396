"""gofmt: one finding for each file that it would change; vendored code and test data are left out."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from activities.languages.commands import command_files
from activities.languages.go.command import GoTool, compiler_findings, start_go
from activities.languages.go.toolchains import HostGo, chosen_go
from activities.model import Finding, ToolReport
from activities.reports import valid_unicode, write_input
from activities.tool_reports import failed_to_run, fix_report, fix_targets, make_report
from activities.tooling import Project, Workbench

_NOT_ENTERED = ("vendor", "testdata", "node_modules", "third_party")
_MOST_FILES = 50_000


class Gofmt(GoTool):
    name = "gofmt"
    programs = ("gofmt", "go fmt")
    checks = ("linting",)
    default = True
    fixes = True
    runs_project_code = False

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        return " ".join(("gofmt", *_simplifies(project), "-l", ".")), ""

    async def run_go(self, bench: Workbench, go: HostGo) -> ToolReport:
        """Exit codes: 0, or 2 for a file that it cannot parse."""
        write_input(bench.out, "files", "".join(f"./{file}\0" for file in _files(bench.project)))
        words = ("gofmt", *_simplifies(bench.project), "-l")
        argv = ("xargs", "-0", "-r", "-a", f"{bench.paths.out}/files", *words)
        finished = await start_go(bench, go, argv)
        listed = (valid_unicode(line.strip()) for line in finished.stdout.splitlines())
        found = tuple(_unformatted(bench, listed))
        broken = compiler_findings(bench, finished.stderr, "linting", self.name, "error")
        if finished.exit_code and not broken:
            return failed_to_run(self.name, go.version, finished)
        unreadable = (
            replace(one, rule="unreadable", message=f"gofmt cannot read this file: {one.message}") for one in broken
        )
        return make_report(self.name, go.version, finished, findings=(*found, *unreadable))

    async def fix(self, bench: Workbench) -> ToolReport:
        """A file that it cannot parse stays as it is."""
        go = chosen_go(bench.project).toolchain
        if go is None:
            return await self.run(bench)
        targets = [path for path in fix_targets(bench) if path == "." or path.endswith(".go")]
        argv = (go.program("gofmt"), *_simplifies(bench.project), "-w", *targets)
        return fix_report(self.name, go.version, await start_go(bench, go, argv), (0, 2))


def _unformatted(bench: Workbench, listed: Iterable[str]) -> Iterable[Finding]:
    for path in filter(None, listed):
        message = "gofmt would change this file."
        yield Finding("linting", "gofmt", "format", bench.relative(path), 0, message, "warning", fixable=True)


def _simplifies(project: Project) -> tuple[str, ...]:
    """`-s`, where the repository gives it."""
    files = (file for place in (project, *project.around) for file in command_files(place))
    return ("-s",) if any("gofmt -s" in line or "gofmt -l -s" in line for file in files for line in file.lines) else ()


def _files(project: Project) -> Iterable[str]:
    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        return not name.startswith((".", "_")) and name not in _NOT_ENTERED and folder not in project.members

    return islice((file for file in project.files.files(enter=enter) if file.endswith(".go")), _MOST_FILES)


tool = Gofmt()
