"""Signals to the workflow of one label on an issue."""

from dataclasses import asdict
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.issues.label_routes import LabelWorkflowInput


async def signal_label(work: LabelWorkflowInput, signal: str, argument: Any = None) -> None:
    """The workflow of one label on an issue, started where it does not run."""
    key = ids.label(work.repo.full_name, work.issue, work.label)
    started = SignalWithStartInput("LabelWorkflow", key, signal, asdict(work), argument)
    await ask_for_person(WorkflowActivities.signal_with_start, started)
