"""What a planned change writes on GitHub, from the host that has its texts and its commits."""

import asyncio
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.branches import BranchActivities, DeleteBranchInput, tip
from activities.github.check_run_requests import PLANNED, CheckRunRef, complete_alone
from activities.github.comments import CommentResult, comment_for_key
from activities.github.commits import CommitActivities
from activities.github.commits.types import PushBranchInput
from activities.github.pulls import CreatePullInput, CreatePullResult, PullActivities
from activities.planned_changes import pull_request, report
from activities.planned_changes.pull_template import pull_template
from activities.planned_changes.stages import OpenPlannedPullInput, ReplaceBranchInput, ShowPlannedDiffInput
from activities.planned_changes.types import PlannedChangeView, PlannedTexts
from activities.reporting.check_run import CheckRunOutput
from activities.workspace.git import git_limited

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.result_store import ResultStore
    from activities.workspace.mirror import Workspaces

_LARGEST_DIFF = 1024**2


class PlannedPullActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub", results: "ResultStore", workspaces: "Workspaces") -> None:
        self._github = github
        self._results = results
        self._workspaces = workspaces

    @github_activity
    async def show_planned_change(self, view: PlannedChangeView) -> CommentResult:
        """Writes the one comment of a planned change."""
        change = view.change
        body = report.comment(view, await self._texts(view))
        key = f"planned-{change.asked_at:.0f}"
        return await comment_for_key(self._github, change.repo, change.issue, body, key)

    @github_activity
    async def show_planned_diff(self, input: ShowPlannedDiffInput) -> None:
        """Shows what a planned change would change in a check run of the base, which says nothing about it."""
        diff = await git_limited(
            _LARGEST_DIFF, self._workspaces.mirror(input.repo), "diff", "--no-color", "--no-ext-diff", "--no-textconv",
            input.before, input.after,
        )  # fmt: skip
        text = (diff or b"").decode("utf-8", "replace")
        output = CheckRunOutput("neutral", report.diff_title(input.view), report.diff_summary(text))
        change = input.view.change
        key = f"planned:{change.issue}:{change.asked_at:.0f}|{input.before}|{PLANNED}|0"
        api, app = await self._github.for_gate(input.repo, {"checks": "write"}), await self._github.app()
        await complete_alone(api, app.id, CheckRunRef(input.repo, input.before, 0, PLANNED, key), output)

    @github_activity
    async def replace_branch(self, input: ReplaceBranchInput) -> None:
        """Puts a branch of ours where another one is, and removes that one."""
        api = await self._github.installation(input.repo, {"contents": "read"})
        if await tip(api, input.repo, input.branch) != input.sha:
            await self._workspaces.fetch(input.repo, input.sha)
            mirror = str(self._workspaces.mirror(input.repo))
            push = PushBranchInput(input.repo, input.branch, mirror, input.sha, force=True, expected=input.expected)
            await CommitActivities(self._github).push_branch(push)
        await BranchActivities(self._github).delete_branch(DeleteBranchInput(input.repo, input.made, (input.sha,)))

    @github_activity
    async def open_planned_pull(self, input: OpenPlannedPullInput) -> CreatePullResult:
        """Opens the pull request of a planned change, or updates it."""
        template = await pull_template(self._workspaces, input.repo, input.base_sha)
        body = pull_request.pull_body(input.view, await self._texts(input.view), template, input.repo)
        wanted = CreatePullInput(
            input.repo, input.branch, input.base, pull_request.pull_title(input.view), body, input.draft,
            (*pull_request.pull_labels(input.view), *input.labels), input.reviewers,
        )  # fmt: skip
        return await PullActivities(self._github).create_pull_request(wanted)

    async def _texts(self, view: PlannedChangeView) -> PlannedTexts:
        """What this host has of them."""
        from activities.planning_engine.stages import task_text

        def read() -> PlannedTexts:
            facts = self._results.facts(view.design.design_id) if view.design and view.design.design_id else None
            tasks = view.plan.tasks if view.plan else ()
            return PlannedTexts(
                str((facts or {}).get("text", "")), tuple((one.id, task_text(self._results, one)) for one in tasks)
            )

        return await asyncio.to_thread(read)
