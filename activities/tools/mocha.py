"""mocha: the tests of a package whose test script starts it, with coverage by c8 or nyc where one is installed."""

import re
from typing import Literal

from activities.languages.javascript.launchers import copy_launcher
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import RunnerStart, ScriptRunner, Tests, short_message
from activities.model import TestCase
from activities.reports import BadReport, non_negative, parse_json, valid_unicode
from activities.tool_reports import with_unique_ids
from activities.tooling import ToolDetection, Workbench

# mocha 6 is the oldest version that is supported; it knows every option that is given here.
_FLAGS = ("--watch", "-w", "--bail", "-b", "--no-bail", "--dry-run", "--list-files")
_VALUED = ("--reporter", "-R", "--reporter-option", "--reporter-options", "-O")


class Mocha(ScriptRunner):
    name = "mocha"
    report = "mocha.json"
    detection = ToolDetection(
        keys=("mocha",),
        other_files=(".mocharc.*", ".nycrc", ".nycrc.*", ".c8rc.json", "mocha.opts"),
        other_sections=("nyc", "c8"),
        plugin_options=("require", "r", "file", "ui", "loader", "import", "node-option"),
        scripts=TEST_SCRIPTS,
    )

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """mocha adds files to those of its configuration, so the failed ones are run beside the others of it."""
        report = ("--reporter", copy_launcher(bench, "mocha_reporter.cjs"), "--no-bail")
        given = (*without_options(start.call.args, _FLAGS, _VALUED), *report, *start.files)
        argv = start.by_launcher(copy_launcher(bench, "mocha.mjs"), start.call.args, given)
        return start.measured_by(bench, *argv)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        """Our reporter's three lists, as those of mocha's own JSON, hold the same kind of object; a failing hook is
        listed as a failure only."""
        report = parse_json(data, "mocha's report")
        if not isinstance(report, dict) or "stats" not in report:
            raise BadReport("The report is not mocha's JSON.")
        tests: list[TestCase] = []
        for key in ("passes", "failures", "pending"):
            cases = report.get(key)
            listed = cases if isinstance(cases, list) else []
            tests += [_test(case, key, bench) for case in listed if isinstance(case, dict)]
        return with_unique_ids(tests), ""


def _test(case: dict[str, object], key: str, bench: Workbench) -> TestCase:
    path, error = bench.relative(valid_unicode(str(case.get("file") or ""))), case.get("err")
    stack = error.get("stack") or error.get("message") if isinstance(error, dict) else ""
    message, duration = short_message(stack), case.get("duration")
    place = re.search(re.escape(f"{bench.paths.src}/{path}") + r":(\d+)", message) if path else None
    passed: Literal["passed", "flaky"] = "flaky" if non_negative(case.get("currentRetry")) else "passed"
    return TestCase(
        id=f"{path}::{valid_unicode(str(case.get('fullTitle', '')))}",
        outcome=passed if key == "passes" else "failed" if key == "failures" else "skipped",
        path=path,
        line=non_negative(place[1]) if place else 0,
        message=message,
        duration_s=float(duration) / 1000 if isinstance(duration, int | float) else 0.0,
    )


tool = Mocha()
