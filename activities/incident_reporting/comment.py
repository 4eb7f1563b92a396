"""The one comment of an incident: where it is, what was found, what was done, and what to do next. Pure."""

from activities.incident_reporting import sections as part
from activities.incidents.acting import IncidentView
from activities.incidents.types import IncidentStage, IncidentState
from activities.reporting.markdown import code, cut_lines, escape_markdown, folded
from activities.reporting.wording import plural

_LIMIT = 60_000
STAGES: dict[IncidentStage, str] = {
    "preparing": "Finding out what it is about",
    "gathering": "Reading metrics, logs and recent changes",
    "diagnosing": "Comparing what they say",
    "verifying": "Looking whether the suspected change is the cause",
    "fixing": "Reverting the change",
    "checking": "Running the checks on the fix",
    "publishing": "Opening a pull request with the fix",
    "approval": "The fix waits to be merged",
    "watching": "Watching whether the metrics come back",
    "writing": "Writing the post-mortem",
    "ended": "Ended",
}
ENDED: dict[IncidentState, str] = {
    "fixed": "A fix was merged",
    "proposed": "A fix is proposed",
    "reported": "There is a report",
    "no_cause": "No cause was found",
    "recovered": "It is over",
    "rolled_back": "The fix was taken back",
    "unknown_service": "The service is not known here",
    "stopped": "Stopped",
    "failed": "Not done",
}
_NEXT: dict[IncidentState, str] = {
    "fixed": "Comment `/incident right` or `/incident wrong <cause>`, so that the next diagnosis is better.",
    "proposed": "Review the pull request. Then say `/incident right`, or `/incident wrong <cause>`.",
    "reported": "Look at the causes above, the first one first. `/incident wrong <cause>` says what it was instead.",
    "no_cause": "Look where the data is missing, then comment `/incident` to have it looked at again.",
    "recovered": "Nothing has to be done now. `/incident` has it looked at again.",
    "rolled_back": "Find another way to repair it, then close this issue.",
    "unknown_service": "Add the service to the file of `AUTOBUILD_INCIDENTS`.",
    "stopped": "Comment `/incident` to begin again.",
    "failed": "Comment `/incident` to begin again. Otherwise look at the data by hand.",
}  # fmt: skip


def comment(view: IncidentView) -> str:
    """The comment as it is now."""
    consensus = view.consensus
    lines = [f"### Incident: {escape_markdown(view.scope.service, 100)}", "", *_headline(view)]
    if consensus and consensus.causes:
        first = consensus.causes[0]
        lines += ["", *part.cause_lines(consensus)]
        if first.verified:
            lines += ["", f"**Verified:** {escape_markdown(first.verified)}"]
        if evidence := part.evidence_lines(first, view.evidence):
            lines += ["", f"**What speaks for {code(first.entity)}:**", "", *evidence]
        if consensus.tells_apart:
            lines += [
                "",
                "**What would tell the first two apart:**",
                "",
                *(f"- {one}" for one in consensus.tells_apart),
            ]
    elif consensus:
        lines += ["", "The data shows no fault." if consensus.healthy else "No diagnoser could say anything."]
    if fix := part.fix_lines(view):
        lines += ["", *fix]
    for title, body in (
        ("The data", part.data_lines(view)),
        ("Who had no opinion", part.silent_lines(consensus) if consensus else []),
        ("Time line", part.timeline_lines(view.timeline)),
    ):
        if body:
            lines += ["", *folded(title, body)]
    return "\n".join([*cut_lines(lines, _LIMIT), "", *_end(view)]).strip()


def _headline(view: IncidentView) -> list[str]:
    """What it is, since when, how many alerts, and what is waited for."""
    result, alert = view.result, view.input.alert
    what = ENDED[result.state] if result else STAGES[view.stage]
    since = part.clock(view.scope.onset, day=True)
    alerts = plural(view.alerts, "alert") if view.alerts else "no alert"
    lines = [f"**{what}.** {escape_markdown(alert.name, 150)}, since {since}, {alerts} so far."]
    if alert.summary:
        lines += ["", escape_markdown(alert.summary)]
    if view.waiting_for:
        lines += ["", f"**What is needed:** {view.waiting_for}"]
    if not result:
        lines += ["", "`/stop` ends it."]
    return lines


def _end(view: IncidentView) -> list[str]:
    if not view.result:
        return []
    happened = f"**What happened:** {ENDED[view.result.state]}. {view.result.reason}".strip()
    return [happened, "", f"**What next:** {_NEXT[view.result.state]}"]
