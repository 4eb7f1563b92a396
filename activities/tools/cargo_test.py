"""cargo test: unit, integration and doc tests of a package or a workspace, and coverage where llvm-tools are there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activities.languages.commands import coverage_in
from activities.languages.rust.calls import cargo_calls, options_of
from activities.languages.rust.cargo import CargoTool, lacks_of_host, packages, start_cargo
from activities.languages.rust.compiler import CargoTarget, Compilation, read_compilation
from activities.languages.rust.coverage import Instrumented, measured
from activities.languages.rust.libtest import LibtestReader, RanProgram, RanTest
from activities.languages.rust.manifest import MANIFEST, workspace_home
from activities.languages.rust.test_places import TestPlaces, has_tests
from activities.languages.rust.toolchains import HostRust
from activities.model import Finding, TestCase, ToolReport
from activities.reports import BadReport, read_output, valid_unicode, without_colours
from activities.tool_reports import (
    FinishedCommand,
    exit_without_failure,
    failed_to_run,
    last_output,
    make_report,
    stop_reason,
    with_flaky,
    with_unique_ids,
)
from activities.tooling import Project, Workbench
from activities.untrusted_files import UntrustedFolder

_BUILD, _PRINTED = "build.jsonl", "tests.txt"
_MOST_RETRIED = 50
_LARGEST_OUTPUT = 64 * 1024**2
_LONGEST_MESSAGE = 4000


@dataclass(frozen=True)
class _Build:
    """The programs of the tests, compiled; `words` are what cargo gets to start them."""

    finished: FinishedCommand
    compilation: Compilation
    words: tuple[str, ...]
    instrumented: Instrumented


class CargoTest(CargoTool):
    name = "cargo-test"
    checks = ("unit_tests", "coverage")
    subcommand = "test"

    def used_by(self, project: Project) -> str:
        return MANIFEST if has_tests(project) else ""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_in(project) if check == "coverage" else self.used_by(project)

    def has_work(self, project: Project, check: str) -> bool:
        return has_tests(project)

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        calls = cargo_calls(project, "test", "nextest", "llvm-cov")
        found_in = next((call.found_in for call in calls if call.options), "")
        return " ".join(("cargo", "test", *packages(project), *options_of(calls))), found_in

    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """The suite once, and the tests that failed once more."""
        built = await self._build(bench, rust)
        if isinstance(built, ToolReport):
            return built
        wanted = bench.options.get("only")
        only = tuple(map(str, wanted)) if isinstance(wanted, list | tuple) else ()
        finished, tests, problem = await self._run_programs(bench, rust, built, self._names(bench, built, only))
        if only:
            tests = tuple(test for test in tests if test.id in only)
        failed = [test.id for test in tests if test.outcome == "failed"]
        again = self._names(bench, built, failed)
        if bench.options.get("retry") is not False and again and len(failed) <= _MOST_RETRIED and not problem:
            tests = with_flaky(tests, (await self._run_programs(bench, rust, built, again))[1])
        report = make_report(self.name, rust.version, finished, tests=tests, problem=problem)
        if bench.options.get("coverage") is True and not only:
            report = await measured(report, bench, rust, built.instrumented, built.compilation)
        return report

    async def _build(self, bench: Workbench, rust: HostRust) -> _Build | ToolReport:
        """What cannot be compiled is a failed test of its target: the base may have it too."""
        options = options_of(cargo_calls(bench.project, "test", "nextest", "llvm-cov"))
        words = ("test", *packages(bench.project), *options)
        instrumented = Instrumented.of(bench, rust) if bench.options.get("coverage") is True else Instrumented()
        argv = (*words, "--no-run", "--message-format=json")
        finished = await start_cargo(bench, rust, argv, f'> "$0/{_BUILD}"', instrumented.environment)
        try:
            compilation = read_compilation(bench, _BUILD, "unit_tests", self.name)
        except BadReport as error:
            return failed_to_run(self.name, rust.version, finished, str(error))
        if finished.exit_code == 0:
            return _Build(finished, compilation, words, instrumented)
        if stop_reason(self.name, finished):
            return failed_to_run(self.name, rust.version, finished)
        if lacking := lacks_of_host(finished):
            return make_report(self.name, rust.version, finished, advice=lacking)
        tests = tuple(_not_compiled(compilation, bench))
        if not tests and bench.env_root is None:  # what could not be installed explains it
            return failed_to_run(self.name, rust.version, finished)
        tests = tests or (_not_built(bench, finished),)
        return make_report(self.name, rust.version, finished, tests=tests)

    async def _run_programs(
        self, bench: Workbench, rust: HostRust, built: _Build, names: Sequence[str]
    ) -> tuple[FinishedCommand, tuple[TestCase, ...], str]:
        """`names` are libtest's, () for all. The third is a problem outside of every test."""
        UntrustedFolder(bench.out).remove(_PRINTED)
        argv = (*built.words, "--no-fail-fast", *(("--", "--exact", *names) if names else ()))
        finished = await start_cargo(bench, rust, argv, f'> "$0/{_PRINTED}" 2>&1', built.instrumented.environment)
        try:
            data = read_output(bench.out, _PRINTED, _LARGEST_OUTPUT)
        except BadReport as error:
            return finished, (), str(error)
        text = valid_unicode(without_colours(data.decode("utf-8", "backslashreplace")))
        ran = LibtestReader(built.compilation.programs).read(text)
        tests = with_unique_ids(_cases(ran, bench))
        explained = any(test.outcome == "failed" for test in tests) or stop_reason(self.name, finished)
        problem = exit_without_failure(self.name, finished.exit_code) if finished.exit_code and not explained else ""
        return finished, tests, problem

    def _names(self, bench: Workbench, built: _Build, ids: Sequence[str]) -> tuple[str, ...]:
        """libtest's own names of these tests, () where one of them has none: then all have to run."""
        prefixes = {target.prefix for target in built.compilation.programs.values()}
        found: dict[str, None] = {}
        for each in ids:
            plain = each.removeprefix(bench.project.inside_repository(""))
            names = [plain[len(one) + 2 :] for one in prefixes if plain.startswith(f"{one}::")]
            if not names or " " in plain:
                return ()
            found.update(dict.fromkeys(names))
        return tuple(found)


