"""What a patch reads and writes on GitHub, and its tasks on this host."""

from typing import TYPE_CHECKING

from temporalio.exceptions import ApplicationError

from activities.github.activity_errors import github_activity
from activities.github.branches import tip
from activities.github.check_run_requests import PATCH, CheckRunRef, complete_alone
from activities.github.comments import CommentResult, comment_for_key
from activities.github.commits import CommitActivities
from activities.github.commits.types import CreateCommitInput
from activities.github.errors import Conflict
from activities.patching import report
from activities.patching.types import (
    PatchView,
    PushedRequest,
    PushRequestInput,
    ShowPatchDiffInput,
)
from activities.reporting.check_run import CheckRunOutput
from activities.workspace.git import git_limited

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.result_store import ResultStore
    from activities.workspace.mirror import Workspaces

_LARGEST_DIFF = 1024**2


class PatchPublishingActivities:
    """Each may run again, on the host that has the patch's commits and tasks."""

    def __init__(self, github: "GitHub", results: "ResultStore", workspaces: "Workspaces") -> None:
        self._github = github
        self._results = results
        self._workspaces = workspaces

    @github_activity
    async def show_patch(self, view: PatchView) -> CommentResult:
        """Writes the patch's one comment."""
        patch, body = view.patch, report.comment(view)
        return await comment_for_key(self._github, patch.repo, patch.number, body, f"patch-{patch.comment_id}")

    @github_activity
    async def show_patch_diff(self, input: ShowPatchDiffInput) -> None:
        """Shows what a patch would change in a check run of the head, which says nothing about it."""
        patch = input.view.patch
        diff = await git_limited(
            _LARGEST_DIFF, self._workspaces.mirror(patch.repo), "diff", "--no-color", "--no-ext-diff", "--no-textconv",
            input.before, input.after,
        )  # fmt: skip
        text = (diff or b"").decode("utf-8", "replace")
        output = CheckRunOutput("neutral", report.diff_title(input.view), report.diff_summary(text))
        key = f"patch:{patch.comment_id}|{input.before}|{PATCH}|0"
        api, app = await self._github.for_gate(patch.repo, {"checks": "write"}), await self._github.app()
        await complete_alone(api, app.id, CheckRunRef(patch.repo, input.before, 0, PATCH, key), output)

    @github_activity
    async def push_request(self, input: PushRequestInput) -> PushedRequest:
        """Makes one request's change a signed commit on the pull request's branch.

        A branch that is somewhere else is left as it is.
        """
        repo, branch = input.workspace.repo, input.workspace.head.branch
        await self._workspaces.fetch(repo, input.expected_head)
        mirror = str(self._workspaces.mirror(repo))
        wanted = CreateCommitInput(repo, branch, input.expected_head, input.message, mirror, input.commit)
        try:
            created = await CommitActivities(self._github).create_commit(wanted)
        except ApplicationError as error:
            if error.type != Conflict.__name__:
                raise
            there = await tip(await self._github.installation(repo, {"contents": "read"}), repo, branch)
            if there == input.expected_head:
                raise
            return PushedRequest(there, moved=True)
        return PushedRequest(created.sha)
