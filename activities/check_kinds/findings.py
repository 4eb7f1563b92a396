"""Checks by new findings: linting, security, static analysis, dependencies, and most checks of third parties."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from activities.check_kinds import run_all
from activities.check_options import FindingsCommand
from activities.checking import CheckKind, ComparedTree, Comparison, Options, Reports, check_result
from activities.defaults import PENALTIES
from activities.fingerprints import split
from activities.model import SEVERITIES, CheckResult, Finding, ToolReport
from activities.reporting.reasons import findings_reason, not_asked_reason, other_version


async def measure(
    check: str, head: ComparedTree, base: ComparedTree | None, options: Options
) -> tuple[Reports, Reports]:
    """The base is measured only when the head has findings: with none, nothing can be new."""
    found = await run_all(head, check)
    if base is None or not any(report.findings for report in found):
        return found, ()
    return found, await run_all(base, check)


def judge(comparison: Comparison) -> CheckResult:
    """Fails on a new finding of `fail_on` or worse, except that `critical_allowed` critical ones are let through.

    A tool that could not look at the base tells nothing of what is new; there the changed lines decide: what lies
    elsewhere is taken for the base's. What a tool finds that nobody asked for is shown and counts for nothing, unless
    it is a danger.
    """
    found = [_as_asked(report, each) for report in comparison.head for each in report.findings]
    ignored = comparison.ignored(each.path for each in found)
    least = SEVERITIES.index(comparison.plan.judging.get("severity", "notice"))
    counted = [each for each in found if each.path not in ignored and SEVERITIES.index(each.severity) >= least]
    unchecked = {report.tool for report in comparison.base if not report.completed or report.timed_out}
    base = [each for report in comparison.base if report.tool not in unchecked for each in report.findings]
    for each in (finding for finding in counted if finding.tool in unchecked):
        lines = comparison.changed.get(each.path)
        if lines is None or (each.line and each.line not in lines):
            base.append(each)
    left_out = len(found) - len(counted)
    new, known = split(
        counted, base, renamed=comparison.renamed, accepted=comparison.accepted, changed=comparison.changed
    )
    blocking = [each for each in new if not each.informational]
    counts = Counter(finding.severity for finding in blocking)
    by_severity: dict[str, int] = {severity: counts[severity] for severity in reversed(SEVERITIES) if counts[severity]}
    only_shown = len(new) - len(blocking)
    # Beside a tool that was asked for, what nobody asked for and the base has too says nothing of the change.
    asked = any(not report.informational for report in comparison.head)
    shown = {each.tool for each in (new if asked else (*new, *known)) if each.informational}
    informs = [r for r in comparison.head if r.informational and (r.tool in shown or r.problem or not r.completed)]
    others = dict.fromkeys(other_version(r.tool, r.version, r.wanted) for r in informs if r.wanted)
    not_asked = not_asked_reason({r.tool for r in informs if not r.wanted}, only_shown)
    reason = findings_reason(by_severity, len(known), sorted(unchecked), only_shown)
    return check_result(
        comparison,
        (*new, *known),
        failed=_fails(comparison, blocking),
        score=max(0.0, 100.0 - sum(PENALTIES[each.severity] for each in blocking)),
        reason=" ".join(filter(None, (reason, *others, not_asked))),
        metrics={"new": by_severity, "known": len(known), "ignored": left_out, "informational": only_shown},
        neutral=bool(informs),
    )


def _as_asked(report: ToolReport, finding: Finding) -> Finding:
    """Security is the exception to what only informs: a critical finding, or an error of which the tool is sure."""
    danger = finding.severity == "critical" or (finding.severity == "error" and finding.confidence == "high")
    return replace(finding, informational=True, fixable=False) if report.informational and not danger else finding


def _fails(comparison: Comparison, new: Sequence[Finding]) -> bool:
    fail_on = str(comparison.plan.judging.get("fail_on") or "warning")
    if fail_on == "never":
        return False
    bad = [each for each in new if SEVERITIES.index(each.severity) >= SEVERITIES.index(fail_on)]
    allowed = comparison.plan.judging.get("critical_allowed")
    if allowed is None:
        return bool(bad)
    critical = sum(each.severity == "critical" for each in new)
    return critical > allowed or any(each.severity != "critical" for each in bad)


KIND = CheckKind(measure, judge, FindingsCommand)
