"""mocha: the tests of a package whose test script starts it, with coverage by c8 or nyc where one is installed."""

from collections.abc import Iterator

from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import installed_version, program, start
from activities.languages.javascript.scripts import ScriptCommand, without_options
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    SuiteRun,
    has_work,
    line_in,
    run_suite,
    runner_call,
    test_options,
    used_by_script,
)
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, parse_json, read_output, valid_unicode
from activities.tool_reports import FinishedCommand, failed_to_run, not_installed
from activities.tooling import Project, Tool, Workbench

_NAME = "mocha"
_REPORT = "mocha.json"
_FLAGS = ("--watch", "-w", "--bail", "-b")
_VALUED = ("--reporter", "-R", "--reporter-option", "--reporter-options", "-O")


def _used_by(project: Project) -> str:
    return used_by_script(project, _NAME)


async def _version(bench: Workbench) -> str:
    return await installed_version(bench, _NAME)


async def _run(bench: Workbench) -> ToolReport:
    asked = test_options(bench)
    call = runner_call(read_package(bench.project), _NAME, asked.select)
    if call is None:
        return ToolReport(tool=_NAME)
    if not (binary := program(bench, _NAME)):
        return not_installed(_NAME, _used_by(bench.project), "Add mocha to devDependencies.")
    version = await _version(bench)
    last: list[FinishedCommand] = []

    async def once(files: tuple[str, ...]) -> SuiteRun:
        measure = _coverage(bench) if asked.coverage and not last else ()
        last.append(await start(bench, call.prepared((*measure, binary, *_words(bench, call, files))), call.env))
        return SuiteRun(last[-1], tuple(_tests(read_output(bench.out, _REPORT), bench)))

    try:
        return await run_suite(_NAME, version, bench, asked, once)
    except BadReport as error:
        return failed_to_run(_NAME, version, last[-1], str(error))


def _words(bench: Workbench, call: ScriptCommand, files: tuple[str, ...]) -> tuple[str, ...]:
    """mocha adds files to those of its configuration, so the failed ones are run beside the others of it."""
    own = without_options(call.args, _FLAGS, _VALUED)
    return (*own, "--reporter=json", f"--reporter-option=output={bench.paths.out}/{_REPORT}", *files)


def _coverage(bench: Workbench) -> tuple[str, ...]:
    for name in ("c8", "nyc"):
        if binary := program(bench, name):
            return (binary, "--reporter=lcovonly", f"--report-dir={bench.paths.out}/{COVERAGE_FOLDER}")
    return ()


def _tests(data: bytes, bench: Workbench) -> Iterator[TestCase]:
    """mocha's three lists hold the same kind of object; a failing hook is listed as a failure only."""
    report = parse_json(data, "mocha's report")
    if not isinstance(report, dict) or "stats" not in report:
        raise BadReport("The report is not mocha's JSON.")
    for key, outcome in (("passes", "passed"), ("failures", "failed"), ("pending", "skipped")):
        cases = report.get(key)
        for case in cases if isinstance(cases, list) else []:
            if isinstance(case, dict):
                yield _test(case, outcome, bench)


def _test(case: dict[str, object], outcome: str, bench: Workbench) -> TestCase:
    path, error, duration = (
        bench.relative(valid_unicode(str(case.get("file") or ""))),
        case.get("err"),
        case.get("duration"),
    )
    said = error.get("stack") or error.get("message") if isinstance(error, dict) else ""
    message = valid_unicode(str(said or ""))[:4000]
    return TestCase(
        id=f"{path}::{valid_unicode(str(case.get('fullTitle', '')))}",
        outcome="passed" if outcome == "passed" else "failed" if outcome == "failed" else "skipped",
        path=path,
        line=line_in(bench, path, message),
        message=message,
        duration_s=float(duration) / 1000 if isinstance(duration, int | float) else 0.0,
    )


mocha = Tool(
    name=_NAME,
    checks=("unit_tests", "integration_tests", "coverage"),
    language="javascript",
    used_by=_used_by,
    version=_version,
    run=_run,
    has_work=has_work(_NAME),
)
