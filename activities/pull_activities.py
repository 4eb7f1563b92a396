"""What the bot does to pull requests, as the worker registers it: thin, and each may run again."""

from temporalio import activity

from activities.github import comments, labels, merging, pull_files, pull_status, pulls, reviews
from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.types.check_runs import CommentResult
from activities.github.types.lookups import PullInput
from activities.github.types.pulls import (
    AddLabelsInput,
    AddLabelsResult,
    CreatePullInput,
    CreatePullResult,
    MergeInput,
    MergeResult,
    PullCommentInput,
    PullFiles,
    PullStatusInput,
    PullStatusResult,
    RequestReviewInput,
    RequestReviewResult,
)


class PullActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @as_application_error
    async def create_pull_request(self, wanted: CreatePullInput) -> CreatePullResult:
        """The one open pull of a head into a base: opened, or found and brought up to date."""
        return await pulls.open_or_find(self._github, wanted)

    @activity.defn
    @as_application_error
    async def merge_pull_request(self, wanted: MergeInput) -> MergeResult:
        """Merged at just this head and within the branch's rules, or what it waits for."""
        return await merging.merge(self._github, wanted)

    @activity.defn
    @as_application_error
    async def update_pr_status(self, wanted: PullStatusInput) -> PullStatusResult:
        """A commit status on the pull's head, posted only when it says something new."""
        return await pull_status.post(self._github, wanted)

    @activity.defn
    @as_application_error
    async def add_pr_comment(self, wanted: PullCommentInput) -> CommentResult:
        """A comment on a pull, once for each key."""
        return await comments.say(self._github, wanted.repo, wanted.number, wanted.comment, wanted.key)

    @activity.defn
    @as_application_error
    async def get_pr_files(self, wanted: PullInput) -> PullFiles:
        """The files that a pull changes."""
        return await pull_files.read(self._github, wanted)

    @activity.defn
    @as_application_error
    async def add_pr_labels(self, wanted: AddLabelsInput) -> AddLabelsResult:
        """The labels are on the pull afterwards, beside those it had."""
        return await labels.add(self._github, wanted)

    @activity.defn
    @as_application_error
    async def request_pr_review(self, wanted: RequestReviewInput) -> RequestReviewResult:
        """Asks those who are not asked yet and have not looked at this head."""
        return await reviews.request(self._github, wanted)
