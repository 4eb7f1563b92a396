"""pytest: the suite (unittest's classes too) and, in the same run, its coverage.

Options: `select` "unit" or "integration" (else everything); `coverage`; `retry` (tests that failed run once
more, and count as flaky when they pass then); `only` (node ids). A test's id is its node id.
"""

import re
from dataclasses import replace
from functools import partial

from activities.formats import registry
from activities.languages.python import pytest_coverage
from activities.languages.python.installed import installed, version_of
from activities.languages.python.pytest_config import PytestConfig, pytest_config
from activities.languages.python.pytest_report import named, running, with_retry
from activities.languages.python.pytest_selection import by_name, files_of, has_tests, selection
from activities.languages.python.tool_detection import found_in
from activities.model import ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import FinishedCommand, execute, failed_to_run, make_report, stop_reason
from activities.tooling import Project, Tool, ToolDetection, Workbench

DETECTION = ToolDetection(
    tables=("pytest",),
    files=("pytest.ini", "conftest.py", "tests/conftest.py"),
    sections=(("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")),
    packages=("pytest",),
)
_MOST_RETRIED = 50
"""So many failures are no flakiness."""
_SAYS = re.compile(r"(?:error|ERROR): (?!usage:)(.+)")
_USAGE, _NO_TESTS = 4, 5


async def _version(bench: Workbench) -> str:
    return version_of(bench, "pytest", "pytest")


async def _run(bench: Workbench) -> ToolReport:
    config, select = pytest_config(bench.project), str(bench.options.get("select") or "")
    if only := _only(bench):
        return await _asked(bench, config, only)
    arguments = selection(bench.project, config, select)
    if arguments is None:
        return ToolReport("pytest", await _version(bench), advice=f"No {select} tests were found.")
    report, _ = await _once(bench, config, arguments)
    return await _retried(bench, config, report) if bench.options.get("retry") else report


async def _asked(bench: Workbench, config: PytestConfig, only: tuple[str, ...]) -> ToolReport:
    """Those tests that are there: pytest runs none at all when a single name is unknown, so then their files run."""
    arguments = by_name(bench.project, only)
    if not arguments:
        return ToolReport("pytest", await _version(bench))
    report, code = await _once(bench, config, arguments)
    if code == _USAGE:
        report, _ = await _once(bench, config, files_of(bench.project, only))
    return replace(report, tests=tuple(test for test in report.tests if test.id in only))


async def _retried(bench: Workbench, config: PytestConfig, report: ToolReport) -> ToolReport:
    failed = tuple(test.id for test in report.tests if test.outcome == "failed")
    arguments = by_name(bench.project, failed)
    if not arguments or len(failed) > _MOST_RETRIED:
        return report
    without = replace(bench, options={**bench.options, "coverage": False})
    again, _ = await _once(without, config, arguments)
    return replace(report, tests=with_retry(report.tests, again.tests), duration_s=report.duration_s + again.duration_s)


async def _once(bench: Workbench, config: PytestConfig, arguments: tuple[str, ...]) -> tuple[ToolReport, int]:
    """The report of one run, and pytest's exit code: 0 passed, 1 failed, 2 not collected, 5 no tests, else broken."""
    version, finished = await _version(bench), await _pytest(bench, config, arguments)
    code = finished.exit_code
    if code == _NO_TESTS:
        return make_report("pytest", version, finished, advice="No tests were found."), code
    try:
        contents = registry()["junit"].reads(read_output(bench.out, "junit.xml"), "pytest", "unit_tests")
    except BadReport:
        return failed_to_run("pytest", version, finished, _why(finished)), code
    if code not in (0, 1, 2):
        return failed_to_run("pytest", version, finished, _why(finished)), code
    report = make_report("pytest", version, finished, tests=named(contents.tests, bench))
    return (await _with_coverage(bench, config, report) if bench.options.get("coverage") else report), code


async def _pytest(bench: Workbench, config: PytestConfig, arguments: tuple[str, ...]) -> FinishedCommand:
    """`-m pytest` finds a project that is not installed, too: the folder is on the path."""
    (bench.out / "junit.xml").unlink(missing_ok=True)
    out, (python, _) = bench.paths.out, bench.executable("python")
    start: tuple[str, ...] = (python, "-m", "pytest")
    measuring: tuple[str, ...] = ()
    if bench.options.get("coverage"):
        if pytest_coverage.by_plugin(bench, config):
            measuring = pytest_coverage.plugin_arguments(bench, config)
        else:
            start = (python, "-m", "coverage", "run", *pytest_coverage.run_arguments(bench.project), *start[1:])
    reports = (f"--junitxml={out}/junit.xml", "-o", "junit_family=xunit1", "-o", f"cache_dir={out}/pytest_cache")
    flags = (config.verbose, "--rootdir=.", *reports, *measuring, *_quick(bench, config))
    environment = {**pytest_coverage.environment(bench), "PYTHONUNBUFFERED": "1"}
    return await execute(bench, (*start, *flags, *arguments), environment)


async def _with_coverage(bench: Workbench, config: PytestConfig, report: ToolReport) -> ToolReport:
    """Tests that could not be measured are still tests."""
    python, _ = bench.executable("python")
    plugin = pytest_coverage.by_plugin(bench, config)
    files, problem = await pytest_coverage.collected(bench, python, plugin=plugin)
    return replace(report, coverage=files, problem=report.problem or problem)


def _quick(bench: Workbench, config: PytestConfig) -> tuple[str, ...]:
    """A benchmark is run once here: its time is for another check."""
    there = bench.env_root is not None and "pytest-benchmark" in installed(bench.env_root)
    return ("--benchmark-disable",) if there and not config.benchmarks else ()


def _only(bench: Workbench) -> tuple[str, ...]:
    names = bench.options.get("only") or ()
    return tuple(str(name) for name in names) if isinstance(names, tuple | list) else ()


def _why(finished: FinishedCommand) -> str:
    """What stopped the runner, and during which test, where that is known; "" leaves it to the output's last line."""
    test = running(finished)
    cut = stop_reason("pytest", finished) or ("pytest finished in the middle of a test." if test else "")
    if cut:
        return f"{cut[:-1]} while it ran {test}." if test else cut
    lines = finished.stderr.splitlines()
    said = [match[1] for line in lines if (match := _SAYS.search(line))]
    return f"pytest could not run: {said[0][:300]}" if said else ""


def _has_work(project: Project, check: str) -> bool:
    return has_tests(project, pytest_config(project), "integration" if check == "integration_tests" else "unit")


tool = Tool(
    name="pytest",
    checks=("unit_tests", "integration_tests", "coverage"),
    language="python",
    used_by=partial(found_in, DETECTION),
    version=_version,
    run=_run,
    default=True,
    has_work=_has_work,
)
