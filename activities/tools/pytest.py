"""pytest: the suite (unittest's classes too) and, in the same run, its coverage.

Options: `select` "unit" or "integration" (else everything); `coverage`; `retry` (tests that failed run once
more, and count as flaky when they pass then); `only` (ids of tests). A test's id is its node id, seen from the
repository's root.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from activities.formats import registry
from activities.languages.python import pytest_coverage
from activities.languages.python.installed import our_version
from activities.languages.python.layout import TEST_FOLDERS
from activities.languages.python.plugins import module_in_place_of_runner, options_words
from activities.languages.python.pytest_config import (
    PytestConfig,
    existing_files,
    existing_tests,
    has_tests,
    pytest_config,
    runs_tests_of,
    selection,
)
from activities.languages.python.pytest_options import loads, on_path, project_options, variables
from activities.languages.python.safe_start import start_module
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.python.tool_detection import PythonTool, found_in
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import (
    FinishedCommand,
    execute,
    exit_without_failure,
    failed_to_run,
    make_report,
    stop_reason,
    with_flaky,
)
from activities.tooling import Project, ToolDetection, Workbench
from activities.untrusted_files import UntrustedFolder

_MOST_RETRIED = 50
"""More failures than this are not flakiness."""
_USAGE_ERROR, _NO_TESTS = 4, 5
_MOST_CONFTESTS = 5
_LONGEST = 4000
_BROKEN_CONFTEST = re.compile(r"^ImportError while loading conftest '([^'\n]+)'", re.MULTILINE)
_BROKEN_PLUGIN = re.compile(r'^ERROR: Error importing plugin "([\w.]+)"', re.MULTILINE)
_PLUGINS = re.compile(r"^pytest_plugins\b[^=\n]*=\s*(\([^)]*\)|\[[^\]]*\]|[^\n]*)", re.MULTILINE)


_INTERNAL = re.compile(r"^INTERNALERROR> ?(.*)$", re.MULTILINE)
_FRAME = re.compile(r'^\s*File "([^"\n]+)", line (\d+)', re.MULTILINE)
_EXIT = re.compile(r"^(?:!+ )?(?:_pytest\.outcomes\.)?Exit: (.+?)(?: !+)?$", re.MULTILINE)
_ENDS_PYTHON = re.compile(r"^[^#\n]*?\b(?:sys\.exit|os\._exit|SystemExit|quit|(?<!\.)exit)\b[ (\n]", re.MULTILINE)
_WARNING = re.compile(r"CoverageWarning|^self\._warn\(")


class Pytest(PythonTool):
    name = "pytest"
    checks = ("unit_tests", "integration_tests", "coverage")
    silenced_by = r"#\s*pragma:\s*no ?(?:cover|branch)\b"
    default = True
    requirements = (f"pytest=={our_version('pytest')}", f"coverage=={our_version('coverage')}")
    always_installed = True
    detection = ToolDetection(
        tables=("pytest",),
        files=("pytest.ini",),
        sections=(("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")),
        packages=("pytest",),
        other_files=(
            ".coveragerc",
            ".pytest.ini",
            "pytest.toml",
            ".pytest.toml",
            "tox.toml",
            "noxfile.py",
            "hatch.toml",
        ),
        other_sections=("coverage", "testenv", "tox"),
        judges=("conftest.py",),
        plugin_options=("plugins", "pytest_plugins"),
        entry_points=("pytest11",),
    )

    def used_by(self, project: Project) -> str:
        """Also where it has a conftest.py, which nothing but pytest reads."""
        there = (name for name in ("conftest.py", "tests/conftest.py") if project.has_file(name))
        return found_in(self.detection, project) or next(there, "")

    def wanted_version(self, project: Project) -> None:
        """The project's installation brings it, or ours is added."""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return pytest_coverage.asked_for(project) if check == "coverage" else self.used_by(project) or "its tests"

    def covers(self, project: Project, member: Project) -> bool:
        return runs_tests_of(project, member)

    def has_work(self, project: Project, check: str) -> bool:
        if declared_tests(project).runner == "python":
            return False  # another runner's suite
        return has_tests(project, pytest_config(project), "integration" if check == "integration_tests" else "unit")

    def loaded_code(self, project: Project) -> Iterator[str]:
        """Plug-ins: by `-p`, by `pytest_plugins` of the outer conftest.py files, by entry points; coverage.py's too."""
        yield from super().loaded_code(project)
        options = " ".join(pytest_config(project).words)
        yield from options_words(options, "-p")
        for folder in (".", *TEST_FOLDERS):
            yield from _plugins_of(project, f"{folder}/conftest.py")

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        config, select = pytest_config(bench.project), str(bench.options.get("select") or "")
        if config.spreads and (module := module_in_place_of_runner(bench.project)):
            problem = f"{module} would take the place of the test runner's own in its worker processes. Rename it."
            return ToolReport("pytest", version, completed=False, problem=problem)
        only = bench.options.get("only")
        if isinstance(only, tuple | list) and only:
            named = (bench.project.inside(str(name)) for name in only)
            return await self._run_only(bench, version, config, tuple(name for name in named if name))
        arguments = selection(bench.project, config, select)
        if arguments is None:
            return ToolReport("pytest", version, advice=f"No {select} tests were found.", no_tests=True)
        if not config.inherited and (select != "integration" or arguments[:1] == ("-m",)):
            arguments = (*arguments, *config.targets)
        report, code = await self._run_once(bench, version, config, arguments)
        if code == _USAGE_ERROR and config.command:
            # Options of a plug-in that is not there: the tests may run without them.
            config = replace(config, command=())
            report, _ = await self._run_once(bench, version, config, arguments)
        report = replace(report, found_in=config.found_in)
        return await self._retry(bench, version, config, report) if bench.options.get("retry") else report

    async def _run_only(
        self, bench: Workbench, version: str, config: PytestConfig, only: tuple[str, ...]
    ) -> ToolReport:
        """Those tests that exist. A conftest.py that cannot be loaded would keep the others from running."""
        conftests = [(name,) for name in only if _is_conftest(name)][:_MOST_CONFTESTS]
        others = tuple(name for name in only if not _is_conftest(name))
        groups = [group for group in (others, *conftests) if group]
        reports = [await self._run_named(bench, version, config, group) for group in groups]
        return replace(reports[0], tests=tuple(test for report in reports for test in report.tests))

    async def _run_named(
        self, bench: Workbench, version: str, config: PytestConfig, only: tuple[str, ...]
    ) -> ToolReport:
        """pytest runs no test at all when a single name is unknown, so then their files run."""
        arguments = existing_tests(bench.project, only)
        if not arguments:
            return ToolReport("pytest", version)
        report, code = await self._run_once(bench, version, config, arguments)
        if code == _USAGE_ERROR:
            report, _ = await self._run_once(bench, version, config, existing_files(bench.project, only))
        wanted = {bench.project.inside_repository(name) for name in only}
        return replace(report, tests=tuple(test for test in report.tests if test.id in wanted))

    async def _retry(self, bench: Workbench, version: str, config: PytestConfig, report: ToolReport) -> ToolReport:
        failed = tuple(bench.project.inside(test.id) for test in report.tests if test.outcome == "failed")
        failed = tuple(name for name in failed if not _is_conftest(name))
        arguments = existing_tests(bench.project, failed)
        if not arguments or len(failed) > _MOST_RETRIED:
            return report
        unmeasured = replace(bench, options={**bench.options, "coverage": False})
        again, _ = await self._run_once(unmeasured, version, config, arguments)
        duration_s = report.duration_s + again.duration_s
        return replace(report, tests=_with_collected(report.tests, again.tests), duration_s=duration_s)

    async def _run_once(
        self, bench: Workbench, version: str, config: PytestConfig, arguments: tuple[str, ...]
    ) -> tuple[ToolReport, int]:
        """The report of one run, and pytest's exit code: 0 passed, 1 failed, 2 not collected, 5 no tests, else
        broken."""
        UntrustedFolder(bench.out).remove("junit.xml")
        finished = await _execute_pytest(bench, config, arguments)
        code = finished.exit_code
        if code == _NO_TESTS:
            empty = make_report("pytest", version, finished, advice="No tests were found.")
            return replace(empty, no_tests=not empty.problem), code
        try:
            contents = registry()["junit"].read(read_output(bench.out, "junit.xml"), "pytest", "unit_tests")
        except BadReport:
            if broken := _broken_conftest(bench, finished):
                report = make_report("pytest", version, finished, tests=(broken,))
                return replace(report, coverage_problem=f"Coverage was not measured: {broken.id} failed."), code
            return failed_to_run("pytest", version, finished, _problem(finished) or _ended_by(bench, finished)), code
        if code not in (0, 1, 2):
            return failed_to_run("pytest", version, finished, _problem(finished)), code
        tests = tuple(_with_node_id(test, bench) for test in contents.tests)
        unexplained = code and not any(test.outcome == "failed" for test in tests)
        problem = exit_without_failure("pytest", code) if unexplained else ""
        report = make_report("pytest", version, finished, tests=tests, problem=problem)
        if bench.options.get("coverage"):
            # Tests whose coverage could not be measured are still tests.
            files, problem = await pytest_coverage.collect(bench, config)
            report = replace(report, coverage_whole=pytest_coverage.measures_whole(bench.project, config))
            report = replace(report, coverage=files, coverage_problem=problem)
        return report, code


