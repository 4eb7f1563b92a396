"""What people ask of the incident of an issue: a start, a word about its fix, its end, and whether it was right."""

from dataclasses import asdict, dataclass
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.incident_commands import FindIncidentInput
    from activities.github.issues import IssueLabelsInput
    from activities.github.repo_config import RepoSettings
    from activities.github_activities import IncidentCommandActivities, IssueActivities
    from activities.incidents import command_texts as texts
    from activities.incidents.acting import FixApproval
    from activities.incidents.types import IncidentOutcome, IncidentRequest
    from activities.planned_changes import command_texts as planned_texts
    from activities.workflow_activities import SendInput, SignalWithStartInput, WorkflowActivities, WorkflowQueryInput
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.issues.label_routes import INCIDENT, LabelWorkflowInput
    from workflows.issues.label_signals import signal_label
    from workflows.messages import AskedWork, CommandAction, CommandInput, Said
    from workflows.monitoring.requests import MonitoringInput


@dataclass(frozen=True)
class IncidentOfIssue:
    """The workflow of an issue's incident. `there` False: there was none."""

    id: str
    there: bool = False
    running: bool = False
    stage: str = ""
    waits: bool = False


async def carry_out(input: CommandInput, settings: RepoSettings, action: CommandAction, said: Said) -> list[str]:
    """`/incident`. The lines to answer, none where the incident's comment says it."""
    request = action.incident
    assert request
    found = await _find(input)
    if request.what == "start":
        return await _start(input, settings, request, said, found)
    if not found.there:
        return [texts.NONE_WAS]
    right = request.what == "right"
    await _record(found, IncidentOutcome(found.id, right, request.cause, input.actor))
    return [texts.NOTED_RIGHT if right else texts.NOTED_WRONG]


async def instead_of_plan(input: CommandInput, action: CommandAction, lines: list[str], said: Said) -> list[str]:
    """`/approve` and `/cancel` where no planned change runs: they are about the issue's incident."""
    request = action.planned
    assert request
    if lines != [planned_texts.NONE_RUNS] or request.what not in ("approve", "cancel"):
        return lines
    found = await _find(input)
    if not found.running:
        return lines
    if request.what == "cancel":
        return [] if await _send(found, "cancel_workflow") else [texts.NONE_RUNS]
    if not found.waits:
        return [texts.nothing_waits(action.command, found.stage)]
    return [] if await _send(found, "approve", asdict(FixApproval(input.actor, said.at))) else [texts.NONE_RUNS]


async def roll_back(input: CommandInput) -> bool:
    """`/rollback`: whether there was an incident whose fix is taken back."""
    found = await _find(input)
    return found.running and await _send(found, "rollback")


async def stop(input: CommandInput) -> bool:
    """`/stop` ends an incident that no label or comment started: whether there was one."""
    found = await _find(input)
    return found.running and await _send(found, "stop")


async def _start(
    input: CommandInput, settings: RepoSettings, request: IncidentRequest, said: Said, found: IncidentOfIssue
) -> list[str]:
    """By the workflow of the label that asks for the same, so that both together start one incident."""
    if found.running:
        return [texts.runs_already(found.stage)]
    issue = await ask_for_person(IssueActivities.get_issue_labels, IssueLabelsInput(input.repo, input.pull))
    if not issue.open:
        return [texts.ISSUE_IS_CLOSED]
    label = settings.labels[INCIDENT]
    asked = WorkflowQueryInput(ids.label(input.repo.full_name, input.pull, label), "get_overview")
    overview = (await ask_for_person(WorkflowActivities.query_workflow, asked)).answer or {}
    if overview and said < Said(**overview["stopped"]):
        return [texts.STOPPED_SINCE]
    if (before := overview.get("asked")) and Said(**before["said"]) == said:  # this runs again
        return []
    work = LabelWorkflowInput(input.repo, input.pull, label, input.actor, settings.default_branch)
    await signal_label(work, AskedWork.SIGNAL, asdict(AskedWork(input.actor, said, service=request.service)))
    return []


async def _find(input: CommandInput) -> IncidentOfIssue:
    """The one that was asked for in the issue, or the one that the bot opened the issue for. The latter has to name
    the issue itself: a mark in a text is not enough to act on an incident of another repository."""
    own = await _look(ids.incident_of_issue(input.repo.full_name, input.pull))
    if own[0].there:
        return own[0]
    asked = FindIncidentInput(input.repo, input.pull)
    marked = (await ask_for_person(IncidentCommandActivities.find_incident, asked)).incident
    if not marked:
        return own[0]
    found, progress = await _look(marked)
    named = (str(progress.get("repo") or "").casefold(), progress.get("issue"))
    return found if named == (input.repo.full_name.casefold(), input.pull) else own[0]


async def _look(id: str) -> tuple[IncidentOfIssue, dict[str, Any]]:
    found = await ask_for_person(WorkflowActivities.query_workflow, WorkflowQueryInput(id, "get_progress"))
    progress = found.answer or {}
    stage, waits = str(progress.get("stage") or ""), bool(progress.get("waiting_for"))
    return IncidentOfIssue(id, found.there, found.running, stage, waits), progress


async def _record(found: IncidentOfIssue, outcome: IncidentOutcome) -> None:
    """By the incident itself while it runs, and by the monitoring afterwards."""
    if found.running and await _send(found, "outcome", asdict(outcome)):
        return
    signalled = SignalWithStartInput(
        "ContinuousMonitoringWorkflow", ids.monitoring(), "outcome", asdict(MonitoringInput()), asdict(outcome)
    )
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)


async def _send(found: IncidentOfIssue, signal: str, argument: Any = None) -> bool:
    return (await ask_for_person(WorkflowActivities.send_signal, SendInput(found.id, signal, argument))).sent
