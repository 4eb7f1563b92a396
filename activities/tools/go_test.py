"""go test: tests, subtests and examples of a module's packages, and the coverage of each package by its own tests."""

from dataclasses import replace

from activities.languages.commands import coverage_in
from activities.languages.go.command import GoTool, go_calls, options_for, start_go
from activities.languages.go.coverage import read_profile
from activities.languages.go.events import GoPackage, cases_of, read_events, selection
from activities.languages.go.modules import MANIFEST, module_name
from activities.languages.go.toolchains import HostGo
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import (
    FinishedCommand,
    exit_without_failure,
    failed_to_run,
    make_report,
    stop_reason,
    with_flaky,
)
from activities.tooling import Project, Workbench
from activities.untrusted_files import UntrustedFolder

_EVENTS, _PROFILE = "test.jsonl", "cover.out"
_MOST_RETRIED = 50
_NOT_ENTERED = ("vendor", "testdata", "node_modules")


class GoTest(GoTool):
    name = "go-test"
    checks = ("unit_tests", "coverage")

    def used_by(self, project: Project) -> str:
        return MANIFEST if _has_tests(project) else ""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_in(project) if check == "coverage" else self.used_by(project)

    def has_work(self, project: Project, check: str) -> bool:
        return _has_tests(project)

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        calls = go_calls(project, "test")
        return " ".join(("go", "test", *options_for(project, "test"), "./...")), calls[0][1] if calls else ""

    async def run_go(self, bench: Workbench, go: HostGo) -> ToolReport:
        """The suite once, and the tests that failed once more."""
        project, name = bench.project, module_name(bench.project)
        wanted = bench.options.get("only")
        only = list(map(str, wanted)) if isinstance(wanted, list | tuple) else []
        measure = bench.options.get("coverage") is True and not only
        coverage_problem = ""
        finished, packages = await self._start(bench, go, selection(project, only, name), measure)
        if measure and not packages and not stop_reason(self.name, finished):
            coverage_problem = "go test does not run while coverage is measured."
            finished, packages = await self._start(bench, go, (), False)
        if not packages and finished.exit_code:
            return failed_to_run(self.name, go.version, finished)
        tests = cases_of(project, packages, name)
        if only:
            tests = tuple(test for test in tests if test.id in only)
        tests = await self._retried(bench, go, tests, name)
        explained = any(test.outcome in ("failed", "flaky") for test in tests) or only
        problem = exit_without_failure(self.name, finished.exit_code) if finished.exit_code and not explained else ""
        report = make_report(self.name, go.version, finished, tests=tests, problem=problem)
        return _measured(report, bench, coverage_problem) if measure else report

    async def _retried(
        self, bench: Workbench, go: HostGo, tests: tuple[TestCase, ...], name: str
    ) -> tuple[TestCase, ...]:
        failed = [test.id for test in tests if test.outcome == "failed"]
        chosen = selection(bench.project, failed, name) if 0 < len(failed) <= _MOST_RETRIED else ()
        if bench.options.get("retry") is False or not chosen:
            return tests
        _, packages = await self._start(bench, go, chosen, False)
        return with_flaky(tests, cases_of(bench.project, packages, name))

    async def _start(
        self, bench: Workbench, go: HostGo, chosen: tuple[str, ...], measure: bool
    ) -> tuple[FinishedCommand, dict[str, GoPackage]]:
        """Each package is measured by its own tests: together, one that does not compile would stop them all."""
        UntrustedFolder(bench.out).remove(_EVENTS)
        out = bench.paths.out
        coverage = (f"-coverprofile={out}/{_PROFILE}", "-covermode=set") if measure else ()
        words = ("test", "-json", *options_for(bench.project, "test"), *coverage, *(chosen or ("./...",)))
        finished = await start_go(bench, go, (go.program("go"), *words), f'> "$0/{_EVENTS}"')
        try:
            return finished, read_events(read_output(bench.out, _EVENTS))
        except BadReport:
            return finished, {}


def _has_tests(project: Project) -> bool:
    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        return not name.startswith((".", "_")) and name not in _NOT_ENTERED and folder not in project.members

    return any(file.endswith("_test.go") for file in project.files.files(enter=enter))


def _measured(report: ToolReport, bench: Workbench, problem: str) -> ToolReport:
    try:
        text = read_output(bench.out, _PROFILE).decode("utf-8", "backslashreplace")
    except BadReport as error:
        return replace(report, coverage_problem=f"Coverage was not measured. {problem or error}")
    return replace(report, coverage=read_profile(bench.project, text))


tool = GoTest()
