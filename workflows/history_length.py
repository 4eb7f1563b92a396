"""When a workflow that lives on continues as new."""

from temporalio import workflow

_EVENTS_A_RUN = 4000


def is_long() -> bool:
    """Whether the history of this run is long enough."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() > _EVENTS_A_RUN
