"""What the bot does to issues, as the worker registers it: thin, and each may run again."""

from temporalio import activity

from activities.github import comments, issues
from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.types.check_runs import CommentResult
from activities.github.types.issues import (
    CloseIssueInput,
    CloseIssueResult,
    CreateIssueInput,
    CreateIssueResult,
    IssueCommentInput,
)


class IssueActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @as_application_error
    async def create_issue(self, wanted: CreateIssueInput) -> CreateIssueResult:
        """The one issue of a key: made, or found and brought up to date."""
        return await issues.make(self._github, wanted)

    @activity.defn
    @as_application_error
    async def close_issue(self, wanted: CloseIssueInput) -> CloseIssueResult:
        """Closed with a reason, and with a comment that is said once."""
        return await issues.close(self._github, wanted)

    @activity.defn
    @as_application_error
    async def add_issue_comment(self, wanted: IssueCommentInput) -> CommentResult:
        """A comment on an issue, once for each key."""
        return await comments.say(self._github, wanted.repo, wanted.number, wanted.comment, wanted.key)
