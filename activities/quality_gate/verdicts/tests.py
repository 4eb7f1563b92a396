"""Verdicts by tests: fails on a test that fails here and not in the base."""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.model import Finding, Severity, TestCase
from activities.quality_gate.fingerprints import fingerprint
from activities.quality_gate.verdicts import findings as by_findings
from activities.quality_gate.verdicts.types import Case, Verdict, listed, plural, shortened

_NAMED = 20
"""Names in the metrics at most; all of them are among the findings."""


@dataclass(frozen=True)
class _Sorted:
    """The head's tests by what they mean; `failed` holds those that fail for the first time."""

    passed: int
    skipped: int
    failed: tuple[Finding, ...]
    known: tuple[Finding, ...]
    flaky: tuple[Finding, ...]


def verdict(case: Case) -> Verdict:
    """See `judging` for the formula. A command that speaks in findings instead of tests is judged by those."""
    tests = [(report.tool, each) for report in case.head for each in report.tests]
    if not tests and any(report.findings for report in case.head):
        return by_findings.verdict(case)
    found = _sort(case, tests)
    ran = found.passed + len(found.flaky) + len(found.failed)
    return Verdict(
        failed=bool(found.failed) or (not tests and any(report.tests for report in case.base)),
        score=100.0 * (found.passed + len(found.flaky) / 2) / ran if ran else None,
        reason=_reason(case, found, len(tests)),
        findings=(*found.failed, *found.known, *found.flaky),
        metrics=_metrics(found),
        neutral="" if ran else "Nothing was shown, so this does not judge.",
    )


def _sort(case: Case, tests: Sequence[tuple[str, TestCase]]) -> _Sorted:
    in_base = {_moved(case, each): each.outcome for report in case.base for each in report.tests}
    failing, flaky = [], []
    for tool, test in tests:
        before = in_base.get((test.path, test.id), "passed")
        if test.outcome == "failed":
            failing.append(_finding(case, tool, test, "failed", "error", known=before == "failed"))
        elif test.outcome == "flaky":
            flaky.append(_finding(case, tool, test, "flaky", "warning", known=before in {"failed", "flaky"}))
    return _Sorted(
        passed=sum(each.outcome == "passed" for _, each in tests),
        skipped=sum(each.outcome == "skipped" for _, each in tests),
        failed=tuple(each for each in failing if each.new),
        known=tuple(each for each in failing if not each.new),
        flaky=tuple(flaky),
    )


def _moved(case: Case, test: TestCase) -> tuple[str, str]:
    """A base's test as the head calls it: most runners begin a test's id with its file."""
    new = case.renamed.get(test.path)
    return (test.path, test.id) if new is None else (new, test.id.replace(test.path, new, 1))


def _finding(case: Case, tool: str, test: TestCase, rule: str, severity: Severity, *, known: bool) -> Finding:
    mark = fingerprint(rule, test.path, test.id)
    message = f"{shortened(test.id)}: {test.message[:2000] or rule}"
    new = not known and mark not in case.accepted
    return Finding(case.plan.name, tool, rule, test.path, test.line, message, severity, fingerprint=mark, new=new)


def _metrics(found: _Sorted) -> dict[str, object]:
    return {
        "passed": found.passed,
        "failed": len(found.failed) + len(found.known),
        "skipped": found.skipped,
        "flaky": len(found.flaky),
        "known_failures": [_name(each) for each in found.known[:_NAMED]],
        "flaky_tests": [_name(each) for each in found.flaky[:_NAMED]],
    }


def _reason(case: Case, found: _Sorted, tests: int) -> str:
    if not tests:
        before = sum(len(report.tests) for report in case.base)
        return f"The base has {plural(before, 'test')}, this change leaves none." if before else "No test was found."
    parts = [f"{found.passed} passed"]
    parts += [f"{len(found.failed)} newly failed ({_names(found.failed)})"] if found.failed else []
    parts += [f"{len(found.known)} failed as in the base ({_names(found.known)})"] if found.known else []
    parts += [f"{len(found.flaky)} flaky ({_names(found.flaky)})"] if found.flaky else []
    parts += [f"{found.skipped} skipped"] if found.skipped else []
    return ", ".join(parts) + "."


def _names(findings: Sequence[Finding]) -> str:
    return listed((_name(each) for each in findings), 3)


def _name(finding: Finding) -> str:
    return finding.message.partition(": ")[0]