async def _execute_pytest(bench: Workbench, config: PytestConfig, arguments: tuple[str, ...]) -> FinishedCommand:
    """As `python -m pytest`, which finds a project that is not installed, too: the folder is on the path."""
    out = bench.paths.out
    start = start_module(bench, "pytest")
    options: tuple[str, ...] = ()
    by_plugin = bool(bench.options.get("coverage")) and pytest_coverage.by_plugin(bench, config)
    if by_plugin:
        options = pytest_coverage.plugin_arguments(bench, config)
    elif bench.options.get("coverage"):
        measured = ("run", *pytest_coverage.run_arguments(bench.project), "-m", "pytest")
        start = (*start_module(bench, "coverage", "pytest"), *measured)
    if loads(bench, config, "pytest-benchmark", "benchmark") and not config.benchmarks:
        # A benchmark runs once here; its time is for another check.
        options = (*options, "--benchmark-disable")
    if config.switched_plugin("cacheprovider") is not False:
        options = (*options, "-o", f"cache_dir={out}/pytest_cache")
    reports = (f"--junitxml={out}/junit.xml", "-o", "junit_family=xunit1")
    own = project_options(config, coverage=by_plugin)
    environment = {
        **on_path(bench),
        **variables(bench, config, coverage=by_plugin),
        **pytest_coverage.environment(bench),
        "PYTHONUNBUFFERED": "1",
    }
    flags = (config.verbose, "--rootdir=.", "--continue-on-collection-errors")
    argv = (*start, *own, *flags, *reports, *options, *arguments)
    return await execute(bench, argv, environment)


