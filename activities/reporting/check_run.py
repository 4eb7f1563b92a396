"""What a check run says: the verdict, what is new, what was measured, what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from activities.model import CheckResult, Finding, QualityCheck, Status, ToolReport
from activities.reporting.annotations import SHOWN, Annotation, annotations, shown, worst_first
from activities.reporting.links import Links
from activities.reporting.markdown import code, cut_lines, escape_markdown, folded, one_line, table
from activities.reporting.metrics import measured

Conclusion = Literal["success", "failure", "neutral", "skipped", "timed_out", "cancelled", "action_required"]

FIX, RETEST, ACCEPT_BASELINE = "fix", "retest", "accept-baseline"
"""The identifiers of the buttons, as they come back in `requested_action`."""

SUMMARY_LIMIT = 65_000
_LISTED, _KNOWN = 300, 100

ICONS: Mapping[Status, str] = {
    "passed": "✅", "failed": "❌", "neutral": "⚪", "skipped": "⏭️", "timed_out": "⏱️", "cancelled": "🚫", "error": "💥",
}  # fmt: skip
_CONCLUSIONS: Mapping[Status, Conclusion] = {
    "passed": "success", "failed": "failure", "neutral": "neutral", "skipped": "skipped",
    "timed_out": "timed_out", "cancelled": "cancelled", "error": "failure",
}  # fmt: skip
_VERDICTS: Mapping[Status, str] = {
    "passed": "Passed", "failed": "Failed", "neutral": "Not judged", "skipped": "Does not apply",
    "timed_out": "Ran out of time", "cancelled": "Cancelled", "error": "Could not run",
}  # fmt: skip
_MARKS = {"notice": "💬", "warning": "⚠️", "error": "❌", "critical": "🛑"}


@dataclass(frozen=True)
class Button:
    """GitHub's limits: label 20, description 40, identifier 20 characters; three buttons a run."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class CheckRunOutput:
    """How a check run ends."""

    conclusion: Conclusion
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[Button, ...] = ()


FIX_BUTTON = Button("Fix", "Commit the fixes that tools hold safe", FIX)
RETEST_BUTTON = Button("Retest", "Run this again", RETEST)
ACCEPT_BUTTON = Button("Accept baseline", "Count these findings as known", ACCEPT_BASELINE)


def check_ending(judged: CheckResult, places: Links) -> CheckRunOutput:
    """Everything a check run shows when it is over."""
    check = judged.check
    return CheckRunOutput(
        conclusion=_CONCLUSIONS[check.status],
        title=one_line(check.reason or _VERDICTS[check.status], 200),
        summary="\n".join(cut_lines(_summary(judged, places), SUMMARY_LIMIT)),
        annotations=annotations(judged.findings),
        buttons=_buttons(judged),
    )


def _summary(judged: CheckResult, places: Links) -> list[str]:
    new = [finding for finding in judged.findings if finding.new]
    known = [finding for finding in judged.findings if not finding.new]
    return [
        *_verdict(judged.check),
        *_troubles(judged.reports),
        *measured(judged),
        *_new(judged, new, places),
        *_known(judged.check, known, places),
        *_next(judged.check, new),
        *_tools(judged.reports, judged.check.cached),
    ]


def _verdict(check: QualityCheck) -> list[str]:
    score = "" if check.score is None else f" Score {check.score:.0f} of 100."
    optional = "" if check.required else " The gate does not require this check."
    reason = f" {escape_markdown(check.reason, 1000)}" if check.reason else ""
    return [f"{ICONS[check.status]} **{_VERDICTS[check.status]}.**{reason}{score}{optional}", ""]


def _troubles(reports: Sequence[ToolReport]) -> list[str]:
    """What a tool could not do or look at: never left unsaid, since green must mean that everything was seen."""
    said = [(report.tool, text) for report in reports for text in (report.problem, report.advice) if text]
    lines = [f"> ⚠️ {code(tool)}: {escape_markdown(text, 1000)}" for tool, text in dict.fromkeys(said)]
    return [line for quoted in lines for line in (quoted, "")]


def _new(judged: CheckResult, findings: Sequence[Finding], places: Links) -> list[str]:
    if not findings:
        return []
    count = len(findings)
    lines = [f"### {count:,} new finding{'s' if count > 1 else ''}", "", *_findings(findings, _LISTED, places)]
    without_place = len(shown(findings)) - SHOWN
    if without_place > 0:
        lines += ["", f"The worst {SHOWN} are shown beside the code; {without_place:,} more are not."]
    return [*lines, ""]


def _known(check: QualityCheck, findings: Sequence[Finding], places: Links) -> list[str]:
    count = max(len(findings), check.known_findings)
    if not count:
        return []
    title = f"{count:,} known finding{'s' if count > 1 else ''}, not counted"
    return [*(folded(title, _findings(findings, _KNOWN, places)) or [f"{title}."]), ""]


def _findings(findings: Sequence[Finding], limit: int, places: Links) -> list[str]:
    rows = [_finding(finding, places) for finding in worst_first(findings, limit)]
    if not rows:
        return []
    lines = table(("", "Where", "Rule", "What"), rows)
    more = len(findings) - len(rows)
    return [*lines, "", f"… {more:,} more."] if more else lines


def _finding(finding: Finding, places: Links) -> tuple[str, str, str, str]:
    rule = " ".join(code(part, 80) for part in (finding.tool, finding.rule) if part)
    wrench = " 🔧" if finding.fixable else ""
    return _MARKS[finding.severity], places.finding(finding), rule, escape_markdown(finding.message) + wrench


def _next(check: QualityCheck, new: Sequence[Finding]) -> list[str]:
    steps = []
    if fixable := sum(finding.fixable for finding in new):
        them = "the fix" if fixable == 1 else f"the {fixable:,} fixes"
        steps.append(f"**Fix** commits {them} that the tools hold safe (🔧).")
    if check.status in ("timed_out", "error", "cancelled"):
        steps.append(
            "**Retest** or `/retest` runs it again; if it ends the same way, what is said above names the cause."
        )
    if check.status == "failed" and new:
        steps.append("Mend what is new, or press **Accept baseline** to count it as known.")
    return ["### What next", "", *(f"- {step}" for step in steps), ""] if steps else []


def _tools(reports: Sequence[ToolReport], cached: bool) -> list[str]:
    if not reports:
        return []
    ran = [" ".join(code(part, 60) for part in (report.tool, report.version) if part) for report in reports]
    source = "The stored result of the same tree and tools: " if cached else "Looked with "
    return [f"<sub>{source}{', '.join(dict.fromkeys(ran))}.</sub>"]


def _buttons(judged: CheckResult) -> tuple[Button, ...]:
    check = judged.check
    if check.status == "skipped":
        return ()
    new = [finding for finding in judged.findings if finding.new]
    fix = [FIX_BUTTON] if any(finding.fixable for finding in new) else []
    accept = [ACCEPT_BUTTON] if check.status in ("failed", "neutral") and (new or check.new_findings) else []
    return (*fix, RETEST_BUTTON, *accept)
