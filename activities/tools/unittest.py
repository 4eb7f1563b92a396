"""unittest: suites that unittest, Django's own runner or a script of the project runs, as the repository does.

Used where tox, nox, Make or CI start the tests without pytest, and for a manage.py of Django without it. A test's id is
unittest's own. Options: `coverage`; `retry` (the suite runs again when few tests failed); `only` (ids of tests).
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from activities.languages.python import pytest_coverage
from activities.languages.python.declared_tests import DeclaredTests
from activities.languages.python.installed import our_version
from activities.languages.python.pytest_config import PytestConfig
from activities.languages.python.pytest_options import on_path, placed_variables
from activities.languages.python.safe_start import start_module
from activities.languages.python.tests_of_repository import declared_tests
from activities.model import TestCase, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import execute, exit_without_failure, failed_to_run, make_report, with_flaky
from activities.tooling import Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

_RECORDER = Path(__file__).parent.parent / "languages" / "python" / "record_tests.py"
_REPORT = "unittest.json"
_MOST_RETRIED = 50
_FLAGS = frozenset(("-f", "--failfast", "--pdb", "--parallel"))


class Unittest(Tool):
    name = "unittest"
    checks = ("unit_tests", "coverage")
    silenced_by = r"#\s*pragma:\s*no ?(?:cover|branch)\b"
    language = "python"
    programs = ()
    requirements = (f"coverage=={our_version('coverage')}",)

    def used_by(self, project: Project) -> str:
        found = declared_tests(project)
        return found.found_in if found.runner == "python" else ""

    def asked_for(self, project: Project, check: str) -> str:
        """Tests ask to be run; that they are measured has to be said."""
        return pytest_coverage.asked_for(project) if check == "coverage" else self.used_by(project)

    def has_work(self, project: Project, check: str) -> bool:
        return bool(self.used_by(project))

    def loaded_code(self, project: Project) -> Iterator[str]:
        """The script, and the module of Django's settings."""
        found = declared_tests(project)
        yield from (word for word in found.words if not word.startswith("-"))
        yield from (value for name, value in found.variables if name == "DJANGO_SETTINGS_MODULE")

    async def run(self, bench: Workbench) -> ToolReport:
        found, only = declared_tests(bench.project), bench.options.get("only")
        report = await self._run_all(bench, found, measured=bool(bench.options.get("coverage")))
        if isinstance(only, tuple | list) and only:
            return replace(report, tests=tuple(test for test in report.tests if test.id in only))
        failed = sum(test.outcome == "failed" for test in report.tests)
        if not bench.options.get("retry") or not 0 < failed <= _MOST_RETRIED:
            return report
        again = await self._run_all(bench, found, measured=False)
        duration_s = report.duration_s + again.duration_s
        return replace(report, tests=with_flaky(report.tests, again.tests), duration_s=duration_s)

    async def _run_all(self, bench: Workbench, found: DeclaredTests, *, measured: bool) -> ToolReport:
        """Each command, one after another. unittest may find nothing where another command names the folder."""
        commands = [replace(found, words=words) for words in (found.words, *found.more)]
        reports = [await self._run_once(bench, one, measured, append=one is not commands[0]) for one in commands]
        ran = [report for report in reports if report.tests or not found.more or found.words[0] != "-m"] or reports
        tests = {test.id: test for report in reversed(ran) for test in report.tests}
        worst = next((report for report in ran if report.problem), ran[-1])
        return replace(worst, tests=tuple(tests.values()), duration_s=sum(report.duration_s for report in reports))

    async def _run_once(self, bench: Workbench, found: DeclaredTests, measured: bool, append: bool) -> ToolReport:
        UntrustedFolder(bench.out).remove(_REPORT)
        write_input(bench.out, "record_tests.py", _RECORDER.read_text("utf-8"))
        out = bench.paths.out
        program = (f"{out}/record_tests.py", f"{out}/{_REPORT}", *_without_stops(found.words))
        argv = (bench.executable("python"), *program)
        if measured:
            more = ("--append",) if append else ()
            argv = (
                *start_module(bench, "coverage"),
                "run",
                *more,
                *pytest_coverage.run_arguments(bench.project),
                *program,
            )
        variables = placed_variables(bench, found.variables)
        environment = {**on_path(bench), **variables, **pytest_coverage.environment(bench), "PYTHONUNBUFFERED": "1"}
        finished = await execute(bench, argv, environment)
        try:
            report = parse_json(read_output(bench.out, _REPORT), "the record of the tests")
            tests = tuple(_tests(report, bench))
        except BadReport as error:
            return replace(failed_to_run("unittest", "", finished, str(error)), found_in=found.found_in)
        if not tests:
            problem = f"{' '.join(found.words)} ran no test." if finished.exit_code else ""
            advice = "" if problem else "No tests were found."
            made = make_report("unittest", "", finished, problem=problem, advice=advice, completed=not problem)
            return replace(made, found_in=found.found_in)
        unexplained = finished.exit_code and not any(test.outcome == "failed" for test in tests)
        problem = exit_without_failure("unittest", finished.exit_code) if unexplained else ""
        made = make_report("unittest", "", finished, tests=tests, problem=problem)
        if measured:
            files, trouble = await pytest_coverage.collect(bench, PytestConfig())
            made = replace(made, coverage=files, coverage_problem=trouble)
        return replace(made, found_in=found.found_in)


def _without_stops(words: tuple[str, ...]) -> Iterator[str]:
    """All tests run, in one process, which is the one that is measured."""
    before = ""
    for word in words:
        number_of_processes = before == "--parallel" and re.fullmatch(r"\d+|auto", word)
        if word not in _FLAGS and not word.startswith("--parallel=") and not number_of_processes:
            yield word
        before = word


def _tests(report: object, bench: Workbench) -> Iterator[TestCase]:
    for one in report if isinstance(report, list) else ():
        if isinstance(one, dict) and one.get("outcome") in ("passed", "failed", "skipped"):
            path, seconds = valid_unicode(str(one.get("path") or "")), one.get("duration_s")
            outside = path.startswith(("..", "/")) or not path
            yield TestCase(
                bench.project.inside_repository(valid_unicode(str(one.get("id")))),
                one["outcome"],
                "" if outside else bench.relative(path),
                non_negative(one.get("line")),
                valid_unicode(str(one.get("message") or "")),
                float(seconds) if isinstance(seconds, int | float) else 0.0,
            )


tool = Unittest()
