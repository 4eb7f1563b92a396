"""Running a JavaScript test suite the same way for every runner: which script, which files, once again what failed."""

import contextlib
import json
import posixpath
import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from activities import formats
from activities.languages.javascript.config_files import configured_files
from activities.languages.javascript.coverage_asked import coverage_asked
from activities.languages.javascript.member_tests import is_left_out, runs_tests_of
from activities.languages.javascript.package_json import declared_in, read_package
from activities.languages.javascript.programs import (
    installed_version,
    not_in_packages,
    program,
    start,
    with_wanted_node,
)
from activities.languages.javascript.scripts import ScriptCommand, test_script, without_options
from activities.languages.javascript.test_plan import TestRun, plan_tests
from activities.model import TestCase, ToolReport
from activities.reporting.markdown import code
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import (
    TAIL,
    FinishedCommand,
    exit_without_failure,
    failed_to_run,
    make_report,
    stop_reason,
    with_flaky,
    with_unique_ids,
)
from activities.tooling import Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

COVERAGE_FOLDER = "coverage"
"""Below `out`: where every runner leaves `lcov.info`."""

TEST_CHECKS = ("unit_tests", "integration_tests", "coverage")

_COVERAGE_FLAGS = ("--check-coverage", "--100", "--all=false")
_COVERAGE_VALUED = (
    "-r", "--reporter", "-o", "--report-dir", "--reports-dir", "--lines", "--branches", "--functions", "--statements",
    "--temp-directory", "-t", "--temp-dir",
)  # fmt: skip
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


