"""What people ask of migrations in an issue or a pull request: a start, or a signal to the one that runs there."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput, DeleteBranchInput
    from activities.github.pulls import PullInput, PullRequest, PullsInput
    from activities.github_activities import BranchActivities, PullActivities
    from activities.migration.types import MigrationAsked, MigrationInput
    from activities.migration_engine import report as texts
    from activities.model import Head
    from activities.reporting.migration import no_such_step
    from activities.workflow_activities import (
        FoundMigration,
        ListedInput,
        MigrationsInput,
        SendInput,
        SignalWithStartInput,
        WorkflowActivities,
        WorkflowQueryInput,
    )
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
    asked = MigrationAsked(input.comment_id, input.actor, migration)
    key = ids.migration(repo.full_name, input.pull, request.recipe)
    signalled = SignalWithStartInput("CodeMigrationWorkflow", key, "asked", asdict(migration), asdict(asked))
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    await ask_for_person(WorkflowActivities.await_listed, ListedInput(key))
    return []


async def _signal(input: CommandInput, action: CommandAction) -> list[str]:
    """To every migration that runs for this issue or pull request; a `/rollback` of one that has ended takes back what
    it pushed."""
    found, name, step = await _found(input), action.migration_signal, action.target
    if name == "rollback" and step and (lacking := await _unknown_step(found, step)):
        return [lacking]
    if await _sent(found, name, step if name == "rollback" else None):
        return []
    return await _take_back(input, step) if name == "rollback" else [texts.NONE_RUNS]


async def stop(input: CommandInput) -> bool:
    """`/stop` also ends migrations: whether there was one."""
    return await _sent(await _found(input), "cancel_workflow", None)


async def nothing_to_stop(input: CommandInput) -> list[str]:
    """The answer where the last migration has ended, and its pull request is open."""
    return [texts.ended_before(pull.number) for _, _, pull in (await _published(input))[:1]]


async def _found(input: CommandInput) -> tuple[FoundMigration, ...]:
    wanted = MigrationsInput(input.repo, input.pull)
    return (await ask_for_person(WorkflowActivities.find_migrations, wanted)).migrations


async def _sent(found: Sequence[FoundMigration], name: str, argument: Any) -> bool:
    """Whether one of them was there to take the signal."""
    sent = False
    for one in found:
        if one.running:
            signal = SendInput(one.id, name, argument)
            sent = (await ask_for_person(WorkflowActivities.send_signal, signal)).sent or sent
    return sent


async def _unknown_step(found: Sequence[FoundMigration], step: str) -> str:
    """The sentence that no migration that runs here has this step; "" where one has, or has no plan yet."""
    names: list[str] = []
    for one in found:
        if one.running:
            asked = WorkflowQueryInput(one.id, "get_progress")
            answer = (await ask_for_person(WorkflowActivities.query_workflow, asked)).answer
            steps = (answer or {}).get("steps")
            if not steps or step in steps:
                return ""
            names += steps
    return no_such_step(step, names) if names else ""


async def _published(input: CommandInput) -> list[tuple[str, str, PullRequest]]:
    """(branch, the migration's commit, its open pull request) of migrations that have ended."""
    pushed = {
        branch: commit for one in await _found(input) if one.result for branch, commit in one.result.branches.items()
    }
    if not pushed:
        return []
    pulls = (await ask_for_person(PullActivities.list_open_pulls, PullsInput(input.repo))).pulls
    by_branch = {pull.head_ref: pull for pull in reversed(pulls) if not pull.fork}
    return [(branch, commit, by_branch[branch]) for branch, commit in pushed.items() if branch in by_branch]


async def _take_back(input: CommandInput, step: str) -> list[str]:
    """After the end. A branch to which somebody else has pushed stays."""
    published = await _published(input)
    if not published:
        return [texts.NONE_RUNS]
    if step:
        return [texts.STEP_AFTER_END]
    kept = [texts.pushed_since(branch, pull.number) for branch, commit, pull in published if pull.head_sha != commit]
    gone = {branch: commit for branch, commit, pull in published if pull.head_sha == commit}
    for branch, commit in reversed(gone.items()):
        delete = DeleteBranchInput(input.repo, branch, (commit,))
        await ask_for_person(BranchActivities.delete_branch, delete)
    return [*([texts.taken_back(list(gone))] if gone else []), *kept]
