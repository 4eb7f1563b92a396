"""node --test, and every other test script: node's own runner by its reports, anything else by its exit code."""

import contextlib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from activities.languages import javascript
from activities.languages.javascript.coverage_asked import coverage_asked
from activities.languages.javascript.member_tests import runs_tests_of
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import npm, program, start, versions
from activities.languages.javascript.scripts import (
    TEST_SCRIPTS,
    ScriptCommand,
    calls,
    find_call,
    find_start,
    test_script,
)
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    TEST_CHECKS,
    Tests,
    run_suite,
    select_for,
    test_options,
    with_unique_ids,
)
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import FinishedCommand, failed_to_run, last_output, make_report, stop_reason
from activities.tooling import Project, Tool, ToolDetection, Workbench
from activities.tools import registry
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_REPORT = "node.jsonl"
_LOADS = ("--import", "--require", "-r", "--loader", "--experimental-loader", "--test-reporter", "--env-file")
_REPORTER = Path(javascript.__file__).with_name("node_reporter.mjs")


class NodeTest(Tool):
    name = "node-test"
    checks = TEST_CHECKS
    language = "javascript"
    detection = ToolDetection(other_sections=("ava",), scripts=TEST_SCRIPTS)

    def used_by(self, project: Project) -> str:
        script = _own_script(project, "unit") or _own_script(project, "integration")
        return f'the script "{script}" in package.json' if script else ""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_asked(project) if check == "coverage" else self.used_by(project)

    def loaded_code(self, project: Project) -> Iterator[str]:
        """What runs beside the tests: `node --import ./setup.js --test`, `sh test.sh`."""
        package = read_package(project)
        for script in TEST_SCRIPTS:
            for call in calls(package, script):
                yield from call.args[:1] if call.program in ("sh", "bash") else ()
                yield from (word.partition("=")[2] for word in call.args if word.startswith(_LOADS))
                yield from (word for before, word in pairwise(call.args) if before in _LOADS)

    def covers(self, project: Project, member: Project) -> bool:
        return runs_tests_of("node", project, member) or runs_tests_of("ava", project, member)

    def has_work(self, project: Project, check: str) -> bool:
        return bool(_own_script(project, select_for(check)))

    async def run(self, bench: Workbench) -> ToolReport:
        options = test_options(bench)
        script = _own_script(bench.project, options.select)
        if not script:
            return ToolReport(tool=self.name)
        call = find_start(read_package(bench.project), script, lambda call: "--test" in call.args)
        if call is None:
            return await self._run_by_exit_code(bench, script)

        async def start_runner(files: tuple[str, ...], measure: bool) -> FinishedCommand:
            return await start(bench, call.prepared(_command(bench, call, files, measure)), call.env)

        def read_report(finished: FinishedCommand) -> Tests:
            """A failed run without a test is no report."""
            lines = read_output(bench.out, _REPORT).splitlines()
            entries = [parse_json(line, "node's report") for line in lines if line.strip()]
            if not entries and finished.exit_code:
                raise BadReport("The test run reported no tests.")
            return with_unique_ids(_test(bench, entry) for entry in entries if isinstance(entry, dict)), ""

        return await run_suite(self.name, versions(), bench, options, start_runner, read_report)

    async def _run_by_exit_code(self, bench: Workbench, script: str) -> ToolReport:
        """A runner that is not known: its script is one test, which passes when it exits with 0."""
        # A shell that .npmrc names may be a file of the tree, which exits with 0 whatever it is given.
        named = re.search(r"^\s*script-shell\s*=.*\bbash\s*$", bench.project.read(".npmrc"), re.MULTILINE)
        shell = f"--script-shell=/bin/{'bash' if named else 'sh'}"
        finished = await start(bench, (*npm(), "run", "--silent", shell, script))
        if problem := stop_reason(self.name, finished):
            return failed_to_run(self.name, versions(), finished, problem)
        passed = finished.exit_code == 0
        test = TestCase(
            id=f"npm run {script}",
            outcome="passed" if passed else "failed",
            message="" if passed else last_output(finished.result),
            duration_s=finished.result.duration_s,
        )
        advice = "The test script reports only whether it passed, so its tests count as one."
        return make_report(self.name, versions(), finished, tests=(test,), advice=advice)


def _own_script(project: Project, select: str) -> str:
    """The script that runs the tests, "" where there is none or another tool knows its runner."""
    package = read_package(project)
    script = test_script(package, select)
    runners = (tool.name for tool in registry().values() if tool.is_test_runner)
    return "" if script and find_call(package, script, *runners) else script


def _command(bench: Workbench, call: ScriptCommand, files: tuple[str, ...], measure: bool) -> tuple[str, ...]:
    """Reporters come right behind `--test`, before the files. Given files take the place of the script's own, which
    are all words behind `--test` that are no options."""
    at = call.args.index("--test")
    before, behind = call.args[:at], call.args[at + 1 :]
    out = bench.paths.out
    write_input(bench.out, _REPORTER.name, _REPORTER.read_text("utf-8"))
    report = (f"--test-reporter={out}/{_REPORTER.name}", f"--test-reporter-destination={out}/{_REPORT}")
    coverage: tuple[str, ...] = ()
    if measure:
        with contextlib.suppress(UntrustedFileError):  # an earlier command put something else there
            UntrustedFolder(bench.out).make_folder(COVERAGE_FOLDER)  # node does not make it
        destination = f"--test-reporter-destination={out}/{COVERAGE_FOLDER}/lcov.info"
        coverage = ("--experimental-test-coverage", "--test-reporter=lcov", destination)
    kept = tuple(word for word in behind if word.startswith("-")) if files else behind
    return (program(bench, call.program) or call.program, *before, "--test", *report, *coverage, *kept, *files)


def _test(bench: Workbench, entry: dict[str, object]) -> TestCase:
    """A file that cannot be loaded is a test of the file's own name."""
    path, outcome = bench.relative(valid_unicode(str(entry.get("file") or ""))), entry.get("outcome")
    seconds = entry.get("seconds")
    return TestCase(
        id=f"{path}::{valid_unicode(str(entry.get('name')))}",
        outcome="passed" if outcome == "passed" else "failed" if outcome == "failed" else "skipped",
        path=path,
        line=non_negative(entry.get("line")),
        message=valid_unicode(str(entry.get("message") or "")),
        duration_s=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )


tool = NodeTest()
