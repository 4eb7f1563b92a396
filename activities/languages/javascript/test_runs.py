"""Running a JavaScript test suite the same way for every runner: which script, which files, once again what failed."""

import posixpath
import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from activities import formats
from activities.languages.javascript.config_files import configured_files
from activities.languages.javascript.coverage_asked import coverage_asked
from activities.languages.javascript.member_tests import runs_tests_of
from activities.languages.javascript.package_json import declared_in, read_package
from activities.languages.javascript.programs import installed_version, not_in_packages, program, start
from activities.languages.javascript.scripts import ScriptCommand, find_call, test_script
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import (
    FinishedCommand,
    exit_without_failure,
    failed_to_run,
    make_report,
    stop_reason,
    with_flaky,
)
from activities.tooling import Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

COVERAGE_FOLDER = "coverage"
"""Below `out`: where every runner leaves `lcov.info`."""

TEST_CHECKS = ("unit_tests", "integration_tests", "coverage")

_LONGEST_MESSAGE = 4000
_COLOURS = re.compile("\x1b\\[[0-9;]*m")

Tests = tuple[tuple[TestCase, ...], str]
"""The tests of a run, and a sentence when the runner failed outside of every test."""


@dataclass(frozen=True)
class TestOptions:
    """What a check wants of a test suite. `only` names test ids; their files are run, and nothing else."""

    __test__ = False

    select: str = "unit"
    coverage: bool = False
    retry: bool = True
    only: tuple[str, ...] = ()


class ScriptRunner(Tool):
    """A runner that a package's test script starts. `report` is the file in `out` that it writes."""

    checks = TEST_CHECKS
    language = "javascript"
    is_test_runner = True
    report: str

    def loaded_code(self, project: Project) -> Iterator[str]:
        return configured_files(self.name, self.detection, project)

    def used_by(self, project: Project) -> str:
        package = read_package(project)
        for select in ("unit", "integration"):
            if (script := test_script(package, select)) and find_call(package, script, self.name):
                return f'the script "{script}" in package.json'
        return "" if test_script(package, "unit") else declared_in(package, self.name)

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_asked(project) if check == "coverage" else self.used_by(project)

    def covers(self, project: Project, member: Project) -> bool:
        return runs_tests_of(self.name, project, member)

    def has_work(self, project: Project, check: str) -> bool:
        if project.members and not test_script(read_package(project), select_for(check)):
            return False  # the members start it
        return self._call(project, select_for(check)) is not None

    async def run(self, bench: Workbench) -> ToolReport:
        options = test_options(bench)
        call = self._call(bench.project, options.select)
        if call is None:
            return ToolReport(tool=self.name)
        if not (binary := program(bench, self.name)):
            return not_in_packages(bench, self.name, self.used_by(bench.project))

        async def start_runner(files: tuple[str, ...], measure: bool) -> FinishedCommand:
            return await start(bench, call.prepared(self.command(bench, binary, call.args, files, measure)), call.env)

        def read_report(finished: FinishedCommand) -> Tests:
            return self.read(read_output(bench.out, self.report), bench)

        version = installed_version(bench, self.name)
        return await run_suite(self.name, version, bench, options, start_runner, read_report)

    @abstractmethod
    def command(
        self, bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
    ) -> tuple[str, ...]:
        """What to start: the runner with the arguments of the package's script, its report, the files to run (() for
        all), and coverage if it is to be measured."""

    @abstractmethod
    def read(self, data: bytes, bench: Workbench) -> Tests:
        """What its report says. Raises `BadReport`."""

    def _call(self, project: Project, select: str) -> ScriptCommand | None:
        """How the package starts the runner for these tests; bare where it is only a dependency."""
        package = read_package(project)
        if script := test_script(package, select):
            return find_call(package, script, self.name)
        return ScriptCommand("", self.name) if select == "unit" and package.declared(self.name) else None


def test_options(bench: Workbench) -> TestOptions:
    """The options of a check. What is not of its type counts as not given."""
    options = bench.options
    only = options.get("only")
    return TestOptions(
        select="integration" if options.get("select") == "integration" else "unit",
        coverage=options.get("coverage") is True,
        retry=options.get("retry") is not False,
        only=tuple(str(item) for item in only) if isinstance(only, list | tuple) else (),
    )


def select_for(check: str) -> str:
    """The part of the suite that a check runs. Coverage is of the unit tests."""
    return "integration" if check == "integration_tests" else "unit"


