"""Reads what Temporal says of a schedule: the SDK's types allow actions other than starting a workflow."""

from temporalio.client import (
    ScheduleActionExecution,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleDescription,
)


def workflow_id(execution: ScheduleActionExecution) -> str:
    """The workflow that an execution started."""
    assert isinstance(execution, ScheduleActionExecutionStartWorkflow)
    return execution.workflow_id


def start_action(schedule: ScheduleDescription) -> ScheduleActionStartWorkflow:
    """What the schedule starts."""
    action = schedule.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return action
