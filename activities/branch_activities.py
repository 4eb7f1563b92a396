"""What the bot does to branches, commits and releases, as the worker registers it: thin, and each may run again."""

from temporalio import activity

from activities.github import branches, commits, queries, releases, statuses
from activities.github.client import GitHub
from activities.github.client.activity_errors import as_application_error
from activities.github.commits import push
from activities.github.types.branches import (
    CommitStatus,
    CommitStatusInput,
    CreateBranchInput,
    CreateBranchResult,
    CreateReleaseInput,
    CreateReleaseResult,
    PushBranchInput,
    PushBranchResult,
    SyncBranchInput,
    SyncBranchResult,
)
from activities.github.types.check_runs import CreateCommitInput, CreateCommitResult
from activities.github.types.lookups import BranchInfo, BranchInput
from activities.heartbeat import heartbeating


class BranchActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @as_application_error
    async def branch_info(self, wanted: BranchInput) -> BranchInfo:
        """A branch's head, and whether it is protected or the default one."""
        return await queries.branch_info(self._github, wanted.repo, wanted.branch)

    @activity.defn
    @as_application_error
    async def create_branch(self, wanted: CreateBranchInput) -> CreateBranchResult:
        """A branch that begins at another one's head or at a commit."""
        return await branches.create(self._github, wanted)

    @activity.defn
    @as_application_error
    async def sync_branch(self, wanted: SyncBranchInput) -> SyncBranchResult:
        """A branch brought up to date with its base, by a merge."""
        return await branches.sync(self._github, wanted)

    @activity.defn
    @as_application_error
    async def push_branch(self, wanted: PushBranchInput) -> PushBranchResult:
        """A local commit pushed to a branch, never to the default one."""
        async with heartbeating():
            return await push.push(self._github, wanted)

    @activity.defn
    @as_application_error
    async def create_commit(self, wanted: CreateCommitInput) -> CreateCommitResult:
        """A local change as a commit that GitHub makes and signs."""
        async with heartbeating():
            return await commits.create(self._github, wanted)

    @activity.defn
    @as_application_error
    async def get_commit_status(self, wanted: CommitStatusInput) -> CommitStatus:
        """What statuses and check runs say of a commit, everybody's."""
        return await statuses.of_commit(self._github, wanted)

    @activity.defn
    @as_application_error
    async def create_release(self, wanted: CreateReleaseInput) -> CreateReleaseResult:
        """The release of a tag, made or edited."""
        return await releases.create(self._github, wanted)
