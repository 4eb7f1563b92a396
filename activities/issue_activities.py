"""What the bot does to issues, as the worker registers it: thin, and each may run again."""

from temporalio import activity

from activities.github import comments, issues
from activities.github.client import GitHub
from activities.github.client.activity_errors import told
from activities.github.types.check_runs import CommentPosted
from activities.github.types.issues import IssueClose, IssueClosed, IssueComment, IssueMade, NewIssue


class IssueActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @told
    async def create_issue(self, wanted: NewIssue) -> IssueMade:
        """The one issue of a key: made, or found and brought up to date."""
        return await issues.make(self._github, wanted)

    @activity.defn
    @told
    async def close_issue(self, wanted: IssueClose) -> IssueClosed:
        """Closed with a reason, and with a comment that is said once."""
        return await issues.close(self._github, wanted)

    @activity.defn
    @told
    async def add_issue_comment(self, wanted: IssueComment) -> CommentPosted:
        """A comment on an issue, once for each key."""
        return await comments.say(self._github, wanted.repo, wanted.number, wanted.comment, wanted.key)
