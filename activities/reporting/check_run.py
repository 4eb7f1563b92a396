"""What a check's run shows: the verdict, new and known findings, numbers, next steps, annotations and buttons."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal

from activities.model import SEVERITIES, CheckResult, Finding, QualityCheck, Status, ToolReport
from activities.reporting.links import Links
from activities.reporting.markdown import (
    clean,
    code,
    code_block,
    cut_bytes,
    cut_lines,
    escape_markdown,
    folded,
    one_line,
    table,
)
from activities.reporting.metrics import metric_lines
from activities.reporting.tool_failures import first_step
from activities.reporting.wording import plural, score_text

Conclusion = Literal["success", "failure", "neutral", "skipped", "timed_out", "cancelled", "action_required"]
Annotation = Mapping[str, str | int]

FIX, RETEST, ACCEPT_BASELINE = "fix", "retest", "accept-baseline"
"""The identifiers of the buttons, as they come back in `requested_action`."""

SUMMARY_LIMIT = 65_000
ANNOTATED = 500
"""How many of a check's findings become annotations; the summary says how many more there are."""
_LISTED, _LISTED_KNOWN = 300, 100
_LAST_LINES = 20
# OpenAPI: title 255 characters, message 64 KB. GitHub's interface shows lines of any number.
_TITLE, _MESSAGE = 255, 64_000

ICONS: Mapping[Status, str] = {
    "passed": "✅", "failed": "❌", "neutral": "⚪", "skipped": "⏭️", "timed_out": "⏱️", "cancelled": "🚫", "error": "💥",
}  # fmt: skip
_CONCLUSIONS: Mapping[Status, Conclusion] = {
    "passed": "success", "failed": "failure", "neutral": "neutral", "skipped": "skipped",
    "timed_out": "timed_out", "cancelled": "cancelled", "error": "failure",
}  # fmt: skip
_VERDICTS: Mapping[Status, str] = {
    "passed": "Passed", "failed": "Failed", "neutral": "Informational", "skipped": "Not applicable",
    "timed_out": "Timed out", "cancelled": "Cancelled", "error": "Could not run",
}  # fmt: skip
_SEVERITY_ICONS = {"notice": "💬", "warning": "⚠️", "error": "❌", "critical": "🛑"}
_LEVELS = {"notice": "notice", "warning": "warning", "error": "failure", "critical": "failure"}


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


FIX_BUTTON = Button("Fix", "Commit safe automatic fixes", FIX)
RETEST_BUTTON = Button("Retest", "Run this again", RETEST)
ACCEPT_BUTTON = Button("Accept baseline", "Count these findings as known", ACCEPT_BASELINE)


def check_output(result: CheckResult, links: Links) -> CheckRunOutput:
    """Everything a check's run shows when it is completed."""
    check = result.check
    new = [finding for finding in result.findings if finding.new and not finding.informational]
    lines = [
        *_verdict(result),
        *metric_lines(result),
        *_findings(result, links),
        *_next_steps(check, new, result.reports),
        *_tools(result),
    ]
    fix = [FIX_BUTTON] if any(finding.fixable for finding in new) else []
    accept = [ACCEPT_BUTTON] if check.status in ("failed", "neutral") and (new or check.new_findings) else []
    return CheckRunOutput(
        conclusion=_CONCLUSIONS[check.status],
        title=one_line(check.reason or _VERDICTS[check.status], 200),
        summary="\n".join(cut_lines(lines, SUMMARY_LIMIT)),
        annotations=annotations(result.findings),
        buttons=() if check.status == "skipped" else (*fix, RETEST_BUTTON, *accept),
    )


def _verdict(result: CheckResult) -> list[str]:
    """What a tool could not do is never left out: green must mean that everything was checked."""
    check = result.check
    reason = f" {escape_markdown(check.reason, 1000)}" if check.reason else ""
    score = "" if check.score is None else f" Score: {score_text(check.score)} of 100."
    optional = "" if check.required else " This check is optional."
    lines = [f"{ICONS[check.status]} **{_VERDICTS[check.status]}.**{reason}{score}{optional}", ""]
    problems = [(report.tool, text) for report in result.reports for text in (report.problem, report.advice) if text]
    for tool, text in dict.fromkeys(problems):
        lines += [f"> ⚠️ {code(tool)}: {escape_markdown(text, 1000)}", ""]
    for report in result.reports:
        last = [line for line in report.output_tail.splitlines() if line.strip()][-_LAST_LINES:]
        if report.problem and last:
            lines += [*folded(f"The end of the output of {code(report.tool)}", code_block(last)), ""]
    return lines


