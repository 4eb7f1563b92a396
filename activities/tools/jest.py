"""jest: the tests of a package whose test script starts it, with its own coverage."""

from activities.languages.javascript.jest_report import read_jest
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import installed_version, program, start
from activities.languages.javascript.scripts import ScriptCommand, without_options
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    SuiteRun,
    has_work,
    run_suite,
    runner_call,
    test_options,
    used_by_script,
)
from activities.model import ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import FinishedCommand, failed_to_run, not_installed
from activities.tooling import Project, Tool, Workbench

_NAME = "jest"
_REPORT = "jest.json"
_FLAGS = ("--watch", "--watchAll", "--json", "--coverage", "--collectCoverage", "--verbose", "--silent", "-o")
_VALUED = ("--outputFile", "--reporters", "--coverageReporters", "--coverageDirectory", "--coverageThreshold")


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
        return not_installed(_NAME, _used_by(bench.project), "Add jest to devDependencies.")
    version = await _version(bench)
    last: list[FinishedCommand] = []

    async def once(files: tuple[str, ...]) -> SuiteRun:
        measure = _coverage(bench) if asked.coverage and not last else ("--coverage=false",)
        last.append(await start(bench, call.prepared((binary, *_words(bench, call, files), *measure)), call.env))
        return SuiteRun(last[-1], *read_jest(read_output(bench.out, _REPORT), bench))

    try:
        return await run_suite(_NAME, version, bench, asked, once)
    except BadReport as error:
        return failed_to_run(_NAME, version, last[-1], str(error))


def _words(bench: Workbench, call: ScriptCommand, files: tuple[str, ...]) -> tuple[str, ...]:
    own = without_options(call.args, _FLAGS, _VALUED)
    report = ("--json", f"--outputFile={bench.paths.out}/{_REPORT}", "--passWithNoTests", "--testLocationInResults")
    return (*own, *report, *(("--runTestsByPath", *files) if files else ()))


def _coverage(bench: Workbench) -> tuple[str, ...]:
    """The package's own threshold is not asked: what is enough is for the check to say."""
    folder = f"{bench.paths.out}/{COVERAGE_FOLDER}"
    return ("--coverage", "--coverageReporters=lcovonly", f"--coverageDirectory={folder}", "--coverageThreshold={}")


jest = Tool(
    name=_NAME,
    checks=("unit_tests", "integration_tests", "coverage"),
    language="javascript",
    used_by=_used_by,
    version=_version,
    run=_run,
    has_work=has_work(_NAME),
)
