"""vitest: the tests of a package whose test script starts it, with coverage by its own provider."""

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

_NAME = "vitest"
_REPORT = "vitest.json"
_SUBCOMMANDS = ("run", "watch", "dev", "related", "bench")
_FLAGS = ("--watch", "-w", "--ui", "--run", "--coverage", "--coverage.enabled", "--open")
_VALUED = ("--reporter", "--outputFile", "--coverage.reporter", "--coverage.reportsDirectory", "--coverage.provider")


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
        return not_installed(_NAME, _used_by(bench.project), "Add vitest to devDependencies.")
    version = await _version(bench)
    last: list[FinishedCommand] = []

    async def once(files: tuple[str, ...]) -> SuiteRun:
        measure = await _coverage(bench) if asked.coverage and not last else ()
        last.append(await start(bench, call.prepared((binary, "run", *_words(bench, call, files), *measure)), call.env))
        return SuiteRun(last[-1], *read_jest(read_output(bench.out, _REPORT), bench))

    try:
        return await run_suite(_NAME, version, bench, asked, once)
    except BadReport as error:
        return failed_to_run(_NAME, version, last[-1], str(error))


def _words(bench: Workbench, call: ScriptCommand, files: tuple[str, ...]) -> tuple[str, ...]:
    own = call.args[1:] if call.args[:1] and call.args[0] in _SUBCOMMANDS else call.args
    report = (
        "--reporter=json",
        f"--outputFile={bench.paths.out}/{_REPORT}",
        "--passWithNoTests",
        "--includeTaskLocation",
    )
    return (*without_options(own, _FLAGS, _VALUED), *report, *files)


async def _coverage(bench: Workbench) -> tuple[str, ...]:
    """A provider must be installed beside vitest; without one it would ask to install it, and fail."""
    for provider in ("v8", "istanbul"):
        if await installed_version(bench, f"@vitest/coverage-{provider}"):
            folder = f"{bench.paths.out}/{COVERAGE_FOLDER}"
            return (
                "--coverage.enabled", f"--coverage.provider={provider}", "--coverage.reporter=lcovonly",
                f"--coverage.reportsDirectory={folder}", "--coverage.reportOnFailure",
            )  # fmt: skip
    return ()


vitest = Tool(
    name=_NAME,
    checks=("unit_tests", "integration_tests", "coverage"),
    language="javascript",
    used_by=_used_by,
    version=_version,
    run=_run,
    has_work=has_work(_NAME),
)