@dataclass(frozen=True)
class RunnerStart:
    """One start of a runner: its program and version, what the script gives it, the files to run (() for all), and
    whether coverage is to be measured."""

    binary: str
    version: str
    call: ScriptCommand
    files: tuple[str, ...] = ()
    measure: bool = False

    def by_launcher(self, launcher: str, own: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
        """Starts the runner with the arguments `given`, while the tests see `own` as those of their process."""
        return ("node", launcher, self.binary, json.dumps(own), json.dumps(given))

    def measured_by(self, bench: Workbench, *argv: str) -> tuple[str, ...]:
        """The words with c8 or nyc around them, as far as coverage is to be measured and one is installed."""
        names = ("nyc", "c8") if self.call.coverage[:1] == ("nyc",) else ("c8", "nyc")
        reporter = next((found for name in names if (found := program(bench, name))), "") if self.measure else ""
        if not reporter:
            return argv
        own = without_options(self.call.coverage[1:], _COVERAGE_FLAGS, _COVERAGE_VALUED)
        own = own if self.call.coverage[:1] == (reporter.rpartition("/")[2],) else ()
        report = ("--reporter=lcovonly", f"--report-dir={bench.paths.out}/{COVERAGE_FOLDER}", "--check-coverage=false")
        return (reporter, *own, *report, *argv)


@dataclass(frozen=True)
class Suite:
    """A test suite: `start(files, measure)` runs it or the given files of it (relative to the project's folder), with
    coverage if `measure`; `read` gives what it reported and raises `BadReport`; `hint` says what to do where no
    coverage was measured."""

    tool: str
    version: str
    start: Callable[[tuple[str, ...], bool], Awaitable[FinishedCommand]]
    read: Callable[[FinishedCommand], Tests]
    hint: str


class ScriptRunner(Tool):
    """A runner that a package's test script starts. `report` is the file in `out` that it writes; `package` what brings
    it, if that has another name; `coverage_hint` says what measures its coverage."""

    checks = TEST_CHECKS
    silenced_by = r"\b(?:istanbul|c8|v8) ignore\b"
    language = "javascript"
    is_test_runner = True
    report: str
    package: str = ""
    coverage_hint: str = "Add c8 to devDependencies."

    def loaded_code(self, project: Project) -> Iterator[str]:
        return configured_files(self.name, self.detection, project)

    def used_by(self, project: Project) -> str:
        package = read_package(project)
        for select in ("unit", "integration"):
            if (script := test_script(package, select)) and self._runs(project, select):
                return f'the script "{script}" in package.json'
        return declared_in(package, self.name) if self._runs(project, "unit") else ""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_asked(project) if check == "coverage" else self.used_by(project)

    def covers(self, project: Project, member: Project) -> bool:
        return runs_tests_of(self.name, project, member)

    def has_work(self, project: Project, check: str) -> bool:
        if is_left_out(project):
            return False
        if project.members and not test_script(read_package(project), select_for(check)):
            return False  # the members start it
        return bool(self._runs(project, select_for(check)))

    async def run(self, bench: Workbench) -> ToolReport:
        """Each start of the runner in the script, one after another."""
        options = test_options(bench)
        runs = self._runs(bench.project, options.select)
        if not runs:
            return ToolReport(tool=self.name)
        if not (binary := self.binary(bench)):
            return not_in_packages(bench, self.name, self.used_by(bench.project), self.package)
        version = self.version(bench)
        report = joined([await self._run_once(bench, options, run, binary, version) for run in runs])
        return with_wanted_node(report, bench)

    async def _run_once(
        self, bench: Workbench, options: TestOptions, run: TestRun, binary: str, version: str
    ) -> ToolReport:
        async def start_runner(files: tuple[str, ...], measure: bool) -> FinishedCommand:
            UntrustedFolder(bench.out).remove(self.report)
            argv = self.command(bench, RunnerStart(binary, version, run.call, files, measure))
            return await start(bench, run.started(argv, bench.paths.out), run.call.env)

        def read_report(finished: FinishedCommand) -> Tests:
            if not UntrustedFolder(bench.out).is_file(self.report):
                raise BadReport("")
            return self.read(read_output(bench.out, self.report), bench)

        suite = Suite(self.name, version, start_runner, read_report, self.hint(bench))
        return await run_suite(suite, bench, options, run)

    def binary(self, bench: Workbench) -> str:
        """Where its program is for the command, "" where there is none."""
        return program(bench, self.name)

    def version(self, bench: Workbench) -> str:
        return installed_version(bench, self.name)

    @abstractmethod
    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """What to start: the runner with the arguments of the package's script, its report, the files to run, and
        coverage if it is to be measured."""

    @abstractmethod
    def read(self, data: bytes, bench: Workbench) -> Tests:
        """What its report says. Raises `BadReport`."""

    def hint(self, bench: Workbench) -> str:
        """What to do where no coverage was measured."""
        return self.coverage_hint

    def _runs(self, project: Project, select: str) -> tuple[TestRun, ...]:
        return tuple(run for run in plan_tests(project, select, (self,)) if run.tool == self.name)


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


async def run_suite(suite: Suite, bench: Workbench, options: TestOptions, run: TestRun) -> ToolReport:
    """The suite once, its failed files once more; a test that then passes is flaky. Where measuring coverage keeps the
    suite from reporting at all, it runs once more without."""
    tool, version = suite.tool, suite.version
    files = _existing_files(bench, options.only)
    without_file = any(not test.partition("::")[1] for test in options.only)
    if options.only and not files and not without_file:
        return ToolReport(tool=tool, version=version)
    files = () if without_file else files
    coverage_problem = ""
    finished = first = await suite.start(files, options.coverage)
    try:
        try:
            tests, problem = suite.read(first)
        except BadReport:
            if not options.coverage or stop_reason(tool, first):
                raise
            coverage_problem = f"{tool} does not run while coverage is measured."
            finished = first = await suite.start(files, False)
            tests, problem = suite.read(first)
        failed = tuple(test.path for test in tests if test.outcome == "failed")
        if options.retry and failed and not stop_reason(tool, first):
            # A runner that names no files has to run the whole suite again.
            finished = await suite.start(_existing_files(bench, failed) if all(failed) else (), False)
            with contextlib.suppress(BadReport):  # then nothing is known of a second try
                tests = with_flaky(tests, suite.read(finished)[0])
    except BadReport as error:
        failure, advice = failed_to_run(tool, version, finished, str(error)), setup_problem(bench, run)
        return replace(failure, problem=f"{failure.problem} {advice}".strip())
    tests += failed_steps(bench, run)
    advice = setup_problem(bench, run) if any(test.outcome == "failed" for test in tests) else ""
    explained = problem or stop_reason(tool, first) or any(test.outcome in ("failed", "flaky") for test in tests)
    if first.exit_code and not explained:
        # A missed threshold of coverage is another check's to judge.
        output = f"{first.stdout}{first.stderr}".lower()
        missed = any(word in output for word in ("threshold", "incomplete coverage", "does not meet"))
        problem = "" if missed else exit_without_failure(tool, first.exit_code)
    report = make_report(tool, version, first, tests=tests, problem=problem, advice=advice)
    report = replace(report, found_in=_found_in(run))
    return _with_coverage(report, bench, coverage_problem, suite.hint) if options.coverage else report


def _found_in(run: TestRun) -> str:
    return f'the script "{run.call.script}" in package.json' if run.call.script else ""


def failed_steps(bench: Workbench, run: TestRun) -> tuple[TestCase, ...]:
    """A step of the script before the tests that failed: where the script itself would have ended. Its name stays the
    same when its arguments change."""
    failed = []
    for number, step in enumerate(run.before):
        if step not in run.reported and (outcome := _step(bench, len(run.setup) + number)):
            message = f"{step} ended with exit code {outcome[0]}.\n{outcome[1]}".strip()
            failed.append(TestCase(f"npm run {run.call.script}, step {number + 1}", "failed", message=message))
    return tuple(failed)


def setup_problem(bench: Workbench, run: TestRun) -> str:
    """A sentence where one of the package's own steps before the tests failed, "" where none did."""
    for number, step in enumerate(run.setup):
        if outcome := _step(bench, number):
            last = outcome[1].rpartition("\n")[2].strip()[:300]
            return f"Before the tests, {code(step)} ended with exit code {outcome[0]}{f': {last}' if last else ''}."
    return ""


def _step(bench: Workbench, number: int) -> tuple[str, str] | None:
    """(exit code, the end of its output) of a failed step, None of one that did not fail."""
    folder = UntrustedFolder(bench.out)
    if not folder.is_file(f"step-{number}.code"):
        return None
    try:
        ended, data = read_output(bench.out, f"step-{number}.code"), read_output(bench.out, f"step-{number}.txt")
    except BadReport:
        return "unknown", ""
    exit_code = valid_unicode(ended.decode("utf-8", "backslashreplace")).strip()[:10]
    return exit_code, short_message(data.decode("utf-8", "backslashreplace"))


def joined(reports: Sequence[ToolReport]) -> ToolReport:
    """The reports of several runs of one tool as one."""
    if len(reports) == 1:
        return reports[0]
    return replace(
        reports[-1],
        tests=with_unique_ids(test for report in reports for test in report.tests),
        coverage=tuple(file for report in reports for file in report.coverage),
        completed=all(report.completed for report in reports),
        timed_out=any(report.timed_out for report in reports),
        problem=" ".join(dict.fromkeys(report.problem for report in reports if report.problem)),
        advice=" ".join(dict.fromkeys(report.advice for report in reports if report.advice)),
        coverage_problem=" ".join(dict.fromkeys(one.coverage_problem for one in reports if one.coverage_problem)),
        command=" && ".join(report.command for report in reports),
        output_tail="\n".join(report.output_tail for report in reports)[-TAIL:],
        duration_s=sum(report.duration_s for report in reports),
    )


def _existing_files(bench: Workbench, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The files of test ids ("path::name", the path from the repository's root), from the project's folder, those
    that this tree has."""
    prefix = "" if bench.project.folder == "." else f"{bench.project.folder}/"
    paths = sorted({test.partition("::")[0] for test in ids if test.startswith(prefix)})
    own = (path[len(prefix) :] for path in paths)
    folder = UntrustedFolder(bench.project.root, follow_links=True)
    return tuple(path for path in own if path and not path.startswith("-") and folder.is_file(path))


def _with_coverage(report: ToolReport, bench: Workbench, problem: str, hint: str) -> ToolReport:
    """The report with what its `lcov.info` says, or with why none was measured."""
    name = f"{COVERAGE_FOLDER}/lcov.info"
    try:
        if not UntrustedFolder(bench.out).is_file(name):
            raise BadReport(f"{problem} {hint}".strip())
        files = formats.registry()["lcov"].read(read_output(bench.out, name), report.tool, "coverage").coverage
    except BadReport as error:
        return replace(report, coverage_problem=f"Coverage was not measured. {error}".strip())
    placed = [replace(file, path=posixpath.normpath(bench.relative(file.path))) for file in files]
    own = (one for one in placed if not one.path.startswith(("/", "../")) and "node_modules/" not in one.path)
    return replace(report, coverage=tuple(own))


def line_in_trace(message: str, path: str) -> int:
    """The first line of the test's own file that a stack trace names, 0 where it names none."""
    place = re.search(rf"(?:^|[/(\s]){re.escape(path)}:(\d+)", message) if path else None
    return non_negative(place[1]) if place else 0


def short_message(text: object) -> str:
    clean = valid_unicode(_COLOURS.sub("", text if isinstance(text, str) else "")).strip()
    half = _LONGEST_MESSAGE // 2
    return clean if len(clean) <= _LONGEST_MESSAGE else f"{clean[:half]}\n…\n{clean[-half:]}"
