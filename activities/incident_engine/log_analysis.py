"""What the log lines of one service say, in counts and short sentences: `analyze_logs`."""

from typing import TYPE_CHECKING, Final

from activities.incident_logs.frames import commonest_frames
from activities.incident_logs.sentences import shift_sentence
from activities.incident_logs.shifts import LogShifts, log_shifts
from activities.incidents.store import IncidentStore
from activities.incidents.types import IncidentScope, LogAnalysis, StackFrame

if TYPE_CHECKING:
    import polars as pl

_MOST_FINDINGS: Final = 10
_MOST_TRACES: Final = 500


def analyze_logs(store: IncidentStore, scope: IncidentScope) -> LogAnalysis:
    """Of the scope's service, before and after its onset, by the lines that were fetched for it. Blocking: call it in a
    thread."""
    logs = store.logs(scope.incident)
    if logs is None or not len(logs.lines):
        problem = store.get(scope.incident, "problem-logs", str) or ""
        return LogAnalysis(scope.service, problem=problem or "There are no log lines of this time.")
    own = logs.lines.filter(logs.lines["service"] == scope.service)
    if not own["time"].count():
        what = "No log line of it has a time." if len(own) else "It has no log lines of this time."
        return LogAnalysis(scope.service, left_out=logs.left_out, problem=what)
    return _analysis(scope, log_shifts(own, scope), logs.left_out)


def _analysis(scope: IncidentScope, found: LogShifts, left_out: int) -> LogAnalysis:
    counts = next((one for one in found.counts if one.service == scope.service), None)
    if counts is None:
        return LogAnalysis(scope.service, left_out=left_out, problem="It has no log lines of this time.")
    faults = [one for one in found.shifts if one.weight != "behaviour"]
    ordered = [*faults, *(one for one in found.shifts if one not in faults)]
    missing = "" if counts.before and counts.after else "before" if counts.after else "after"
    return LogAnalysis(
        scope.service, counts.before, counts.after, counts.errors_before, counts.errors_after, left_out,
        found.templates, min((one.first for one in faults), default=0.0),
        tuple(shift_sentence(one) for one in ordered[:_MOST_FINDINGS]),
        _frames(found.lines, [one.template for one in faults]),
        f"There are no log lines from {missing} the onset." if missing else "",
    )  # fmt: skip


def _frames(lines: "pl.DataFrame", templates: list[int]) -> tuple[StackFrame, ...]:
    import polars as pl

    errors = lines.filter(pl.col("late") & pl.col("template").is_in(templates))
    return commonest_frames(errors["text"].head(_MOST_TRACES).to_list())
