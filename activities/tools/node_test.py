"""node --test, and every other test script: node's own runner by its reports, anything else by its exit code."""

from dataclasses import replace
from pathlib import Path

from activities.languages import javascript
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import npm, program, start, versions
from activities.languages.javascript.scripts import ScriptCommand, find_call, find_start, test_script
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    RUNNERS,
    SuiteRun,
    run_suite,
    select_for,
    test_options,
    with_unique_ids,
)
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import FinishedCommand, failed_to_run, last_output, make_report, stop_reason
from activities.tooling import Project, Tool, Workbench

_NAME = "node-test"
_REPORT = "node.jsonl"
_REPORTER = Path(javascript.__file__).with_name("node_reporter.mjs")


def _used_by(project: Project) -> str:
    package = read_package(project)
    scripts = (test_script(package, select) for select in ("unit", "integration"))
    own = (script for script in scripts if script and not find_call(package, script, *RUNNERS))
    return next((f'the script "{script}" in package.json' for script in own), "")


async def _version(bench: Workbench) -> str:
    return versions()


async def _run(bench: Workbench) -> ToolReport:
    package, asked = read_package(bench.project), test_options(bench)
    script = test_script(package, asked.select)
    if not script or find_call(package, script, *RUNNERS):
        return ToolReport(tool=_NAME)
    call = find_start(package, script, lambda call: "--test" in call.args)
    if call is None:
        return await _by_exit_code(bench, script)
    last: list[FinishedCommand] = []

    async def once(files: tuple[str, ...]) -> SuiteRun:
        measure = _coverage(bench) if asked.coverage and not last else ()
        last.append(await start(bench, call.prepared(_words(bench, call, files, measure)), call.env))
        return SuiteRun(last[-1], _tests(bench, last[-1]))

    try:
        return await run_suite(_NAME, versions(), bench, asked, once)
    except BadReport as error:
        return failed_to_run(_NAME, versions(), last[-1], str(error))


def _words(bench: Workbench, call: ScriptCommand, files: tuple[str, ...], measure: tuple[str, ...]) -> tuple[str, ...]:
    """Reporters come right behind `--test`, before the files. Given files take the place of the script's own, which
    are all that stands behind `--test` and is no option."""
    at = call.args.index("--test")
    before, behind = call.args[:at], call.args[at + 1 :]
    report = (f"--test-reporter={_reporter_in(bench)}", f"--test-reporter-destination={bench.paths.out}/{_REPORT}")
    kept = tuple(word for word in behind if word.startswith("-")) if files else behind
    return (program(bench, call.program) or call.program, *before, "--test", *report, *measure, *kept, *files)


def _reporter_in(bench: Workbench) -> str:
    write_input(bench.out, _REPORTER.name, _REPORTER.read_text("utf-8"))
    return f"{bench.paths.out}/{_REPORTER.name}"


def _coverage(bench: Workbench) -> tuple[str, ...]:
    """The folder is made here: node does not make it."""
    (bench.out / COVERAGE_FOLDER).mkdir(exist_ok=True)
    to = f"{bench.paths.out}/{COVERAGE_FOLDER}/lcov.info"
    return ("--experimental-test-coverage", "--test-reporter=lcov", f"--test-reporter-destination={to}")


def _tests(bench: Workbench, finished: FinishedCommand) -> tuple[TestCase, ...]:
    """A failed run without a test is no report. Raises `BadReport`."""
    lines = read_output(bench.out, _REPORT).splitlines()
    entries = [parse_json(line, "node's report") for line in lines if line.strip()]
    if not entries and finished.exit_code:
        raise BadReport("The test run left no test in its report.")
    return with_unique_ids(_test(bench, entry) for entry in entries if isinstance(entry, dict))


def _test(bench: Workbench, entry: dict[str, object]) -> TestCase:
    """A file that cannot be loaded is a test of the file's own name."""
    path, name, seconds = (
        bench.relative(valid_unicode(str(entry.get("file") or ""))),
        str(entry.get("name")),
        entry.get("seconds"),
    )
    outcome = entry.get("outcome")
    return TestCase(
        id=f"{path}::{valid_unicode(name)}",
        outcome="passed" if outcome == "passed" else "failed" if outcome == "failed" else "skipped",
        path=path,
        line=non_negative(entry.get("line")),
        message=valid_unicode(str(entry.get("message") or "")),
        duration_s=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )


async def _by_exit_code(bench: Workbench, script: str) -> ToolReport:
    """A runner that is not known: its script is one test, which passes when it ends with 0."""
    finished = await start(bench, (*npm(), "run", "--silent", script))
    if problem := stop_reason(_NAME, finished):
        return failed_to_run(_NAME, versions(), finished, problem)
    outcome, said = ("passed", "") if finished.exit_code == 0 else ("failed", last_output(finished.result))
    test = TestCase(f"npm run {script}", "passed" if outcome == "passed" else "failed", "", message=said)
    advice = "The script tells only whether it passed, so its tests are counted as one."
    return make_report(
        _NAME, versions(), finished, tests=(replace(test, duration_s=finished.result.duration_s),), advice=advice
    )


def _has_work(project: Project, check: str) -> bool:
    package = read_package(project)
    script = test_script(package, select_for(check))
    return bool(script) and not find_call(package, script, *RUNNERS)


node_test = Tool(
    name=_NAME,
    checks=("unit_tests", "integration_tests", "coverage"),
    language="javascript",
    used_by=_used_by,
    version=_version,
    run=_run,
    has_work=_has_work,
)
