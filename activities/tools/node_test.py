"""node --test, and every other test program: by node's own reports, by TAP, else by the exit code alone."""

import contextlib
import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from activities.languages.javascript.coverage_asked import coverage_asked
from activities.languages.javascript.launchers import copy_launcher
from activities.languages.javascript.member_tests import is_left_out, runs_tests_of
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.programs import node_version, npm, program, start, with_wanted_node
from activities.languages.javascript.scripts import TEST_SCRIPTS, calls, test_script
from activities.languages.javascript.tap import is_tap, read_tap
from activities.languages.javascript.test_plan import GENERIC, TestRun, plan_tests
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    TEST_CHECKS,
    RunnerStart,
    Suite,
    TestOptions,
    Tests,
    joined,
    run_suite,
    select_for,
    test_options,
)
from activities.languages.javascript.tool_versions import known_options
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import TAIL, FinishedCommand, last_output, stdout_to_file, with_unique_ids
from activities.tooling import Project, Tool, ToolDetection, Workbench
from activities.tools import registry
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_REPORT = "node.jsonl"
_REPORTER = "node_reporter.mjs"
_PRINTED = "printed.txt"
_LOADS = ("--import", "--require", "-r", "--loader", "--experimental-loader", "--test-reporter", "--env-file")
# Before, node --test writes TAP.
_SINCE = {"--test-reporter": (18, 15), "lcov": (20, 11)}
_GLOB = re.compile(r"[*?\[{]")
_USES_NODES = re.compile(r"""(?:\bfrom|\bimport|\brequire\()\s*["']node:test["']""")
_OWN_FILE = re.compile(r"""(?:\bfrom|\bimport|\brequire\()\s*["'](\.{1,2}/[^"'\n]+)["']""")
_MOST_FILES = 50


class NodeTest(Tool):
    name = "node-test"
    checks = TEST_CHECKS
    silenced_by = r"\b(?:istanbul|c8|v8|node:coverage) (?:ignore|disable)\b"
    language = "javascript"
    detection = ToolDetection(scripts=TEST_SCRIPTS)

    def used_by(self, project: Project) -> str:
        runs = _own_runs(project, "unit") or _own_runs(project, "integration")
        return f'the script "{runs[0].call.script}" in package.json' if runs else ""

    def loaded_code(self, project: Project) -> Iterator[str]:
        """What runs beside the tests: `node --import ./setup.js --test`, `sh test.sh`."""
        package = read_package(project)
        for script in TEST_SCRIPTS:
            for call in calls(package, script):
                yield from call.args[:1] if call.program in ("sh", "bash") else ()
                yield from (word.partition("=")[2] for word in call.args if word.startswith(_LOADS))
                yield from (word for before, word in pairwise(call.args) if before in _LOADS)

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return coverage_asked(project) if check == "coverage" else self.used_by(project)

    def covers(self, project: Project, member: Project) -> bool:
        """A member without a script has nothing that could be started there."""
        if not test_script(read_package(member), "unit"):
            return True
        return runs_tests_of("node", project, member)

    def has_work(self, project: Project, check: str) -> bool:
        if is_left_out(project):
            return False
        return bool(_own_runs(project, select_for(check)))

    async def run(self, bench: Workbench) -> ToolReport:
        options = test_options(bench)
        runs = _own_runs(bench.project, options.select)
        if not runs:
            return ToolReport(tool=self.name)
        report = with_wanted_node(joined([await _run(bench, options, run) for run in runs]), bench)
        by_exit_code = {test.id for test in report.tests} <= {run.test_id for run in runs}
        planned = plan_tests(bench.project, options.select, registry().values())
        if not (by_exit_code and report.completed and runs == planned):
            return report
        advice = "The test script reports only whether it passed, so its tests count as one."
        return replace(report, advice=f"{advice} {report.advice}".strip())


def _own_runs(project: Project, select: str) -> tuple[TestRun, ...]:
    return tuple(run for run in plan_tests(project, select, registry().values()) if run.tool == GENERIC)


async def _run(bench: Workbench, options: TestOptions, run: TestRun) -> ToolReport:
    version = node_version(bench)
    reports = known_options(version, _SINCE, "--test-reporter")
    by_node = bool(reports) and run.call.program == "node" and "--test" in run.call.args
    at = _place_of_test_file(bench.project, run) if reports and not by_node else -1

    async def start_runner(files: tuple[str, ...], measure: bool) -> FinishedCommand:
        for name in (_REPORT, _PRINTED):
            UntrustedFolder(bench.out).remove(name)
        given = RunnerStart("", version, run.call, files, measure)
        argv = _node_command(bench, given) if by_node else _other_command(bench, given, at)
        return await start(bench, run.started(argv, bench.paths.out), run.call.env)

    def read_report(finished: FinishedCommand) -> Tests:
        by_reporter = by_node or (at >= 0 and bool(_reported(bench)))
        return _read_node(bench, finished) if by_reporter else _read_printed(bench, run, finished)

    hint = "Node 20.11 and later measure it." if by_node else "Start the tests with c8, and add it to devDependencies."
    suite = Suite(NodeTest.name, version, start_runner, read_report, hint)
    if by_node:
        return await run_suite(suite, bench, options, run)
    report = await run_suite(suite, bench, replace(options, retry=options.retry and at >= 0), run)
    return replace(report, output_tail=f"{_printed(bench)}\n{report.output_tail}".strip()[-TAIL:])