async def run_suite(
    tool: str,
    version: str,
    bench: Workbench,
    options: TestOptions,
    start_runner: Callable[[tuple[str, ...], bool], Awaitable[FinishedCommand]],
    read_report: Callable[[FinishedCommand], Tests],
) -> ToolReport:
    """The suite once, its failed files once more; a test that then passes is flaky.

    `start_runner(files, measure)` runs the suite or the given files of it (relative to the project's folder), with
    coverage if `measure`.
    """
    files = _existing_files(bench, options.only)
    if options.only and not files:
        return ToolReport(tool=tool, version=version)
    finished = first = await start_runner(files, options.coverage)
    try:
        tests, problem = read_report(first)
        failed = _existing_files(bench, tuple(test.path for test in tests if test.outcome == "failed"))
        if options.retry and failed and not stop_reason(tool, first):
            finished = await start_runner(failed, False)
            tests = with_flaky(tests, read_report(finished)[0])
    except BadReport as error:
        return failed_to_run(tool, version, finished, str(error))
    explained = problem or stop_reason(tool, first) or any(test.outcome in ("failed", "flaky") for test in tests)
    if first.exit_code and not explained:
        # A missed threshold of coverage is another check's to judge.
        missed = "threshold" in f"{first.stdout}{first.stderr}".lower()
        problem = "" if missed else exit_without_failure(tool, first.exit_code)
    report = make_report(tool, version, first, tests=tests, problem=problem)
    return _with_coverage(report, bench) if options.coverage else report


def _existing_files(bench: Workbench, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The files of test ids ("path::name", the path from the repository's root), from the project's folder, those
    that this tree has."""
    prefix = "" if bench.project.folder == "." else f"{bench.project.folder}/"
    paths = sorted({test.partition("::")[0] for test in ids if test.startswith(prefix)})
    own = (path[len(prefix) :] for path in paths)
    folder = UntrustedFolder(bench.project.root, follow_links=True)
    return tuple(path for path in own if path and not path.startswith("-") and folder.is_file(path))


def _with_coverage(report: ToolReport, bench: Workbench) -> ToolReport:
    """The report with what `lcov.info` says, or with the advice that none was measured."""
    try:
        data = read_output(bench.out, f"{COVERAGE_FOLDER}/lcov.info")
        files = formats.registry()["lcov"].read(data, report.tool, "coverage").coverage
    except BadReport as error:
        return replace(report, advice=report.advice or f"Coverage was not measured. {error}")
    placed = [replace(file, path=posixpath.normpath(bench.relative(file.path))) for file in files]
    own = (one for one in placed if not one.path.startswith(("/", "../")) and "node_modules/" not in one.path)
    return replace(report, coverage=tuple(own))


def with_unique_ids(tests: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Two tests of one name are two tests: the second is called "name (2)"."""
    seen: Counter[str] = Counter()
    named = []
    for test in tests:
        seen[test.id] += 1
        named.append(test if seen[test.id] == 1 else replace(test, id=f"{test.id} ({seen[test.id]})"))
    return tuple(named)


def read_jest(data: bytes, bench: Workbench) -> Tests:
    """The JSON that jest writes, and vitest too: a list of files, each with its tests. Raises `BadReport`."""
    report = parse_json(data, "The test report")
    files = report.get("testResults") if isinstance(report, dict) else None
    if not isinstance(report, dict) or not isinstance(files, list):
        raise BadReport("The test report has no testResults.")
    tests = with_unique_ids(test for file in files if isinstance(file, dict) for test in _jest_tests(file, bench))
    outside = report.get("success") is False and not any(test.outcome == "failed" for test in tests)
    return tests, "The test run failed outside of its tests: see its output." if outside else ""


def _jest_tests(file: dict[str, object], bench: Workbench) -> Iterator[TestCase]:
    path = bench.relative(valid_unicode(str(file.get("name", ""))))
    cases = file.get("assertionResults")
    cases = [case for case in cases if isinstance(case, dict)] if isinstance(cases, list) else []
    if file.get("status") == "failed" and not any(case.get("status") == "failed" for case in cases):
        yield TestCase(f"{path}::(file)", "failed", path, message=_short(file.get("message")))
    for case in cases:
        yield _jest_test(path, case)


def _jest_test(path: str, case: dict[str, object]) -> TestCase:
    groups, messages, place = case.get("ancestorTitles"), case.get("failureMessages"), case.get("location")
    names = [*(groups if isinstance(groups, list) else []), case.get("title", "")]
    duration = case.get("duration")
    return TestCase(
        id=f"{path}::" + valid_unicode(" > ".join(str(name) for name in names if name)),
        outcome=_outcome(case),
        path=path,
        line=non_negative(place.get("line")) if isinstance(place, dict) else 0,
        message=_short("\n".join(map(str, messages)) if isinstance(messages, list) else ""),
        duration_s=float(duration) / 1000 if isinstance(duration, int | float) else 0.0,
    )


def _outcome(case: dict[str, object]) -> Literal["passed", "failed", "skipped", "flaky"]:
    """`invocations` above 1 is jest's own retry (`jest.retryTimes`): a pass on the second try is flaky."""
    match case.get("status"):
        case "passed":
            return "flaky" if non_negative(case.get("invocations")) > 1 else "passed"
        case "failed":
            return "failed"
        case _:
            return "skipped"


def _short(text: object) -> str:
    clean = valid_unicode(_COLOURS.sub("", text if isinstance(text, str) else "")).strip()
    half = _LONGEST_MESSAGE // 2
    return clean if len(clean) <= _LONGEST_MESSAGE else f"{clean[:half]}\n…\n{clean[-half:]}"
