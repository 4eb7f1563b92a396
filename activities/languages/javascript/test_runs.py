"""Running a JavaScript test suite the same way for every runner: which script, which files, once again what failed."""

import posixpath
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from activities import formats
from activities.languages.javascript.package_json import PackageJson, declared_in, read_package
from activities.languages.javascript.scripts import ScriptCommand, find_call, test_script
from activities.model import FileCoverage, TestCase, ToolReport
from activities.reports import BadReport, non_negative, read_output
from activities.tool_reports import FinishedCommand, make_report, stop_reason
from activities.tooling import Project, Workbench
from activities.untrusted_files import UntrustedFolder

RUNNERS = ("vitest", "jest", "mocha")
"""Programs that have a tool of their own; every other test script is run as it stands."""


@dataclass(frozen=True)
class TestOptions:
    """What a check wants of a test suite. `only` names test ids; their files are run, and nothing else."""

    select: str = "unit"
    coverage: bool = False
    retry: bool = True
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuiteRun:
    """What one start of a runner gave."""

    finished: FinishedCommand
    tests: tuple[TestCase, ...]
    problem: str = ""


Start = Callable[[tuple[str, ...]], Awaitable[SuiteRun]]
"""Runs the suite, or the given files of it (relative to the project's folder)."""


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


def used_by_script(project: Project, runner: str) -> str:
    """The reason why a runner is used: a test script starts it, or there is no script and it is a dependency."""
    package = read_package(project)
    for select in ("unit", "integration"):
        if (script := test_script(package, select)) and find_call(package, script, runner):
            return f'the script "{script}" in package.json'
    return "" if test_script(package, "unit") else declared_in(package, runner)


def runner_call(package: PackageJson, runner: str, select: str) -> ScriptCommand | None:
    """How the package starts a runner for these tests; bare where it is only a dependency."""
    if script := test_script(package, select):
        return find_call(package, script, runner)
    return ScriptCommand("", runner) if select == "unit" and package.declared(runner) else None


def has_work(runner: str) -> Callable[[Project, str], bool]:
    """`Tool.has_work` of a runner: the package starts it for the tests that the check is about."""

    def has_work(project: Project, check: str) -> bool:
        return runner_call(read_package(project), runner, select_for(check)) is not None

    return has_work


def select_for(check: str) -> str:
    """Coverage is of the unit tests."""
    return "integration" if check == "integration_tests" else "unit"


async def run_suite(tool: str, version: str, bench: Workbench, asked: TestOptions, start: Start) -> ToolReport:
    """The suite once, its failed files once more; a test that then passes is flaky. Raises `BadReport`."""
    files = existing_files(bench, asked.only)
    if asked.only and not files:
        return ToolReport(tool=tool, version=version)
    first = await start(files)
    tests = first.tests
    failed = existing_files(bench, tuple(test.path for test in tests if test.outcome == "failed"))
    if asked.retry and failed and not stop_reason(tool, first.finished):
        tests = with_flaky(tests, (await start(failed)).tests)
    report = make_report(tool, version, first.finished, tests=tests, problem=first.problem)
    return with_coverage(report, bench) if asked.coverage else report


def existing_files(bench: Workbench, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The files of test ids ("path::name", the path from the repository's root), from the project's folder, those
    that this tree has."""
    prefix = "" if bench.project.folder == "." else f"{bench.project.folder}/"
    paths = sorted({test.partition("::")[0] for test in ids if test.startswith(prefix)})
    own = (path[len(prefix) :] for path in paths)
    folder = UntrustedFolder(bench.project.root, follow_links=True)
    return tuple(path for path in own if path and not path.startswith("-") and folder.is_file(path))


def with_flaky(first: tuple[TestCase, ...], second: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """The first run's tests, where what failed and passed in the second is flaky."""
    passed = {test.id for test in second if test.outcome == "passed"}
    return tuple(
        replace(test, outcome="flaky") if test.outcome == "failed" and test.id in passed else test for test in first
    )


def with_unique_ids(tests: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Two tests of one name are two tests: the second is called "name (2)"."""
    seen: Counter[str] = Counter()
    named = []
    for test in tests:
        seen[test.id] += 1
        named.append(test if seen[test.id] == 1 else replace(test, id=f"{test.id} ({seen[test.id]})"))
    return tuple(named)


def line_in(bench: Workbench, path: str, message: str) -> int:
    """The line of a test's file that a stack trace names first, 0 when it names none."""
    found = re.search(re.escape(f"{bench.paths.src}/{path}") + r":(\d+)", message) if path else None
    return non_negative(found[1]) if found else 0


COVERAGE_FOLDER = "coverage"
"""Below `out`: where every runner is told to leave `lcov.info`."""


def with_coverage(report: ToolReport, bench: Workbench) -> ToolReport:
    """The report with what `lcov.info` says, or with the advice that none was measured."""
    try:
        data = read_output(bench.out, f"{COVERAGE_FOLDER}/lcov.info")
        files = formats.registry()["lcov"].reads(data, report.tool, "coverage").coverage
    except BadReport as error:
        return replace(report, advice=report.advice or f"Coverage was not measured. {error}")
    return replace(report, coverage=tuple(_own(bench, files)))


def _own(bench: Workbench, files: tuple[FileCoverage, ...]) -> list[FileCoverage]:
    placed = [replace(file, path=posixpath.normpath(bench.relative(file.path))) for file in files]
    return [file for file in placed if not file.path.startswith(("/", "../")) and "node_modules/" not in file.path]
