"""The parts that the comment, the pull request and the post-mortem of an incident have in common. Pure.

Alerts, logs, names of services and titles of commits are untrusted: they show as they are and do nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from activities.incidents.acting import IncidentView
from activities.incidents.types import ConsensusResult, DataView, Evidence, FetchResult, RankedCause, TimelineEntry
from activities.reporting.markdown import code, escape_markdown, table
from activities.reporting.wording import listed, plural

VIEWS: dict[DataView, str] = {
    "metrics": "metrics",
    "logs": "logs",
    "changes": "recent changes",
    "topology": "calls between services",
    "model": "model agents",
}
FAULTS = {
    "cpu": "processor",
    "memory": "memory",
    "disk": "disk",
    "network": "network",
    "latency": "slow answers",
    "errors": "failing calls",
    "traffic": "traffic",
    "configuration": "configuration",
    "dependency": "a dependency",
    "code": "a change of the code",
    "unknown": "unknown",
}
_MOST_CAUSES = 5
_MOST_EVIDENCE = 8


def clock(at: float, *, day: bool = False) -> str:
    """`14:03:15 UTC`, with the day before it where that matters."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC" if day else "%H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "an unknown time"


def change_text(change: str) -> str:
    """A change's id as GitHub links it: a commit by its sha."""
    return change if len(change) in (40, 64) else code(change)


def cause_lines(consensus: ConsensusResult) -> list[str]:
    """The ranked causes as a table."""
    rows = [
        (str(place), code(one.entity), FAULTS[one.fault], f"{one.probability:.0%}", change_text(one.change) or "–",
         listed(VIEWS[view] for view in one.views) if one.views else "–")
        for place, one in enumerate(consensus.causes[:_MOST_CAUSES], 1)
    ]  # fmt: skip
    return table(("", "Cause", "Kind", "Probability", "Change", "Seen in"), rows, "lllrll") if rows else []


def evidence_lines(cause: RankedCause, evidence: Sequence[Evidence]) -> list[str]:
    """What speaks for the cause, each in one sentence."""
    known = {one.id: one for one in evidence}
    found = [known[id] for id in cause.evidence if id in known][:_MOST_EVIDENCE]
    return [f"- {escape_markdown(one.text)} ({VIEWS[one.view]})" for one in found]


def silent_lines(consensus: ConsensusResult) -> list[str]:
    """Who had no opinion, and why."""
    return [f"- {code(agent)}: {escape_markdown(why)}" for agent, why in consensus.abstained.items()]


def data_lines(view: IncidentView) -> list[str]:
    """What was looked at, and what is missing of it."""
    return [f"- {name}: {_amount(found)}" for name, found in sorted(view.fetched.items())]


def _amount(found: FetchResult) -> str:
    what = f"{found.items:,}" if found.items else "nothing"
    by = f" from {listed(found.sources)}" if found.sources else ""
    return f"{what}{by}. {escape_markdown(found.problem)}".rstrip(". ") + "."


def timeline_lines(entries: Sequence[TimelineEntry]) -> list[str]:
    """In the order of time."""
    ordered = sorted(entries, key=lambda one: one.at)
    return [f"- {clock(one.at)}: {escape_markdown(one.text)}" for one in ordered]


def fix_lines(view: IncidentView) -> list[str]:
    """The fix, or why there is none."""
    fix = view.hotfix
    if fix is None or not fix.pull:
        return [f"**Nothing was changed.** {view.no_fix}"] if view.no_fix else []
    tests = f" {plural(len(fix.tests), 'test')} failed with it and pass without it." if fix.tests else ""
    state = "was merged" if fix.merged else "is open"
    return [f"**The fix** is #{fix.pull}, which reverts {change_text(fix.culprit)}, and {state}.{tests}"]
