"""What a migration shows on GitHub, and what it makes there. Nothing on a laptop, and no pull request of a dry run."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput, DeleteBranchInput
    from activities.github.comments import ReplyInput
    from activities.github.commits.types import PushBranchInput
    from activities.github.pulls import PullsInput
    from activities.github_activities import (
        BranchActivities,
        CommentActivities,
        CommitActivities,
        MigrationReportActivities,
        PullActivities,
    )
    from activities.migration.types import (
        MigrationAsked,
        MigrationEnd,
        MigrationInput,
        MigrationPart,
        MigrationResult,
        MigrationView,
        OpenMigrationPullInput,
        ShowMigrationDiffInput,
        SplitInput,
    )
    from activities.migration_engine import report as texts
    from workflows.activity_calls import ask_for_person, until_done, write, write_from
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.migrating import host_calls
    from workflows.migrating.interruption import InterruptedStep
    from workflows.saga import Saga

P = TypeVar("P")
R = TypeVar("R")


async def with_head(input: MigrationInput) -> MigrationInput:
    """With the commit of the branch as it is now, where none is named; without a branch that of the default one."""
    if input.head.sha:
        return input
    found = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(input.repo, input.head.branch))
    return replace(input, head=replace(input.head, sha=found.sha, branch=found.name))


class MigrationPublisher:
    """Of one migration. What it makes is undone by `saga`. `interrupted` says whether a person asked for something
    that takes back what it publishes."""

    def __init__(self, input: MigrationInput, saga: Saga, interrupted: Callable[[], bool]) -> None:
        self.input = input
        self._saga = saga
        self._interrupted = interrupted
        self.queue = ""
        """Of the host that has the commits, "" until it is known."""

    async def show(self, view: MigrationView) -> None:
        """Writes the comment. It is never worth ending the migration for."""
        if not (self.input.publish and self.input.number):
            return
        policy = until_done() if view.result else RetryPolicies.github_api()
        try:
            await write_from(self.queue, MigrationReportActivities.show_migration, view, policy)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.warning(f"comment=refused stage={view.stage}", exc_info=trace_of(error))

    async def answer(self, asked: MigrationAsked) -> None:
        """To a `/migrate` while the same migration runs. It is never worth ending that for."""
        text = texts.already_running(self.input.recipe)
        reply = ReplyInput(self.input.repo, self.input.number, f"migrate-{asked.comment_id}", text, once=True)
        try:
            await write(CommentActivities.reply_comment, reply)
        except ActivityError as error:
            workflow.logger.warning(f"answer=lost recipe={self.input.recipe}", exc_info=trace_of(error))

    async def publish(self, view: MigrationView, end: MigrationEnd) -> MigrationResult:
        """Pushes the commits and opens the pull request; with a dry run only shows the change. Raises InterruptedStep
        where it is interrupted: what is being written then is written, so that it can be undone."""
        result = view.result
        assert result
        if not (self.input.publish and result.commit_sha and result.workspace):
            return result
        before, migration = result.workspace.head_sha, self.input
        await self._show_diff(ShowMigrationDiffInput(view, before, result.commit_sha))
        if migration.dry_run:
            return result
        branch = f"autobuild/migrate-{migration.recipe}{f'-{migration.number}' if migration.number else ''}"
        pulls = (await ask_for_person(PullActivities.list_open_pulls, PullsInput(migration.repo))).pulls
        for pull in pulls:
            if not pull.fork and (pull.head_ref == branch or pull.head_ref.startswith(f"{branch}-")):
                return replace(result, state="stopped", reason=texts.branch_in_use(pull.head_ref, pull.number))
        tip = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(migration.repo, migration.head.branch))
        if tip.sha and tip.sha != before:
            moved = texts.base_moved(migration.head.branch)
            result = replace(result, reason=f"{result.reason} {moved}".strip())
        return await self._open_pulls(replace(view, result=result), branch, end.git_dir)

    async def _open_pulls(self, view: MigrationView, branch: str, git_dir: str) -> MigrationResult:
        """One, or as many as were asked for: each part's branch is named after the migration's."""
        result, base, split = view.result, self.input.head.branch, self.input.split
        assert result
        opened, pushed = [], {}
        for part in await self._parts(view):
            name = f"{branch}-{part.name}" if split else branch
            self.go_on()
            await self._push(name, part.commit_sha, git_dir)
            pushed[name] = part.commit_sha
            self.go_on()
            wanted = OpenMigrationPullInput(view, name, base, part.title)
            opened.append(await self._on_host(MigrationReportActivities.open_migration_pull, wanted))
            base = name if part.stacked else base
        self.go_on()
        others = texts.other_pulls([one.number for one in opened[1:]])
        reason = f"{result.reason} {others}".strip()
        return replace(result, pull=opened[0].number, pull_url=opened[0].url, reason=reason, branches=pushed)

    def go_on(self) -> None:
        """Raises InterruptedStep where it may not."""
        if self._interrupted():
            raise InterruptedStep

    async def _parts(self, view: MigrationView) -> tuple[MigrationPart, ...]:
        result = view.result
        assert result
        assert result.workspace
        if not self.input.split:
            return (MigrationPart(self.input.recipe, "", result.commit_sha),)
        title = view.analysis.title
        split = SplitInput(result.workspace, self.input.split, title, view.steps, result.steps, result.commit_sha)
        return (await host_calls.split(split)).parts

    async def _push(self, branch: str, commit: str, git_dir: str) -> None:
        """Over what an earlier migration left there: that has no open pull request any more."""
        repo = self.input.repo
        there = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo, branch))
        delete = DeleteBranchInput(repo, branch, (commit,))
        self._saga.add(f"branch {branch}", lambda: ask_for_person(BranchActivities.delete_branch, delete))
        push = PushBranchInput(repo, branch, git_dir, commit, force=bool(there.sha), expected=there.sha)
        await self._on_host(CommitActivities.push_branch, push)

    async def _show_diff(self, input: ShowMigrationDiffInput) -> None:
        try:
            await self._on_host(MigrationReportActivities.show_migration_diff, input)
        except ActivityError as error:
            if was_cancelled(error) or not for_a_person(error, ""):
                raise
            workflow.logger.warning("diff=refused", exc_info=trace_of(error))

    async def _on_host(self, activity: Callable[[Any, P], Awaitable[R]], input: P) -> R:
        return await workflow.execute_activity_method(
            activity,
            input,
            task_queue=self.queue,
            schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
            start_to_close_timeout=ActivityTimeouts.PUSH,
            retry_policy=RetryPolicies.github_api(),
        )
