"""What people comment on an issue about the work that a label or a comment started."""

from collections.abc import Sequence
from dataclasses import asdict

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.repo_config import RepoSettings
    from activities.reporting import command_replies
    from activities.workflow_activities import WorkflowActivities, WorkflowQueryInput
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.issues.label_routes import LabelWorkflowInput
    from workflows.issues.label_signals import signal_label
    from workflows.messages import AskedWork, CommandAction, CommandInput, Said


async def carry_out(
    input: CommandInput, settings: RepoSettings, action: CommandAction, said: Said, running: Sequence[str] = ()
) -> list[str]:
    """The state of the work, with the lines `running` of its own, or `/stop` and `/retry` to it. What was said later is
    not undone by what was said earlier: a label that was put on, or a `/retry`, by an older `/stop`; a `/stop` by an
    older `/retry`."""
    found = {}
    for label in settings.labels.values():
        asked = WorkflowQueryInput(ids.label(input.repo.full_name, input.pull, label), "get_overview")
        answered = await ask_for_person(WorkflowActivities.query_workflow, asked)
        if answered.there and answered.answer:
            found[label] = answered
    if action.do == "status":
        works = {"" if one.answer.get("asked") else label: str(one.answer["status"]) for label, one in found.items()}
        return [*(command_replies.issue_status(works) if works or not running else ()), *running]
    applies = outdated = False
    for label, one in found.items():
        if action.running and not one.running:
            continue
        if said < Said(**one.answer["started" if action.running else "stopped"]):
            outdated = True
            continue
        # Work that runs has nothing to retry, but remembers that it was asked for.
        applies = applies or one.running == action.running
        work = LabelWorkflowInput(input.repo, input.pull, label, input.actor, settings.default_branch)
        comment = one.answer.get("asked")
        if action.work_signal == "retry" and comment:  # no label asks for it
            again = AskedWork(
                input.actor, said, comment["dry_run"], comment["anyway"], comment.get("service", "")
            )  # fmt: skip
            await signal_label(work, AskedWork.SIGNAL, asdict(again))
        else:
            await signal_label(work, action.work_signal, asdict(said))
    if applies:
        return []
    if outdated:
        return [command_replies.WORK_STARTED_SINCE if action.running else command_replies.WORK_STOPPED_SINCE]
    return [command_replies.NO_WORK_RUNS if action.running else command_replies.NO_WORK_TO_RETRY]
