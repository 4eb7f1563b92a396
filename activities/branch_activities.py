"""What the bot does to branches and commits, as the worker registers it: thin, and each may run again."""

from temporalio import activity

from activities.github import commits, reading
from activities.github.client import GitHub
from activities.github.failures import told
from activities.github.lookups import BranchInfo, BranchWanted
from activities.github.requests import CommitMade, CommitWanted


class BranchActivities:
    """Part of `GitHubActivities`."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn
    @told
    async def branch_info(self, wanted: BranchWanted) -> BranchInfo:
        """A branch's head, and whether it is protected or the default one."""
        return await reading.branch_info(self._github, wanted.repo, wanted.branch)

    @activity.defn
    @told
    async def create_commit(self, wanted: CommitWanted) -> CommitMade:
        """A local change as a commit that GitHub signs."""
        return await commits.create(self._github, wanted)
