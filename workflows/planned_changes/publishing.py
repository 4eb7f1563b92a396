"""What a planned change makes on GitHub: branches with signed commits and pull requests; and how that is undone."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.branches import BranchInfoInput, BranchStateInput, CreateBranchInput, DeleteBranchInput
    from activities.github.issues import IssueLabelsInput
    from activities.github.pulls import PullsInput
    from activities.github.pulls.states import ClosePullInput
    from activities.github_activities import BranchActivities, IssueActivities, PullActivities, PullStateActivities
    from activities.migration.types import JoinStepInput, StepResult
    from activities.patching.types import PushRequestInput
    from activities.planned_changes import texts
    from activities.planned_changes.pull_request import branch_name, commit_message
    from activities.planned_changes.stages import OpenPlannedPullInput, ReplaceBranchInput, ShowPlannedDiffInput
    from activities.planned_changes.types import PlannedPull
    from workflows.activity_calls import ask_for_person
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.patching import host_calls as patch_calls
    from workflows.planned_changes import host_calls
    from workflows.planned_changes.comment import ChangeComment
    from workflows.planned_changes.state import ChangeState, RepositoryChange
    from workflows.planned_changes.stopping import Stop
    from workflows.saga import Saga


class CannotPublish(Exception):
    """Nothing can be pushed; the text says why, and what to do."""


class ChangePublisher:
    """Of one planned change. What it makes is undone by `saga`."""

    def __init__(self, state: ChangeState, stop: Stop, comment: ChangeComment, saga: Saga) -> None:
        self._state = state
        self._stop = stop
        self._comment = comment
        self._saga = saga
        self._pushed: dict[str, tuple[str, ...]] = {}
        """Repository → the heads that its branch has had because of us."""
        self.left_open: dict[str, str] = {}
        """Repository → the sentence why its pull request was not taken back."""

    async def require_open_issue(self) -> None:
        """Raises CannotPublish where somebody closed the issue meanwhile."""
        change = self._state.change
        issue = await ask_for_person(IssueActivities.get_issue_labels, IssueLabelsInput(change.repo, change.issue))
        if not issue.open:
            raise CannotPublish(texts.ISSUE_CLOSED_MEANWHILE)

    async def show_diff(self) -> str:
        """Of a dry run; the sentence why it cannot be shown, "" where it is."""
        for where in self._state.repositories.values():
            if not where.changed:
                continue
            input = ShowPlannedDiffInput(self._state.view(), where.workspace.repo, where.workspace.head_sha, where.tip)
            try:
                await host_calls.show_diff(where.workspace, input)
            except ActivityError as error:
                if was_cancelled(error) or not (reason := for_a_person(error, "")):
                    raise
                return reason
        return ""

    async def publish(self, where: RepositoryChange, *, draft: bool, pull: bool = True) -> None:
        """Pushes the commits of one repository, and opens its pull request or updates ours. Raises CannotPublish."""
        await self.require_open_issue()
        repo, branch = where.workspace.repo, branch_name(self._state.change, where.workspace.repo)
        there = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo, branch))
        existing = await self._existing(where, branch, there.sha)
        made = f"{branch}-next" if there.sha else branch
        if there.sha:  # a run that was ended from outside may have left one
            left = await ask_for_person(BranchActivities.branch_info, BranchInfoInput(repo, made))
            await ask_for_person(BranchActivities.delete_branch, DeleteBranchInput(repo, made, (left.sha,)))
        head = await self._pushed_commits(where, made)
        if there.sha:
            await host_calls.replace_branch(where.workspace, ReplaceBranchInput(repo, branch, there.sha, made, head))
        self._pushed[where.name] = (*self._pushed.get(where.name, ()), head)
        if not pull:
            return
        self._stop.go_on()
        if not existing:
            self._saga.add(f"pull request of {branch}", lambda: self._close(where, branch))
        await self._open(where, branch, head, draft=draft)

    async def push_more(self, where: RepositoryChange, head: str, commit: str, message: str) -> str:
        """One more commit upon `head`; the new head. Raises CannotPublish where the branch is somewhere else."""
        branch = branch_name(self._state.change, where.workspace.repo)
        workspace = replace(where.workspace, head=replace(where.workspace.head, branch=branch))
        pushed = await patch_calls.push(PushRequestInput(workspace, head, commit, message))
        if pushed.moved:
            raise CannotPublish(texts.branch_has_others(branch, self._number(where)))
        self._pushed[where.name] = (*self._pushed.get(where.name, ()), pushed.sha)
        return pushed.sha

    async def rebased(self, where: RepositoryChange) -> bool:
        """Whether the base branch moved and the change is upon its new tip now. Where both changed a file it stays
        upon the commit that it was made for, and the pull request says so."""
        base = where.workspace.head
        tip = (await ask_for_person(BranchActivities.branch_info, BranchInfoInput(base.repo, base.branch))).sha
        if not tip or tip == base.sha:
            return False
        workspace = replace(where.workspace, head=replace(base, sha=tip))
        at, commits = tip, []
        for task, commit in where.commits:
            joined = await patch_calls.join(JoinStepInput(workspace, StepResult(task, "done", commit), at))
            if joined.status != "done":
                self._state.note = texts.base_moved(base.branch)
                return False
            at = joined.commit_sha
            commits.append((task, at))
        where.workspace, where.tip, where.commits = workspace, at, commits
        return True

    async def _existing(self, where: RepositoryChange, branch: str, tip: str) -> int:
        """The number of our open pull request, 0 for none. Raises CannotPublish where others pushed to its branch, or
        opened a pull request from it."""
        if not tip:
            return 0
        state = await ask_for_person(BranchActivities.get_branch_state, BranchStateInput(where.workspace.repo, branch))
        if state.others or (state.pull and not state.ours):
            raise CannotPublish(texts.branch_has_others(branch, state.pull))
        return state.pull

    async def _pushed_commits(self, where: RepositoryChange, branch: str) -> str:
        """The head of `branch` after each commit was pushed."""
        state, repo, base = self._state, where.workspace.repo, where.workspace.head_sha
        heads = [base]
        self._saga.add(f"branch {branch}", lambda: self._delete(where, branch, tuple(heads)))
        await ask_for_person(BranchActivities.create_branch, CreateBranchInput(repo, branch, base))
        workspace = replace(where.workspace, head=replace(where.workspace.head, branch=branch))
        view = state.view()
        for task, commit in where.commits:
            self._stop.go_on()
            message = commit_message(view, task)
            pushed = await patch_calls.push(PushRequestInput(workspace, heads[-1], commit, message))
            if pushed.moved:
                raise CannotPublish(texts.branch_has_others(branch, 0))
            heads.append(pushed.sha)
        return heads[-1]

    async def _open(self, where: RepositoryChange, branch: str, head: str, *, draft: bool) -> None:
        state, base = self._state, where.workspace.head
        labels = state.rules.pull_labels if state.rules else ()
        input = OpenPlannedPullInput(
            state.view(), base.repo, branch, base.branch, base.sha, draft,
            (state.change.actor,) if state.change.actor and not draft else (), labels,
        )  # fmt: skip
        opened = await host_calls.open_pull(where.workspace, input)
        pull = PlannedPull(base.repo.full_name, opened.number, opened.url, branch, head, draft)
        state.pulls = [one for one in state.pulls if one.repository != pull.repository] + [pull]

    async def refresh(self, where: RepositoryChange) -> None:
        """The pull request's text as everything is now."""
        pull = self.pull_of(where)
        if pull:
            await self._open(where, pull.branch, pull.head_sha, draft=pull.draft)

    def pull_of(self, where: RepositoryChange) -> PlannedPull | None:
        return next((one for one in self._state.pulls if one.repository == where.name), None)

    def set_pull(self, pull: PlannedPull) -> None:
        """Where it is now."""
        self._state.pulls = [pull if one.repository == pull.repository else one for one in self._state.pulls]

    def branch(self, where: RepositoryChange) -> str:
        return branch_name(self._state.change, where.workspace.repo)

    def _number(self, where: RepositoryChange) -> int:
        pull = self.pull_of(where)
        return pull.number if pull else 0

    async def _close(self, where: RepositoryChange, branch: str) -> None:
        """One that was opened, even where nobody heard of it."""
        repo = where.workspace.repo
        pulls = (await ask_for_person(PullActivities.list_open_pulls, PullsInput(repo))).pulls
        for pull in pulls:
            if pull.head_ref == branch and not pull.fork:
                key, ours = f"planned-{self._state.change.asked_at:.0f}", self._pushed.get(where.name, ())
                closing = ClosePullInput(repo, pull.number, texts.CLOSED_BY_STOP, key, ours)
                closed = await ask_for_person(PullStateActivities.close_pull_request, closing)
                if not closed.closed:
                    self.left_open[where.name] = closed.reason
                    return
        self._state.pulls = [one for one in self._state.pulls if one.repository != where.name]

    async def _delete(self, where: RepositoryChange, branch: str, heads: Sequence[str]) -> None:
        """Not one to which others have pushed, nor one whose pull request somebody works with."""
        if where.name in self.left_open:
            return
        known = (*heads, *self._pushed.get(where.name, ()))
        await ask_for_person(BranchActivities.delete_branch, DeleteBranchInput(where.workspace.repo, branch, known))


def undo_failed(what: str, error: Exception) -> None:
    """For `Saga.undo`."""
    workflow.logger.error(f"undo=failed what={what!r}", exc_info=trace_of(error))
