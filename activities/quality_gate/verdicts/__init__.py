"""From what the tools said to a check's verdict: pure, by formulas that a person can do again.

- findings (linting, security, static_analysis, dependencies): 100 minus 40 for each new critical finding, 10 for
  each error, 3 for each warning, 1 for each notice; not below 0.
- tests: 100 x (passed + flaky / 2) / (passed + flaky + newly failed). What fails in the base too is not counted.
- coverage: 100 when the minimum of the changed lines is reached, else 100 x reached / minimum.
- performance: 100 x benchmarks that are not slower / benchmarks compared, and only with `mode: fail`.

A check that timed out or could not look at everything scores 0; one that is neutral, skipped or cancelled has no
score. Never green for what was not looked at: a tool's problem is an error, its advice makes the check neutral.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import Final

from activities.model import SEVERITIES, CheckPlan, CheckResult, Finding, QualityCheck, Status, ToolReport
from activities.quality_gate.verdicts import benchmarks, coverage, tests
from activities.quality_gate.verdicts import findings as by_findings
from activities.quality_gate.verdicts.types import Case, Verdict

_WAYS: Final[Mapping[str, Callable[[Case], Verdict]]] = {
    "unit_tests": tests.verdict,
    "integration_tests": tests.verdict,
    "coverage": coverage.verdict,
    "performance": benchmarks.verdict,
}


def judge(
    plan: CheckPlan,
    head: tuple[ToolReport, ...],
    base: tuple[ToolReport, ...] | None,
    changed_lines: Mapping[str, frozenset[int]],
    accepted: Set[str] = frozenset(),
    *,
    renamed: Mapping[str, str] | None = None,
) -> CheckResult:
    """The verdict on one check of one head.

    The reports' findings carry their fingerprints (`fingerprints.fingerprinted`). `base` is None or empty where
    there is nothing to compare with: then everything is new. `changed_lines`: path in the head to 1-based lines that
    the change wrote. `accepted`: fingerprints of the accepted baseline. `renamed`: path in the base to path in the
    head. `result_id`, `duration_s` and `cached` are the caller's to fill in.
    """
    if not plan.applies or not head:
        return _skipped(plan)
    case = Case(plan, head, base or (), changed_lines, accepted, renamed or {})
    verdict = _WAYS.get(plan.name, by_findings.verdict)(case)
    status = _status(head, verdict)
    findings = tuple(sorted((replace(each, check=plan.name) for each in verdict.findings), key=_worst_first))
    check = QualityCheck(
        name=plan.name,
        status=status,
        score=_score(status, verdict),
        required=plan.required,
        reason=_reason(head, verdict, status),
        weight=plan.weight,
        new_findings=sum(each.new for each in findings),
        known_findings=sum(not each.new for each in findings),
        metrics=verdict.metrics,
    )
    return CheckResult(check, findings, tuple(replace(report, findings=()) for report in head))


def _skipped(plan: CheckPlan) -> CheckResult:
    reason = plan.reason or "Nothing in this repository answers this check."
    return CheckResult(QualityCheck(plan.name, "skipped", None, plan.required, reason, plan.weight))


def _status(head: tuple[ToolReport, ...], verdict: Verdict) -> Status:
    if any(report.timed_out for report in head):
        return "timed_out"
    if any(report.problem or not report.completed for report in head):
        return "error"
    if verdict.failed:
        return "failed"
    return "neutral" if verdict.neutral or any(report.advice for report in head) else "passed"


def _score(status: Status, verdict: Verdict) -> float | None:
    if status in {"timed_out", "error"}:
        return 0.0
    return None if status == "neutral" or verdict.score is None else round(verdict.score, 1)


def _reason(head: tuple[ToolReport, ...], verdict: Verdict, status: Status) -> str:
    """What went wrong with looking comes first; each sentence once, whatever number of rounds said it."""
    told = [_problem(report) for report in head] + [report.advice for report in head]
    own = verdict.reason if status != "neutral" or not verdict.neutral else f"{verdict.reason} {verdict.neutral}"
    return " ".join(dict.fromkeys(sentence.strip() for sentence in [*told, own] if sentence.strip()))


def _problem(report: ToolReport) -> str:
    if report.problem:
        return report.problem
    if report.timed_out:
        return f"{report.tool} ran out of time."
    return "" if report.completed else f"{report.tool} gave no usable answer."


def _worst_first(finding: Finding) -> tuple[bool, int, str, int, int]:
    return (not finding.new, -SEVERITIES.index(finding.severity), finding.path, finding.line, finding.column)