def _with_collected(first: tuple[TestCase, ...], second: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """The first run's tests with those that are flaky. A module that was collected only the second time is flaky as
    well, and its tests have run then."""
    failed_again = {test.id for test in second if test.outcome == "failed"}
    broken = {test.id for test in first if test.outcome == "failed" and "::" not in test.id} - failed_again
    late = {module: tuple(test for test in second if test.id.startswith(f"{module}::")) for module in broken}
    collected = tuple(
        replace(test, outcome="flaky") if late.get(test.id) else test for test in with_flaky(first, second)
    )
    return (*collected, *(test for tests in late.values() for test in tests))


def _is_conftest(name: str) -> bool:
    return posixpath.basename(name) == "conftest.py"


def _plugins_of(project: Project, conftest: str) -> Iterator[str]:
    for value in _PLUGINS.findall(project.read(conftest)):
        yield from re.findall(r"[\w.]+", value)


def _broken_conftest(bench: Workbench, finished: FinishedCommand) -> TestCase | None:
    """A conftest.py that could not be loaded, so that nothing ran, as a failed test of its name: the base may have it
    too."""
    project, printed = bench.project, finished.stderr
    if match := _BROKEN_CONFTEST.search(printed):
        path = bench.relative(posixpath.normpath(match[1]))
    elif match := _BROKEN_PLUGIN.search(printed):
        files = (f"{folder}/conftest.py" for folder in (".", *TEST_FOLDERS))
        naming = (file for file in files if match[1] in _plugins_of(project, file))
        path = bench.relative(posixpath.normpath(next(naming, "/")))
    else:
        return None
    known = not path.startswith(("/", "../")) and _is_conftest(path)
    return TestCase(path, "failed", path, message=printed[match.start() :][:_LONGEST].strip()) if known else None


def _problem(finished: FinishedCommand) -> str:
    """What stopped the runner, and during which test, where that is known; "" leaves it to the output's last line."""
    # `-v` prints a test's place before it runs, so the last line of a run that was cut short has no result.
    last = finished.stdout.rstrip("\n").rpartition("\n")[2].strip()
    match = re.fullmatch(r"(?P<id>\S[^\n]*?::[^\n]*?) ?(?:<- [^\n]*)?", last)
    has_result = re.search(r" (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", last)
    test = match["id"].strip() if match and not has_result else ""
    stopped = stop_reason("pytest", finished) or ("pytest exited in the middle of a test." if test else "")
    if stopped:
        return f"{stopped[:-1]} while it ran {test}." if test else stopped
    errors = re.findall(r"(?:error|ERROR): (?!usage:)(.+)", finished.stderr)
    return f"pytest could not run: {errors[0][:300]}" if errors else ""


def _ended_by(bench: Workbench, finished: FinishedCommand) -> str:
    """What of the repository ended pytest before its report: a hook that failed, `pytest.exit`, a conftest.py that ends
    Python; "" where that is not seen."""
    printed = f"{finished.stdout}\n{finished.stderr}"
    if inside := "\n".join(_INTERNAL.findall(printed)).rstrip():
        said = inside.rpartition("\n")[2].strip()
        frames = ((bench.relative(found[1]), found[2]) for found in _FRAME.finditer(inside))
        own = [f" ({path}, line {line})" for path, line in frames if not path.startswith(("/", ".."))]
        said += own[-1] if own else ""
    elif exits := _EXIT.findall(printed):
        said = f"pytest.exit was called: {exits[-1]}"
    else:
        lines = [line for each in printed.splitlines() if (line := each.strip()) and not _WARNING.search(line)]
        conftests = (
            name for folder in (".", *sorted(TEST_FOLDERS)) if bench.project.has_file(name := f"{folder}/conftest.py")
        )
        ends = (
            (name, text[: found.start()])
            for name in conftests
            if (found := _ENDS_PYTHON.search(text := bench.project.read(name)))
        )
        name, before = next(ends, ("", ""))
        if not name:
            return ""
        place = f"{bench.relative(posixpath.normpath(name))}, line {before.count(chr(10)) + 1}"
        said = f"{lines[-1]} ({place} may have ended it)" if lines else f"{place} may have ended it"
    return f"pytest exited with code {finished.exit_code} and wrote no report: {said[:500].rstrip('.')}."


def _with_node_id(test: TestCase, bench: Workbench) -> TestCase:
    """A test of the JUnit report with its node id, and its path relative to the repository; so is the node id, for
    two projects may have a test of one name. The report gives a test
    that is inherited from another file at that file, and a module that cannot be imported by its dotted name alone: the
    file of both follows from the dotted name."""
    path = test.path
    if path and bench.project.has_file(f"{path}/conftest.py"):  # a folder whose conftest.py could not be loaded
        path = f"{path}/conftest.py"
        test = replace(test, id=path)
    elif not test.id.startswith(f"{path}::"):
        dotted, _, name = test.id.rpartition("::") if "::" in test.id else (test.id, "", "")
        if found := _module_file(bench.project, dotted):
            file, classes = found
            path = path or file
            test = replace(test, id="::".join((file, *classes, *filter(None, (name,)))))
    return replace(test, id=bench.project.inside_repository(test.id), path=bench.relative(path) if path else "")


def _module_file(project: Project, dotted: str) -> tuple[str, list[str]] | None:
    """`tests.test_a.TestA` → ("tests/test_a.py", ["TestA"]): the longest part that is a file."""
    parts = dotted.split(".")
    for end in range(min(len(parts), 30), 0, -1):
        file = "/".join(parts[:end]) + ".py"
        if ".." not in parts and project.has_file(file):
            return file, parts[end:]
    package = "/".join((*parts, "__init__.py"))
    if ".." not in parts and project.has_file(package):
        return package, []
    return None


tool = Pytest()
