"""The post-mortem of an incident: what happened, what contributed, what was tried and what is to be done. It blames
nobody: it names changes and services, and no person. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from activities.incident_reporting import sections as part
from activities.incident_reporting.charts import ChartMark, MetricChart, mermaid
from activities.incidents.acting import IncidentView
from activities.reporting.markdown import code, cut_lines, escape_markdown, inert
from activities.reporting.wording import listed, plural

_LIMIT = 60_000
_MOST_ACTIONS = 5


@dataclass(frozen=True)
class ActionItem:
    """`title` is plain text, `text` Markdown. The same `about` is the same item,
    whichever incident asks for it: a gap of the data stays one issue."""

    title: str
    text: str
    about: str


def postmortem_title(view: IncidentView) -> str:
    """For its issue, its pull request and the commit of its file: an alert's name closes no issue there."""
    return inert(f"Post-mortem: {view.input.alert.name} ({view.scope.service}), {_day(view)}", 200)


def postmortem_path(view: IncidentView, folder: str) -> str:
    """Its file in the repository."""
    service = re.sub(r"[^a-z0-9]+", "-", view.scope.service.lower()).strip("-")[:60] or "incident"
    return f"{folder.strip('/')}/{_day(view)}-{service}-{view.issue}.md"


def postmortem(view: IncidentView, reason: str, charts: Sequence[MetricChart], marks: Sequence[ChartMark]) -> str:
    """The whole document."""
    consensus, fix = view.consensus, view.hotfix
    lasted = max(view.now - view.scope.onset, 0)
    first = consensus.causes[0] if consensus and consensus.causes else None
    lines = [
        "## Summary", "",
        f"{escape_markdown(view.input.alert.name, 150)} on {code(view.scope.service)} began at "
        f"{part.clock(view.scope.onset, day=True)} and was worked on for {_duration(lasted)}. {reason}",
        "", "## Impact", "",
        f"{plural(max(view.alerts, 1), 'alert')} fired. {escape_markdown(view.input.alert.summary)}".strip(),
    ]  # fmt: skip
    for chart in charts:
        lines += ["", *mermaid(chart, marks)]
    lines += ["", "## Time line", "", *(part.timeline_lines(view.timeline) or ["Nothing was noted."])]
    lines += ["", "## Contributing factors", ""]
    if first:
        lines += [
            f"- {part.FAULTS[first.fault].capitalize()} in {code(first.entity)} ({first.probability:.0%})"
            + (f", with {part.change_text(first.change)}" if first.change else "")
            + (f": {escape_markdown(first.verified)}" if first.verified else "."),
        ]
    lines += [f"- {each}" for each in _gaps(view)]
    if consensus and first:
        lines += ["", "## Evidence", "", *(part.evidence_lines(first, view.evidence) or ["Nothing more was seen."])]
        lines += ["", "## Causes that were considered", "", *part.cause_lines(consensus)]
    tried = f"#{fix.pull} reverts {part.change_text(fix.culprit)}." if fix and fix.pull else "Nothing was changed."
    lines += ["", "## What was tried", "", f"- {tried}"]
    if fix and fix.gate:
        lines += [f"- The gate said of it: {escape_markdown(fix.gate)}"]
    if well := _went_well(view):
        lines += ["", "## What went well", "", *(f"- {each}" for each in well)]
    lines += ["", "## Action items", "", *(f"- [ ] {each.text}" for each in action_items(view))]
    return "\n".join(cut_lines(lines, _LIMIT)) + "\n"


def action_items(view: IncidentView) -> list[ActionItem]:
    """What would have shortened it, or kept it from happening: at most five."""
    fix, service, found = view.hotfix, inert(view.scope.service, 80), []
    if fix:
        sha, change = fix.culprit[:7], part.change_text(fix.culprit)
        if fix.tests:
            text = f"Keep the tests that show this required to merge: {code(fix.tests[0])} failed with the change."
            found.append(ActionItem(f"Keep the tests of {service} required to merge", text, sha))
        else:
            text = f"Add a test to {code(view.scope.service)} that fails with {change} and passes without it."
            found.append(ActionItem(f"Add a test to {service} that fails with {sha}", text, sha))
        text = f"Bring the change of {change} again, with what was missing in it."
        found.append(ActionItem(f"Bring {sha} again, with what was missing in it", text, sha))
    for name, data in sorted(view.fetched.items()):
        if data.problem:
            text = f"Close a gap of the data. {name.capitalize()}: {escape_markdown(data.problem)}"
            found.append(ActionItem(f"Close a gap of the data of {service}: {name}", text, f"{service}|{name}"))
    return found[:_MOST_ACTIONS]


def _went_well(view: IncidentView) -> list[str]:
    """Only what is known: nothing where nothing did."""
    consensus, fix, found = view.consensus, view.hotfix, []
    if consensus and consensus.act and consensus.causes[0].views:
        found.append(f"The cause was seen in {listed(part.VIEWS[one] for one in consensus.causes[0].views)}.")
    if fix and fix.tests:
        found.append(f"{plural(len(fix.tests), 'test')} that the repository had already showed the fault.")
    if fix and fix.merged:
        found.append(f"The fix was merged within {_duration(max(view.now - view.scope.onset, 0))} of the onset.")
    return found


def _gaps(view: IncidentView) -> list[str]:
    """What could not be looked at."""
    return [
        f"{name.capitalize()}: {escape_markdown(found.problem)}"
        for name, found in sorted(view.fetched.items())
        if found.problem
    ]


def _day(view: IncidentView) -> str:
    day = part.clock(view.scope.onset, day=True).partition(" ")[0]
    return day if day[0].isdigit() else "unknown-day"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
