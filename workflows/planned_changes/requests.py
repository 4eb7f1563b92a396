"""What people ask of the planned change of an issue: a start, a word about its plan, its end, and how far it is."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.issues import IssueLabelsInput
    from activities.github.pulls import PullRequest
    from activities.github.repo_config import RepoSettings
    from activities.github_activities import IssueActivities
    from activities.planned_changes import command_texts as texts
    from activities.planned_changes.types import PlanApproval, PlanRevision
    from activities.workflow_activities import SendInput, WorkflowActivities, WorkflowQueryInput, WorkflowQueryResult
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.issues.label_routes import PLANNED, LabelWorkflowInput
    from workflows.issues.label_signals import signal_label
    from workflows.messages import AskedWork, CommandAction, CommandInput, PlannedRequest, Said

_BRANCH = re.compile(r"autobuild/issue-(\d{1,18})")
_ENDED = ("done", "nothing", "failed")


async def carry_out(input: CommandInput, settings: RepoSettings, action: CommandAction, said: Said) -> list[str]:
    """The lines to answer, none where the planned change's comment says it."""
    request = action.planned
    assert request
    progress = await _progress(input, input.pull)
    match request.what:
        case "start":
            return await _start(input, settings, request, said, progress)
        case "cancel":
            return await _cancel(input, settings, said)
    if not progress:
        return [texts.NONE_RUNS]
    if not (digest := str(progress["digest"])):
        return [texts.nothing_waits(action.command, str(progress["stage"]))]
    if not digest.startswith(request.digest):
        return [texts.other_plan(request.digest, digest)]
    about = (
        PlanApproval(input.actor, said.at, request.digest)
        if request.what == "approve"
        else PlanRevision(input.comment_id, input.body_sha256, input.actor)
    )
    sent = await _send(input, input.pull, request.what, asdict(about))
    return [] if sent else [texts.NONE_RUNS]


async def _start(
    input: CommandInput, settings: RepoSettings, request: PlannedRequest, said: Said, progress: Mapping[str, Any]
) -> list[str]:
    """By the workflow of the label that asks for the same, so that both together start one work."""
    if progress:
        return [texts.runs_already(_line(progress))]
    issue = await ask_for_person(IssueActivities.get_issue_labels, IssueLabelsInput(input.repo, input.pull))
    if not issue.open:
        return [texts.ISSUE_IS_CLOSED]
    overview = (await _starter(input, settings, input.pull)).answer or {}
    if overview and said < Said(**overview["stopped"]):
        return [texts.STOPPED_SINCE]
    if (before := overview.get("asked")) and Said(**before["said"]) == said:  # this runs again
        return []
    asked = AskedWork(input.actor, said, request.dry_run, request.anyway)
    await signal_label(_work(input, settings, input.pull), AskedWork.SIGNAL, asdict(asked))
    return []


async def _cancel(input: CommandInput, settings: RepoSettings, said: Said) -> list[str]:
    """Rejects its plan or ends it; where it is about to start, it does not."""
    starter = await _starter(input, settings, input.pull)
    if starter.running and said < Said(**starter.answer["started"]):
        return [texts.STARTED_SINCE]
    if await _send(input, input.pull, "cancel_workflow"):
        return []
    if not starter.running:
        return [texts.NONE_RUNS]
    await signal_label(_work(input, settings, input.pull), "stop", asdict(said))
    return []


async def status(input: CommandInput) -> list[str]:
    """A line of `/status` while a planned change runs."""
    progress = await _progress(input, input.pull)
    return [texts.status_line(_line(progress))] if progress else []


async def set_budget(input: CommandInput, dollars: float) -> None:
    """`/budget 20` on an issue: its planned change may wait for that."""
    if dollars and not input.on_pull:
        await _send(input, input.pull, "set_budget", dollars)


async def stop_unlabelled(input: CommandInput) -> bool:
    """`/stop` also ends one that somebody started by hand: whether there was one."""
    return await _send(input, input.pull, "stop")


async def stop_of_pull(input: CommandInput, settings: RepoSettings, pull: PullRequest, said: Said) -> bool:
    """`/stop` in a pull request of ours also ends the planned change that opened it: whether there was one."""
    found = None if pull.fork else _BRANCH.fullmatch(pull.head_ref)
    progress = await _progress(input, issue := int(found[1])) if found else {}
    # The branch of an issue of another repository has its name too.
    if not progress or (progress["pulls"] and pull.number not in progress["pulls"]):
        return False
    starter = await _starter(input, settings, issue)
    if not starter.running:
        return await _send(input, issue, "stop")
    if said < Said(**starter.answer["started"]):
        return False
    await signal_label(_work(input, settings, issue), "stop", asdict(said))
    return True


def _line(progress: Mapping[str, Any]) -> str:
    states = progress["tasks"].values()
    ended = sum(state in _ENDED for state in states)
    spent, cap = float(progress["spent"]), float(progress["cap"])
    return texts.running(str(progress["stage"]), ended, len(states), spent, cap, str(progress["waiting_for"]))


async def _progress(input: CommandInput, issue: int) -> Mapping[str, Any]:
    """What `PlanPatchPRWorkflow` answers, {} where none runs."""
    key = ids.plan_patch_pr(input.repo.full_name, issue)
    found = await ask_for_person(WorkflowActivities.query_workflow, WorkflowQueryInput(key, "get_progress"))
    return found.answer if found.running and found.answer else {}


async def _starter(input: CommandInput, settings: RepoSettings, issue: int) -> WorkflowQueryResult:
    """The overview of the `LabelWorkflow` that starts it."""
    key = ids.label(input.repo.full_name, issue, settings.labels[PLANNED])
    return await ask_for_person(WorkflowActivities.query_workflow, WorkflowQueryInput(key, "get_overview"))


def _work(input: CommandInput, settings: RepoSettings, issue: int) -> LabelWorkflowInput:
    return LabelWorkflowInput(input.repo, issue, settings.labels[PLANNED], input.actor, settings.default_branch)


async def _send(input: CommandInput, issue: int, signal: str, argument: Any = None) -> bool:
    key = ids.plan_patch_pr(input.repo.full_name, issue)
    return (await ask_for_person(WorkflowActivities.send_signal, SendInput(key, signal, argument))).sent
