"""Any other language: a check for which `.github/autobuild.yml` configures a command and its report format."""

import asyncio
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from activities import formats
from activities.custom_command import command_runner
from activities.custom_command.report_paths import in_tree
from activities.model import ToolReport
from activities.reporting.tool_failures import (
    failed_without_reason,
    not_a_report,
    not_written,
    old_report,
)
from activities.reports import MAX_REPORT, BadReport, Contents, Format, joined, parse_json, read_output, write_input
from activities.tool_reports import TAIL, FinishedCommand, execute, failed_to_run, make_report, with_flaky
from activities.tooling import REPOSITORY, Project, Tool, ToolDetection, Workbench

# A report that the command prints goes to a file: of what a runner keeps of an output, the middle may be missing.
_PRINTED = 'eval "$1" > "$2/printed"'
_RUNNER = Path(command_runner.__file__)
_NOT_STARTED = (126, 127)
_MISSED_COVERAGE = re.compile(
    r"threshold|fail[-_ ]under|required test coverage|have not been met"
    r"|\b(?:below|minimum|not met|not reached|less than|lower than)\b",
    re.IGNORECASE,
)
"""How test runners say that they failed for the share of covered lines alone: the coverage check judges that."""
_LAST_LINES = 15
"""They say it among the last lines that they print."""

# What programs read that such commands start often.
_READ_BY = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "tox": ("tox.ini",),
    "nox": ("noxfile.py",),
    "hatch": ("hatch.toml", "pyproject.toml"),
    "pipenv": ("Pipfile",),
    "pre-commit": (".pre-commit-config.yaml",),
    "rake": ("Rakefile",),
    "mvn": ("pom.xml",),
    "gradle": ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
    "gradlew": ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
    "go": ("go.mod",),
    "cargo": ("build.rs", ".cargo/config.toml"),
}
_DATA = (".txt", ".xml", ".json", ".jsonl", ".sarif", ".info", ".csv", ".log", ".md", ".html", ".out")


def configured_tool(check: str, options: Mapping[str, object]) -> Tool | None:
    """The tool that the options describe; None where they name no command."""
    command = options.get("command")
    return ConfiguredCommand(check, command) if isinstance(command, str) and command else None


class ConfiguredCommand(Tool):
    """A command that answers one check."""

    name = "command"
    language = REPOSITORY

    def __init__(self, check: str, command: str) -> None:
        self.checks = (check,)
        self._command = command
        self._words = tuple(re.findall(r"[\w./@:-]+", command))
        self.detection = ToolDetection(scripts=self._words)

    def used_by(self, project: Project) -> str:
        return ".github/autobuild.yml"

    def loaded_code(self, project: Project) -> Iterator[str]:
        """The command comes from a protected branch; what it starts is in the tree. What it only reads is no code."""
        yield from (word for word in self._words if not word.lower().endswith(_DATA))
        for word in self._words:
            yield from _READ_BY.get(word.rpartition("/")[2], ())

    async def run(self, bench: Workbench) -> ToolReport:
        """The command, and what its reports say. A test that failed and passes when the command is run once more is
        flaky."""
        report = await self._run_once(bench)
        failed = any(test.outcome == "failed" for test in report.tests)
        if not (failed and bench.options.get("retry")) or report.problem:
            return report
        again = await self._run_once(bench)
        tests = with_flaky(report.tests, again.tests)
        return replace(report, tests=tests, duration_s=report.duration_s + again.duration_s)

    async def _run_once(self, bench: Workbench) -> ToolReport:
        patterns = report_patterns(bench.options)
        argv: tuple[str, ...] = ("sh", "-c", _PRINTED, "sh", self._command, bench.paths.out)
        if patterns:
            write_input(bench.out, _RUNNER.name, _RUNNER.read_text("utf-8"))
            runner = f"{bench.paths.out}/{_RUNNER.name}"
            argv = (sys.executable, "-I", "-S", runner, self._command, bench.paths.out, *patterns)
        finished = await execute(bench, argv)
        report = await asyncio.to_thread(self._report, bench, finished, patterns)
        return replace(report, command=self._command)

    def _report(self, bench: Workbench, finished: FinishedCommand, patterns: Sequence[str]) -> ToolReport:
        format = formats.registry()[str(bench.options.get("format") or "text")]
        try:
            contents, missing = _read(bench, format, self.checks[0], patterns)
        except (BadReport, OSError) as error:
            return failed_to_run("command", "", _with_printed(bench, finished), str(error))
        problem = missing or contents.problem
        if not problem and not _explained(contents, _with_printed(bench, finished)):
            problem = failed_without_reason(finished.exit_code)
            return failed_to_run("command", "", _with_printed(bench, finished), problem)
        placed = in_tree(bench, contents)
        return make_report(
            "command",
            "",
            _with_printed(bench, finished) if problem else finished,
            findings=placed.findings,
            tests=placed.tests,
            coverage=placed.coverage,
            benchmarks=placed.benchmarks,
            problem=problem,
            advice=placed.advice,
        )


def report_patterns(options: Mapping[str, object]) -> tuple[str, ...]:
    """The files that the configuration names as the command's reports, () for its standard output."""
    report = options.get("report") or ()
    return (report,) if isinstance(report, str) else tuple(map(str, report)) if isinstance(report, list | tuple) else ()


def _read(bench: Workbench, format: Format, check: str, patterns: Sequence[str]) -> tuple[Contents, str]:
    """What all the reports hold, and a sentence for what was not written. Raises `BadReport` where nothing was."""
    if not patterns:
        try:
            return format.read(read_output(bench.out, "printed"), "command", check), ""
        except BadReport as error:
            raise BadReport(not_a_report(format.name, str(error))) from error
    listed = parse_json(read_output(bench.out, "reports.json"), "The list of reports")
    copied, old, missing = (
        [str(name) for name in found] if isinstance(listed, dict) and isinstance(found := listed.get(key), list) else []
        for key in ("copied", "old", "missing")
    )
    problem = (old_report(old[0]) if old else not_written(missing)) if missing else ""
    if not copied:
        raise BadReport(problem)
    if len(copied) > command_runner.MOST_FILES:
        raise BadReport(f"The command wrote more than {command_runner.MOST_FILES:,} reports.")
    parts, left = [], MAX_REPORT
    for number, name in enumerate(copied):
        try:
            data = read_output(bench.out, f"report-{number}", left)
            left -= len(data)
            parts.append(format.read(data, "command", check))
        except BadReport as error:
            raise BadReport(not_a_report(format.name, str(error), name)) from error
    return joined(parts), problem


def _explained(contents: Contents, finished: FinishedCommand) -> bool:
    """Whether the reports say why the command exited with another code than 0. Coverage is judged by its report alone:
    the tests that ran for it may have failed."""
    if not finished.exit_code or finished.result.stopped or contents.findings:
        return True
    if finished.exit_code in _NOT_STARTED or finished.exit_code > 127:
        return False
    if contents.coverage or any(test.outcome in ("failed", "flaky") for test in contents.tests):
        return True
    last = [line for text in (finished.stdout, finished.stderr) for line in text.rstrip().splitlines()[-_LAST_LINES:]]
    return bool(contents.tests) and any("coverage" in each.lower() and _MISSED_COVERAGE.search(each) for each in last)


def _with_printed(bench: Workbench, finished: FinishedCommand) -> FinishedCommand:
    """With the output that went to a file."""
    try:
        printed = read_output(bench.out, "printed")
    except BadReport:
        return finished
    return replace(finished, result=replace(finished.result, stdout=printed[-TAIL:]))
