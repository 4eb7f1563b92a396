"""What is answered to commands about a planned change: one plain sentence each. Pure."""

from activities.reporting.markdown import code, escape_markdown

NONE_RUNS = "No planned change runs for this issue. `/autobuild` starts one."
ISSUE_IS_CLOSED = "This issue is closed. Reopen it, then comment `/autobuild` again."
STOPPED_SINCE = "`/autobuild` started nothing: `/stop` was said later. `/autobuild` starts it now."
STARTED_SINCE = "`/cancel` ended nothing: the work was asked for again later. `/cancel` ends it now."

_SHOWN_DIGITS = 12
_STAGES = {
    "approval": "waiting for approval", "ci": "waiting for CI", "joining": "joining the changes",
    "checking": "running the checks",
}  # fmt: skip


def _in_words(stage: str) -> str:
    """A `PlannedStage` as one reads it."""
    return _STAGES.get(stage, stage)


def running(stage: str, ended: int, tasks: int, spent: float, cap: float, waiting_for: str) -> str:
    """How far a planned change is. `cap` 0 is no limit; `waiting_for` is a sentence, "" for nothing."""
    count = f"{ended} of {tasks} task{'' if tasks == 1 else 's'} ended, " if tasks else ""
    money = f"${spent:.2f} of ${cap:.2f} spent" if cap else f"${spent:.2f} spent"
    waits = f" {escape_markdown(waiting_for, 300)}" if waiting_for else ""
    return f"{escape_markdown(_in_words(stage), 40)}; {count}{money}.{waits} `/stop` ends it."


def runs_already(line: str) -> str:
    """It was asked for, and runs."""
    return f"A planned change runs for this issue already: {line}"


def status_line(line: str) -> str:
    """A line of `/status`."""
    return f"- Planned change: {line}"


def nothing_waits(command: str, stage: str) -> str:
    """There is no plan to approve or to revise now."""
    at = escape_markdown(_in_words(stage), 40)
    return f"{code(f'/{command}')} changed nothing: no plan waits for approval here. The planned change is at: {at}."


def other_plan(given: str, digest: str) -> str:
    """The plan that waits is another one."""
    right = code(f"/approve {digest[:_SHOWN_DIGITS]}")
    return f"{code(given)} is not the plan that waits for approval. After reading that one, comment {right}."
