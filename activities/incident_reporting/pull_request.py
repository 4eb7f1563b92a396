"""The pull request with the fix of an incident: why, what shows it, what else it may be. Pure."""

from collections.abc import Sequence

from activities.incident_reporting import sections as part
from activities.incident_reporting.charts import ChartMark, MetricChart, mermaid
from activities.incidents.acting import IncidentView
from activities.reporting.markdown import code, cut_lines, escape_markdown, folded, inert, one_line

_LIMIT = 60_000
_MOST_TESTS = 20


def pull_title(view: IncidentView) -> str:
    """Names what is reverted."""
    fix = view.hotfix
    assert fix
    return one_line(f"Revert {inert(fix.title, 120)}" if fix.title else f"Revert {fix.culprit[:12]}", 120)


def pull_body(view: IncidentView, charts: Sequence[MetricChart], marks: Sequence[ChartMark]) -> str:
    """Its text; what is too long is cut at the end of a line."""
    fix, consensus = view.hotfix, view.consensus
    assert fix
    assert consensus
    first = consensus.causes[0]
    lines = [
        f"This reverts {fix.culprit}, the likeliest cause of the incident in #{view.issue}: "
        f"{part.FAULTS[first.fault]} in {code(first.entity)}, at {first.probability:.0%}.",
    ]
    if first.verified:
        lines += ["", f"**Verified:** {escape_markdown(first.verified)}"]
    if evidence := part.evidence_lines(first, view.evidence):
        lines += ["", "**What speaks for it:**", "", *evidence]
    for chart in charts:
        lines += ["", *mermaid(chart, marks)]
    if charts and marks:
        named = ", ".join(f"{escape_markdown(mark.name, 60)} at {part.clock(mark.at)}" for mark in marks[:5])
        lines += ["", f"The bars mark {named}."]
    if fix.tests:
        tests = [f"- {code(name)}" for name in fix.tests[:_MOST_TESTS]]
        lines += ["", "**These tests fail before and pass after:**", "", *tests]
    if fix.gate:
        lines += ["", f"**The gate:** {escape_markdown(fix.gate)}"]
    lines += ["", *folded("All causes that were considered", part.cause_lines(consensus))]
    if consensus.tells_apart:
        lines += ["", *(f"- {one}" for one in consensus.tells_apart)]
    lines += [
        "", "**How to go on:** merge this, or comment `/approve` in the incident's issue. `/rollback` there takes it "
        "back. Closing this ends it, and nothing is changed.",
        "", "**How to undo it:** once it is merged, `git revert` of its commit brings the change back.",
    ]  # fmt: skip
    return "\n".join(cut_lines(lines, _LIMIT))


def marks_of(view: IncidentView, deployments: Sequence[tuple[float, str]]) -> list[ChartMark]:
    """The onset, and the deployments before it."""
    return [ChartMark(view.scope.onset, "onset"), *(ChartMark(at, f"deployment {name}") for at, name in deployments)]
