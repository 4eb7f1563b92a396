"""jasmine: the tests of a package whose test script starts it, with coverage by c8 or nyc where one is installed."""

from typing import Literal

from activities.languages.javascript.launchers import copy_launcher
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import RunnerStart, ScriptRunner, Tests, line_in_trace, short_message
from activities.model import TestCase
from activities.reports import BadReport, parse_json, valid_unicode
from activities.tool_reports import with_unique_ids
from activities.tooling import ToolDetection, Workbench

# jasmine 3.1 is the oldest version that is supported. What stops it early is switched off by our reporter.
_FLAGS = ("--fail-fast", "--stop-on-failure", "--verbose", "--color", "--no-color", "--reporter")
_OUTCOMES: dict[object, Literal["passed", "failed"]] = {"passed": "passed", "failed": "failed"}


class Jasmine(ScriptRunner):
    name = "jasmine"
    report = "jasmine.json"
    detection = ToolDetection(
        other_files=("spec/support/jasmine.*", "jasmine.json", ".nycrc", ".nycrc.*", ".c8rc.json"),
        other_sections=("nyc", "c8"),
        plugin_options=("helpers", "requires", "reporters"),
        scripts=TEST_SCRIPTS,
    )

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """Given files take the place of those of its configuration."""
        own = without_options(start.call.args, _FLAGS, ())
        reporter = f"--reporter={copy_launcher(bench, 'jasmine_reporter.cjs')}"
        return start.measured_by(bench, start.binary, *own, reporter, *start.files)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        """Only jasmine 5 names the files of tests."""
        report = parse_json(data, "jasmine's report")
        cases = report.get("tests") if isinstance(report, dict) else None
        if not isinstance(cases, list):
            raise BadReport("The report is not that of jasmine's reporter.")
        return with_unique_ids(_test(case, bench) for case in cases if isinstance(case, dict)), ""


def _test(case: dict[str, object], bench: Workbench) -> TestCase:
    path, duration = bench.relative(valid_unicode(str(case.get("file") or ""))), case.get("duration")
    message = short_message(case.get("message"))
    return TestCase(
        id=f"{path}::{valid_unicode(str(case.get('name', '')))}",
        outcome=_OUTCOMES.get(case.get("status"), "skipped"),
        path=path,
        line=line_in_trace(message, path),
        message=message,
        duration_s=float(duration) / 1000 if isinstance(duration, int | float) else 0.0,
    )


tool = Jasmine()