def _cases(ran: Sequence[RanProgram], bench: Workbench) -> Iterator[TestCase]:
    """A program that says nothing of its tests, or does not come to its end, counts as one."""
    home = workspace_home(bench.project)
    places = TestPlaces((home, *home.around)[-1])
    for program in ran:
        prefix = program.target.prefix if program.target else f"{program.doc}::doc"
        tests = sorted(program.tests, key=lambda test: (test.name, test.line))
        for test in tests:
            yield _case(bench, places, program.target, prefix, test)
        is_silent = not program.begun and program.target is not None
        if is_silent or (not program.counted and not any(test.outcome == "failed" for test in tests)):
            failed = program.failed or program.begun
            message = f"The tests did not come to their end: {program.ended}." if program.ended else ""
            source = program.target.source if program.target else ""
            yield TestCase(
                bench.project.inside_repository(f"{prefix} (all)"), "failed" if failed else "passed", source, 0, message
            )


def _case(bench: Workbench, places: TestPlaces, target: CargoTarget | None, prefix: str, test: RanTest) -> TestCase:
    if target:
        path, line = places.place(target, test.name)
    else:
        path, line = workspace_home(bench.project).inside_repository(test.path), test.line
    identity = bench.project.inside_repository(f"{prefix}::{test.name}")
    return TestCase(identity, test.outcome or "failed", path, line, test.message)


def _not_compiled(compilation: Compilation, bench: Workbench) -> Iterator[TestCase]:
    by_target: dict[CargoTarget, list[str]] = {}
    first: dict[CargoTarget, Finding] = {}
    for error in compilation.errors:
        first.setdefault(error.target, error.finding)
        by_target.setdefault(error.target, []).append(error.rendered)
    for target, texts in by_target.items():
        finding = first[target]
        message = f"{finding.message}\n{''.join(texts)}"[:_LONGEST_MESSAGE]
        identity = bench.project.inside_repository(f"{target.prefix} (compilation)")
        yield TestCase(identity, "failed", target.source, finding.line if finding.path == target.source else 0, message)


def _not_built(bench: Workbench, finished: FinishedCommand) -> TestCase:
    """No message of the compiler says why: a build script, or what it needs, failed."""
    output = last_output(finished.result)
    lines = [line.strip() for line in output.splitlines()]
    reason = next((line for line in lines if line.startswith("error")), f"cargo ended with code {finished.exit_code}")
    message = f"{reason}\n{output}"[:_LONGEST_MESSAGE]
    return TestCase(bench.project.inside_repository("cargo test (build)"), "failed", "", 0, valid_unicode(message))


tool = CargoTest()
