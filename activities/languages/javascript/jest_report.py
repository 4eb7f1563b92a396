"""The JSON report of jest, which vitest writes too."""

from collections.abc import Iterator
from typing import Literal

from activities.languages.javascript.test_runs import Tests, line_in_trace, short_message
from activities.model import TestCase
from activities.reports import BadReport, non_negative, parse_json, valid_unicode
from activities.tool_reports import with_unique_ids
from activities.tooling import Workbench


def read_jest(data: bytes, bench: Workbench) -> Tests:
    """The JSON that jest writes, and vitest too: a list of files, each with its tests. Raises `BadReport`."""
    report = parse_json(data, "The test report")
    files = report.get("testResults") if isinstance(report, dict) else None
    if not isinstance(report, dict) or not isinstance(files, list):
        raise BadReport("The test report has no testResults.")
    tests = with_unique_ids(test for file in files if isinstance(file, dict) for test in _jest_tests(file, bench))
    outside = report.get("success") is False and not any(test.outcome == "failed" for test in tests)
    return tests, "The test run failed outside of its tests: see its output." if outside else ""


def _jest_tests(file: dict[str, object], bench: Workbench) -> Iterator[TestCase]:
    path = bench.relative(valid_unicode(str(file.get("name", ""))))
    cases = file.get("assertionResults")
    cases = [case for case in cases if isinstance(case, dict)] if isinstance(cases, list) else []
    if file.get("status") == "failed" and not any(case.get("status") == "failed" for case in cases):
        yield TestCase(f"{path}::(file)", "failed", path, message=short_message(file.get("message")))
    for case in cases:
        yield _jest_test(path, case)


def _jest_test(path: str, case: dict[str, object]) -> TestCase:
    groups, messages, place = case.get("ancestorTitles"), case.get("failureMessages"), case.get("location")
    names = [*(groups if isinstance(groups, list) else []), case.get("title", "")]
    duration = case.get("duration")
    message = short_message("\n".join(map(str, messages)) if isinstance(messages, list) else "")
    return TestCase(
        id=f"{path}::" + valid_unicode(" > ".join(str(name) for name in names if name)),
        outcome=_outcome(case),
        path=path,
        line=non_negative(place.get("line")) if isinstance(place, dict) else line_in_trace(message, path),
        message=message,
        duration_s=float(duration) / 1000 if isinstance(duration, int | float) else 0.0,
    )


def _outcome(case: dict[str, object]) -> Literal["passed", "failed", "skipped", "flaky"]:
    """`invocations` above 1 is jest's own retry (`jest.retryTimes`): a pass on the second try is flaky."""
    match case.get("status"):
        case "passed":
            return "flaky" if non_negative(case.get("invocations")) > 1 else "passed"
        case "failed":
            return "failed"
        case _:
            return "skipped"
