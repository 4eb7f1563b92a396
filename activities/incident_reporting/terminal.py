"""The report of a diagnosis on a terminal: plain text. Pure."""

from activities.incident_reporting import sections as part
from activities.incident_reporting.comment import ENDED
from activities.incidents.acting import IncidentView
from activities.reporting.wording import listed


def report(view: IncidentView) -> str:
    """What was found, the likeliest first, with what speaks for it."""
    consensus, result = view.consensus, view.result
    lines = [f"{view.scope.service or 'Incident'} at {part.clock(view.scope.onset, day=True)}", ""]
    for place, cause in enumerate(consensus.causes[:5] if consensus else (), 1):
        change = f", brought by {cause.change}" if cause.change else ""
        seen = f" (seen in {listed(part.VIEWS[view] for view in cause.views)})" if cause.views else ""
        lines.append(f"{place}. {cause.entity}: {part.FAULTS[cause.fault]}, {cause.probability:.0%}{change}{seen}")
        known = {one.id: one.text for one in view.evidence}
        lines += [f"     {known[id]}" for id in cause.evidence if id in known][: 5 if place == 1 else 2]
    if consensus:
        lines += [f"To tell the first two apart: {one}" for one in consensus.tells_apart]
        lines += [f"{agent} had no opinion: {why}" for agent, why in consensus.abstained.items()]
    lines += [f"{name}: {found.problem}" for name, found in sorted(view.fetched.items()) if found.problem]
    if result:
        lines += ["", f"{ENDED[result.state]}. {result.reason}".strip()]
    return "\n".join(lines).replace("`", "")