def _node_command(bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
    """Reporters come right behind `--test`, before the files. Given files take the place of the script's own, which
    are all words behind `--test` that are no options. Patterns are the shell's to expand, as they are for npm."""
    args = start.call.args
    at = args.index("--test")
    before, behind = args[:at], args[at + 1 :]
    out = bench.paths.out
    report = (f"--test-reporter={copy_launcher(bench, _REPORTER)}", f"--test-reporter-destination={out}/{_REPORT}")
    coverage: tuple[str, ...] = ()
    if start.measure and known_options(start.version, _SINCE, "lcov"):
        with contextlib.suppress(UntrustedFileError):  # an earlier command put something else there
            UntrustedFolder(bench.out).make_folder(COVERAGE_FOLDER)  # node does not make it
        destination = f"--test-reporter-destination={out}/{COVERAGE_FOLDER}/lcov.info"
        coverage = ("--experimental-test-coverage", "--test-reporter=lcov", destination)
    kept = tuple(word for word in behind if word.startswith("-")) if start.files else behind
    argv = (program(bench, "node") or "node", *before, "--test", *report, *coverage, *kept, *start.files)
    if start.files or not any(_GLOB.search(word) for word in kept):
        return argv
    raw = start.call.core.split()
    words = [word if word in raw and _GLOB.search(word) else shlex.quote(word) for word in argv]
    return ("/bin/sh", "-c", f"exec {' '.join(words)}")


def _place_of_test_file(project: Project, run: TestRun) -> int:
    """Where in node's arguments the file is that uses node's test runner, itself or by a file that it loads; -1 where
    there is none: `node --conditions development test.js`."""
    if run.call.program != "node":
        return -1
    args = run.call.args
    at = next((at for at, word in enumerate(args) if not word.startswith("-") and project.has_file(word)), -1)
    if at < 0:
        return -1
    text, folder = project.read(args[at]), posixpath.dirname(args[at])
    loaded = (posixpath.join(folder, found) for found in _OWN_FILE.findall(text)[:_MOST_FILES])
    texts = (text, *(project.read(path) for path in loaded))
    return at if any(_USES_NODES.search(each) for each in texts) else -1


def _other_command(bench: Workbench, start: RunnerStart, at: int) -> tuple[str, ...]:
    """The program as the script starts it, or the whole script where that is not understood. `at`: where in node's
    arguments the file is whose tests node reports."""
    if at >= 0:
        report = (
            f"--test-reporter={copy_launcher(bench, _REPORTER)}",
            f"--test-reporter-destination={bench.paths.out}/{_REPORT}",
        )
        words = (program(bench, "node") or "node", *start.call.args[:at], *report, *start.call.args[at:])
        return stdout_to_file(bench, start.measured_by(bench, *words), _PRINTED)
    # A shell that .npmrc names may be a file of the tree, which exits with 0 whatever it is given.
    named = re.search(r"^\s*script-shell\s*=.*\bbash\s*$", bench.project.read(".npmrc"), re.MULTILINE)
    shell = f"/bin/{'bash' if named else 'sh'}"
    argv: tuple[str, ...] = (shell, "-c", start.call.core)
    if not start.call.program:
        argv = (*npm(), "run", "--silent", f"--script-shell={shell}", start.call.script)
    return stdout_to_file(bench, start.measured_by(bench, *argv), _PRINTED)


def _read_node(bench: Workbench, finished: FinishedCommand) -> Tests:
    """A failed run without a test is no report."""
    if not UntrustedFolder(bench.out).is_file(_REPORT):
        raise BadReport("")
    entries = _reported(bench)
    if not entries and finished.exit_code:
        raise BadReport("")
    return with_unique_ids(_test(bench, entry) for entry in entries if isinstance(entry, dict)), ""


def _reported(bench: Workbench) -> list[object]:
    if not UntrustedFolder(bench.out).is_file(_REPORT):
        return []
    lines = read_output(bench.out, _REPORT).splitlines()
    return [parse_json(line, "node's report") for line in lines if line.strip()]


def _read_printed(bench: Workbench, run: TestRun, finished: FinishedCommand) -> Tests:
    """TAP, else one test, which passes when the program exits with 0."""
    text = _printed(bench)
    if is_tap(text):
        return read_tap(text)
    passed = finished.exit_code == 0
    output = f"{text[-TAIL:].strip()}\n{last_output(finished.result)}".strip()[-TAIL:]
    message = f"{run.call.text} ended with exit code {finished.exit_code}.\n{output}".strip()
    duration_s = finished.result.duration_s
    test = TestCase(run.test_id, "passed", duration_s=duration_s)
    return (test if passed else replace(test, outcome="failed", message=message),), ""


def _printed(bench: Workbench) -> str:
    try:
        return valid_unicode(read_output(bench.out, _PRINTED).decode("utf-8", "backslashreplace"))
    except BadReport:
        return ""


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
