"""A migration's comment, check run and pull request. What is left for a person is read from this host's results."""

import asyncio
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.check_run_requests import MIGRATION, CheckRunRef, complete_alone
from activities.github.comments import CommentResult, comment_for_key
from activities.github.pulls import CreatePullInput, CreatePullResult, PullActivities
from activities.migration.types import MigrationView, OpenMigrationPullInput, ShowMigrationDiffInput
from activities.migration_engine import report as texts
from activities.migration_engine.leftovers import get_leftovers
from activities.reporting.check_run import CheckRunOutput
from activities.workspace.git import git_limited

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.result_store import ResultStore
    from activities.workspace.mirror import Workspaces

_LARGEST_DIFF = 1024**2


class MigrationReportActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub", results: "ResultStore", workspaces: "Workspaces") -> None:
        self._github = github
        self._results = results
        self._workspaces = workspaces

    @github_activity
    async def show_migration(self, view: MigrationView) -> CommentResult:
        """Writes the migration's one comment."""
        migration = view.migration
        leftovers = await asyncio.to_thread(get_leftovers, self._results, _report_id(view))
        body = texts.comment(view, leftovers)
        key = f"migration-{migration.comment_id or migration.recipe}"
        return await comment_for_key(self._github, migration.repo, migration.number, body, key)

    @github_activity
    async def show_migration_diff(self, input: ShowMigrationDiffInput) -> None:
        """Shows the change in a check run of the migrated commit, which says nothing about it."""
        view, repo = input.view, input.view.migration.repo
        diff = await git_limited(
            _LARGEST_DIFF, self._workspaces.mirror(repo), "diff", "--no-color", "--no-ext-diff", "--no-textconv",
            input.before, input.after,
        )  # fmt: skip
        text = (diff or b"").decode("utf-8", "replace")
        output = CheckRunOutput("neutral", texts.diff_title(view), texts.diff_summary(view, text))
        key = f"migration:{view.migration.recipe}:{view.migration.comment_id}|{input.before}|{MIGRATION}|0"
        api, app = await self._github.for_gate(repo, {"checks": "write"}), await self._github.app()
        await complete_alone(api, app.id, CheckRunRef(repo, input.before, 0, MIGRATION, key), output)

    @github_activity
    async def open_migration_pull(self, input: OpenMigrationPullInput) -> CreatePullResult:
        """Opens the pull request, as a draft where something is left that breaks the build."""
        view = input.view
        result, migration = view.result, view.migration
        leftovers = await asyncio.to_thread(get_leftovers, self._results, _report_id(view))
        wanted = CreatePullInput(
            migration.repo, input.branch, input.base, input.title or texts.pull_title(view),
            texts.pull_body(view, leftovers), draft=bool(result and result.breaks_build),
        )  # fmt: skip
        return await PullActivities(self._github).create_pull_request(wanted)


def _report_id(view: MigrationView) -> str:
    """Of all that is left at the end; until then of what will not migrate."""
    return view.result.report_id if view.result else view.analysis.blockers_id
