"""Whether a pull request can be merged: worked out when somebody looks, as on GitHub."""

from simulator.github import git
from simulator.github.git import fast_import
from simulator.github.services.entities import Issue, PullDetails, Repository
from simulator.github.services.protection import rules_of, unstable
from simulator.github.services.refs import RefMoves


class Mergeability(RefMoves):
    """See the module."""

    async def weigh(self, repo: Repository, issue: Issue, pull: PullDetails) -> None:
        """Finds out whether the pull can be merged, unless that is to take another look."""
        pull.mergeable, pull.mergeable_state = None, "unknown"
        if issue.state == "closed":
            return
        if pull.thinking:
            pull.thinking -= 1
            return
        behind = await self.behind(repo, pull)
        try:
            await self.tree_with_base(repo, pull)
            pull.mergeable = True
        except git.GitCommandError:
            pull.mergeable = False
        pull.mergeable_state = self._state(repo, issue, pull, behind)

    def delay_mergeable(self, full_name: str, number: int, looks: int = 1) -> None:
        """The next `looks` at a pull find `mergeable` null, as GitHub's first one does."""
        self.pull(full_name, number)[2].thinking = looks

    async def behind(self, repo: Repository, pull: PullDetails) -> bool:
        return not await git.is_ancestor(repo.path, await self.branch(repo, pull.base_ref, "base"), pull.head_sha)

    async def tree_with_base(self, repo: Repository, pull: PullDetails) -> str:
        return await fast_import.merged_tree(repo.path, await self.branch(repo, pull.base_ref, "base"), pull.head_sha)

    def _state(self, repo: Repository, issue: Issue, pull: PullDetails, behind: bool) -> str:
        rules = rules_of(repo, pull.base_ref)
        if not pull.mergeable:
            return "dirty"
        if pull.draft:
            return "draft"
        if self.merge_problem(repo, issue, pull, behind=False, sender=None):
            return "blocked"
        if rules.strict and behind:
            return "behind"
        return "unstable" if unstable(repo, pull.head_sha) else "clean"
