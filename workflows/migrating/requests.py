"""What people ask of migrations in an issue or a pull request: a start, or a signal to the one that runs there."""

from dataclasses import asdict
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput
    from activities.github.pulls import PullInput
    from activities.github_activities import BranchActivities, PullActivities
    from activities.migration.types import MigrationAsked, MigrationInput
    from activities.migration_engine import report as texts
    from activities.model import Head
    from activities.workflow_activities import RunningInput, SendInput, SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.messages import CommandAction, CommandInput


async def carry_out(input: CommandInput, action: CommandAction) -> list[str]:
    """`/migrate`, or a signal to what it started. The lines to answer, none where the migration's comment says it."""
    return await (_start(input, action) if action.migration else _signal(input, action))


async def _start(input: CommandInput, action: CommandAction) -> list[str]:
    """Starts a migration of the default branch, or of the pull request's own branch; the answer is its comment. One
    that runs already says so."""
    request = action.migration
    assert request
    repo = input.repo
    if input.on_pull:
        pull = await ask_for_person(PullActivities.get_pull_request, PullInput(repo, input.pull))
        if pull.state != "open":
            return [texts.PULL_IS_CLOSED]
        if pull.fork:
            return [texts.PULL_IS_FORK]
        head = Head(repo, pull.head_sha, pull.head_ref)
    else:
        branch = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo))
        if not branch.sha:
            return [texts.NOTHING_PUSHED]
        head = Head(repo, branch.sha, branch.name)
    migration = MigrationInput(
        head, request.recipe, request.path, request.to, request.only, request.dry_run, request.batch,
        "stop" if request.stop else "continue", request.split,
        number=input.pull, requested_by=input.actor, comment_id=input.comment_id, delivery=input.delivery,
    )  # fmt: skip
    asked = MigrationAsked(input.comment_id, input.actor)
    key = ids.migration(repo.full_name, input.pull, request.recipe)
    signalled = SignalWithStartInput("CodeMigrationWorkflow", key, "asked", asdict(migration), asdict(asked))
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    return []


async def _signal(input: CommandInput, action: CommandAction) -> list[str]:
    """To every migration that runs for this issue or pull request."""
    running = await _running(input)
    for key in running:
        await _send(key, action.migration_signal, action.target if action.migration_signal == "rollback" else None)
    return [] if running else [texts.NONE_RUNS]


async def stop(input: CommandInput) -> bool:
    """`/stop` also ends migrations: whether there was one."""
    running = await _running(input)
    for key in running:
        await _send(key, "cancel_workflow", None)
    return bool(running)


async def _running(input: CommandInput) -> tuple[str, ...]:
    """Their ids."""
    prefix = ids.migration(input.repo.full_name, input.pull, "")
    return (await ask_for_person(WorkflowActivities.list_running, RunningInput(prefix))).ids


async def _send(key: str, name: str, argument: Any) -> None:
    await ask_for_person(WorkflowActivities.send_signal, SendInput(key, name, argument))
