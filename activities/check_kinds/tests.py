"""Checks by tests: fail on a test that fails here and not in the base."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from activities.check_kinds import findings, run_all, without_empty_suites
from activities.check_kinds.failures import failing_line, short_reason
from activities.check_kinds.fewer_tests import as_on_head, missing_tests
from activities.check_kinds.flaky import KnownFlaky, tried_again_on_base, tried_again_on_head
from activities.check_kinds.quarantine import entry_of
from activities.check_options import TestsCommand
from activities.checking import CheckKind, ComparedTree, Comparison, Options, Reports, ToolRun, check_result
from activities.fingerprints import failure_fingerprint
from activities.model import CheckResult, Finding, Severity, TestCase, ToolReport
from activities.reporting.reasons import (
    fewer_tests_reason,
    flaky_history,
    quarantine_over,
    quarantined_until,
    tests_reason,
)
from activities.reporting.wording import shortened

_NAMED = 20
"""Names in the metrics at most; all of them are among the findings."""


def kind(select: str, *, coverage: bool) -> CheckKind:
    """`select` is `unit` or `integration`. With `coverage` the run is measured, for the check that reads it."""

    async def measure(
        check: str, head: ComparedTree, base: ComparedTree | None, options: Options
    ) -> tuple[Reports, Reports]:
        """The base runs only the tests that fail on the head, unless its run is stored; all of its own where the head
        has none left. Its stored run also says which of its tests did not run on the head."""

        async def run_failing(base: ComparedTree, tool_run: ToolRun) -> ToolReport:
            if report := await base.stored(tool_run, run_options):
                return report
            own = {case.id for report in found if report.tool == tool_run.tool.name for case in report.tests}
            if own and not own & failing:  # all that fails is another tool's
                return ToolReport(tool_run.tool.name, partial=True)
            only = tuple(sorted(own & failing or failing))
            report = await base.run(tool_run, {**once, "only": only})
            return replace(report, partial=True)

        async def run_flaky(base: ComparedTree, tool_run: ToolRun) -> ToolReport:
            report = await run_failing(base, tool_run)
            return await tried_again_on_base(base, tool_run, report, still_failing, once) if still_failing else report

        run_options = {"select": select, "coverage": coverage, "retry": True}
        once = {**run_options, "coverage": False, "retry": False}
        found = await run_all(head, check, run_options)
        known = options.get("known_flaky")
        still_failing: set[str] = set()
        if isinstance(known, KnownFlaky):
            ran = zip(await head.tool_runs(check), found, strict=True)
            found = tuple([await tried_again_on_head(head, *each, known, once) for each in ran])
            tests = [case for report in found for case in report.tests if case.outcome == "failed"]
            still_failing = {case.id for case in tests if known.covers(case)}
        failing = {case.id for report in found for case in report.tests if case.outcome == "failed"}
        none_left = all(report.completed and report.advice and not report.tests for report in found)
        if base is None:
            return found, ()
        tool_runs = await base.tool_runs(check)
        if not (failing or none_left):
            stored = [await base.stored(each, run_options) for each in tool_runs]
            return found, tuple(report for report in stored if report)
        if not failing:
            nothing = tuple(ToolReport(each.tool.name) for each in tool_runs)
            return found or nothing, await run_all(base, check, run_options)
        return found, tuple(await asyncio.gather(*(run_flaky(base, each) for each in tool_runs)))

    return CheckKind(measure, judge, TestsCommand, urgent=True, accepted_until=True)


def judge(comparison: Comparison) -> CheckResult:
    """A command that speaks in findings instead of tests is judged by those."""
    tests = [(report.tool, each) for report in comparison.head for each in report.tests]
    if not tests and any(report.findings for report in comparison.head):
        return findings.judge(comparison)
    comparison, empty = without_empty_suites(comparison)
    tests, quarantined = _without_quarantined(comparison, tests)
    failing, flaky, accepted = _failing_flaky_and_accepted(comparison, tests)
    failed, known = [each for each in failing if each.new], [each for each in failing if not each.new]
    passed = sum(each.outcome == "passed" for _, each in tests)
    skipped = sum(each.outcome == "skipped" for _, each in tests)
    in_base = sum(len(report.tests) for report in comparison.base)
    not_run = missing_tests(comparison)
    ran = passed + len(flaky) + len(failed)
    named = _names(failed), _names(known), _names(flaky)
    reason = tests_reason(passed, *named, skipped, in_base, _names(accepted), _names(quarantined))
    history = {each.test: each.recent for each in comparison.plan.flaky}
    seen = {name: history[name] for name in (*_names(failed), *_names(known), *_names(flaky)) if name in history}
    reason = f"{reason} {flaky_history(seen)}".strip()
    over = comparison.plan.judging.get("quarantine_over") or ()
    reason = " ".join((reason, *(quarantine_over(each["test"], each["until"]) for each in over)))
    fewer = fewer_tests_reason(not_run, comparison.removed_tests) if tests else ""
    return check_result(
        comparison,
        (*failed, *known, *accepted, *quarantined, *flaky),
        failed=bool(failed) or (not (tests or quarantined) and in_base > 0),
        score=100.0 * (passed + len(flaky) / 2) / ran if ran else None,
        reason=" ".join(filter(None, (reason, fewer, empty))),
        metrics={
            "passed": passed,
            "failed": len(failing) + len(accepted) + len(quarantined),
            "skipped": skipped,
            "flaky": len(flaky),
            "known_failures": _names(known)[:_NAMED],
            "flaky_tests": _names(flaky)[:_NAMED],
            **({"new_failures": _names(failed)[:_NAMED]} if failed else {}),
            **({"other_failures": _names([*accepted, *quarantined])[:_NAMED]} if accepted or quarantined else {}),
            **({"not_run": len(not_run), "not_run_tests": list(map(shortened, not_run[:_NAMED]))} if not_run else {}),
        },
        neutral=not ran,
    )


def _without_quarantined(
    comparison: Comparison, tests: Sequence[tuple[str, TestCase]]
) -> tuple[list[tuple[str, TestCase]], list[Finding]]:
    """The tests without those that failed and are in quarantine, and these as findings with the reason for it."""
    entries = comparison.plan.judging.get("quarantine") or ()
    kept: list[tuple[str, TestCase]] = []
    held: list[Finding] = []
    for tool, test in tests:
        if test.outcome == "failed" and (entry := entry_of(entries, test.id)):
            why = quarantined_until(entry["until"], entry["reason"])
            shown = replace(test, message=f"{why} {test.message}")
            held.append(_finding(comparison, tool, shown, "warning", known=True))
        else:
            kept.append((tool, test))
    return kept, held


def _failing_flaky_and_accepted(
    comparison: Comparison, tests: Sequence[tuple[str, TestCase]]
) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """The third are failures that the base does not have and somebody accepted. A test that fails in the base too is
    known by its name: why it fails there is not compared. A flaky one passed in the
    end: it is shown as known."""
    in_base = {as_on_head(comparison, test): test.outcome for report in comparison.base for test in report.tests}
    failing: list[Finding] = []
    flaky: list[Finding] = []
    accepted: list[Finding] = []
    for tool, test in tests:
        before = in_base.get((test.path, test.id), "passed")
        if test.outcome == "failed":
            found = _finding(comparison, tool, test, "error", known=before == "failed")
            (accepted if found.fingerprint in comparison.accepted and found.new else failing).append(found)
        elif test.outcome == "flaky":
            flaky.append(_finding(comparison, tool, test, "warning", known=True))
    return failing, flaky, [replace(each, new=False) for each in accepted]


def _finding(comparison: Comparison, tool: str, test: TestCase, severity: Severity, *, known: bool) -> Finding:
    title, reason = shortened(test.id), short_reason(test.message) or test.outcome
    return Finding(
        comparison.plan.name, tool, test.outcome, test.path, failing_line(test), f"{title}: {reason}", severity,
        fingerprint=failure_fingerprint(test), new=not known, title=title, details=test.message,
    )  # fmt: skip


def _names(findings: Sequence[Finding]) -> list[str]:
    return [each.title for each in findings]
