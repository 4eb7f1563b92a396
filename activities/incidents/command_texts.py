"""What is answered to commands about an incident: one plain sentence each. Pure."""

from activities.reporting.markdown import code, escape_markdown

NONE_RUNS = "No incident is open for this issue. `/incident [service]` starts one."
NONE_WAS = "No incident was looked at in this issue, so there is no cause to judge."
ISSUE_IS_CLOSED = "This issue is closed. Reopen it, then comment `/incident` again."
STOPPED_SINCE = "`/incident` started nothing: `/stop` was said later. `/incident` starts it now."
NOTED_RIGHT = "Noted: the cause that was named is right. It counts in how sure the next incidents are."
NOTED_WRONG = "Noted: the cause that was named is wrong. It counts in how sure the next incidents are."


def runs_already(stage: str) -> str:
    """It was asked for, and runs."""
    return f"An incident is open for this issue already, at: {escape_markdown(stage, 40)}. `/stop` ends it."


def nothing_waits(command: str, stage: str) -> str:
    """There is no fix to approve now."""
    at = escape_markdown(stage, 40)
    return f"{code(f'/{command}')} changed nothing: no fix waits for approval here. The incident is at: {at}."