def _findings(result: CheckResult, links: Links) -> list[str]:
    """The new findings, those that only inform, and folded the known ones."""
    new = [finding for finding in result.findings if finding.new and not finding.informational]
    informational = [finding for finding in result.findings if finding.new and finding.informational]
    known = [finding for finding in result.findings if not finding.new]
    lines = []
    if new:
        lines += [f"### {plural(len(new), 'new finding')}", "", *_finding_table(new, _LISTED, links), ""]
        left_out = sum(bool(finding.path) for finding in new) - ANNOTATED
        if left_out > 0:
            lines += [f"The worst {ANNOTATED} are annotated in the diff; {left_out:,} more are not.", ""]
    if informational:
        title = f"{plural(len(informational), 'informational finding')} (not counted)"
        lines += [f"### {title}", "", *_finding_table(informational, _LISTED_KNOWN, links), ""]
    if count := max(len(known), result.check.known_findings):
        title = f"{plural(count, 'known finding')} (not counted)"
        lines += [*(folded(title, _finding_table(known, _LISTED_KNOWN, links)) or [f"{title}."]), ""]
    return lines


def _finding_table(findings: Sequence[Finding], limit: int, links: Links) -> list[str]:
    rows = []
    for finding in worst_first(findings, limit):
        rule = " ".join(code(part, 80) for part in (finding.tool, finding.rule) if part)
        message = escape_markdown(finding.message) + (" 🔧" if finding.fixable else "")
        rows.append((_SEVERITY_ICONS[finding.severity], links.finding(finding), rule, message))
    if not rows:
        return []
    lines = table(("", "Location", "Rule", "Message"), rows)
    more = len(findings) - len(rows)
    return [*lines, "", f"… {more:,} more."] if more else lines


def _next_steps(check: QualityCheck, new: Sequence[Finding], reports: Sequence[ToolReport]) -> list[str]:
    steps = [first_step(report) for report in reports if report.problem][:1]
    if fixable := sum(finding.fixable for finding in new):
        steps.append(f"**Fix** commits {plural(fixable, 'safe automatic fix', 'safe automatic fixes')} (🔧).")
    if check.status in ("timed_out", "error", "cancelled"):
        steps.append(
            "**Retest** or `/retest` runs this check again. If it ends the same way, fix the cause named above."
        )
    if check.status == "failed" and new:
        steps.append("Fix the new findings, or accept them into the baseline (**Accept baseline**).")
    return ["### Next steps", "", *(f"- {step}" for step in steps), ""] if steps else []


def _tools(result: CheckResult) -> list[str]:
    if not result.reports:
        return []
    names = dict.fromkeys(one_line(_tool(each), 200) for each in result.reports)
    cached = " (cached result of the same tree and tools)" if result.check.cached else ""
    return [f"<sub>Checked with {', '.join(escape_markdown(name) for name in names)}{cached}.</sub>"]


def _tool(report: ToolReport) -> str:
    """Name, version, where the repository asks for the tool, for that version, and has its command."""
    name = f"{report.tool} {report.version}".strip()
    places = dict.fromkeys(filter(None, (report.asked_in, report.version_from, report.found_in)))
    return f"{name} ({'; '.join(places)})" if places else name


def annotations(findings: Iterable[Finding], limit: int = ANNOTATED) -> tuple[Annotation, ...]:
    """The new findings in a file of the tree as GitHub's annotations, worst first and then by place."""
    found = []
    for finding in worst_first([each for each in findings if each.new and _is_in_repository(each)], limit):
        start = max(finding.line, 1)
        end = max(finding.end_line, start)
        own = finding.message.removeprefix(f"{finding.title}: ") if finding.title else finding.message
        message = clean(own).strip() or finding.rule or finding.tool
        rule = f"{finding.tool}: {finding.rule}" if finding.rule else finding.tool
        annotation: dict[str, str | int] = {
            "path": clean(posixpath.normpath(finding.path)),
            "start_line": start,
            "end_line": end,
            "annotation_level": "notice" if finding.informational else _LEVELS[finding.severity],
            "title": one_line(finding.title or rule, _TITLE),
            "message": cut_bytes(message, _MESSAGE),
        }
        if details := clean(finding.details).strip():
            annotation["raw_details"] = cut_bytes(details, _MESSAGE)
        if start == end and finding.column > 0:
            annotation |= {"start_column": finding.column, "end_column": finding.column}
        found.append(annotation)
    return tuple(found)


def _is_in_repository(finding: Finding) -> bool:
    """Not of a system's headers, nor outside of the checkout: GitHub shows an annotation only in a file."""
    path = finding.path
    return bool(path) and finding.in_tree and not path.startswith(("/", "../")) and path != ".."


def worst_first(findings: Sequence[Finding], limit: int) -> list[Finding]:
    """The `limit` worst, those that only inform last; among equals by path, line and rule: always the same order."""

    def rank(finding: Finding) -> tuple[bool, int, str, int, int, str, str]:
        badness = -SEVERITIES.index(finding.severity)
        return finding.informational, badness, finding.path, finding.line, finding.column, finding.rule, finding.message

    return nsmallest(limit, findings, key=rank)
