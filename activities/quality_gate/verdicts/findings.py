"""Verdicts by new findings: linting, security, static analysis, dependencies, and every check of a third party."""

from collections.abc import Sequence

from activities.defaults import CHECKS, CRITICAL_VULNERABILITIES, PENALTIES
from activities.model import SEVERITIES, Finding
from activities.quality_gate.fingerprints import split
from activities.quality_gate.verdicts.types import Case, Verdict, by_severity, listed, plural


def verdict(case: Case) -> Verdict:
    """Fails on a new finding of `fail_on` or worse; dependencies let `critical_allowed` critical ones through."""
    counted, ignored = _counted(case)
    new, known = _compared(case, counted)
    metrics = {"new": by_severity(new), "known": len(known), "ignored": ignored}
    return Verdict(
        failed=_fails(case, new),
        score=max(0.0, 100.0 - sum(PENALTIES[each.severity] for each in new)),
        reason=_reason(case, new, known),
        findings=(*new, *known),
        metrics=metrics,
    )


def _counted(case: Case) -> tuple[list[Finding], int]:
    """The findings that count, and how many do not: in an ignored path, or below `severity`."""
    findings = [each for report in case.head for each in report.findings]
    paths = case.ignored(each.path for each in findings)
    least = SEVERITIES.index(case.plan.judging.get("severity", "notice"))
    counted = [each for each in findings if each.path not in paths and SEVERITIES.index(each.severity) >= least]
    return counted, len(findings) - len(counted)


def _compared(case: Case, counted: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(new, known). A tool that could not look at the base says nothing about what is new; there the changed lines
    decide: what lies elsewhere is taken for the base's."""
    blind = _blind(case)
    base = [each for report in case.base if report.tool not in blind for each in report.findings]
    base += [each for each in counted if each.tool in blind and not _touched(case, each)]
    return split(counted, base, renamed=case.renamed, accepted=case.accepted, changed=case.changed)


def _blind(case: Case) -> set[str]:
    return {report.tool for report in case.base if not report.completed or report.timed_out}


def _touched(case: Case, finding: Finding) -> bool:
    lines = case.changed.get(finding.path)
    return lines is not None and (finding.line == 0 or finding.line in lines)


def _fails(case: Case, new: Sequence[Finding]) -> bool:
    fail_on = _fail_on(case)
    if fail_on == "never":
        return False
    judged = [each for each in new if SEVERITIES.index(each.severity) >= SEVERITIES.index(fail_on)]
    if case.plan.name != "dependencies":
        return bool(judged)
    critical = sum(each.severity == "critical" for each in new)
    allowed = case.plan.judging.get("critical_allowed", CRITICAL_VULNERABILITIES)
    return critical > allowed or any(each.severity != "critical" for each in judged)


def _fail_on(case: Case) -> str:
    default = CHECKS[case.plan.name].fail_on if case.plan.name in CHECKS else ""
    return str(case.plan.judging.get("fail_on") or default or "warning")


def _reason(case: Case, new: Sequence[Finding], known: Sequence[Finding]) -> str:
    counts = [
        plural(number, f"new {severity}") for severity, number in by_severity(new).items() if severity != "critical"
    ]
    if critical := sum(each.severity == "critical" for each in new):
        counts.insert(0, f"{critical} new critical")
    said = f"{', '.join(counts)}; " if counts else "Nothing new; " if known else "Nothing found."
    said += f"{len(known)} known." if known or counts else ""
    if blind := sorted(_blind(case)):
        said += f" {listed(blind)} could not look at the base, so findings on changed lines count as new."
    return said
