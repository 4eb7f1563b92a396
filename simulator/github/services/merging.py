"""Deeds that merge: pull requests in three ways, a base into a pull's branch, one branch into another."""

from simulator.github import git
from simulator.github.git import fast_import
from simulator.github.services import branch_rules
from simulator.github.services.entities import METHODS, Issue, PullDetails, Repository, User
from simulator.github.services.mergeability import Mergeability
from simulator.github.services.protection import rules_of
from simulator.github.services.pulls import Unprocessable

NOT_MERGEABLE = "Pull Request is not mergeable"
MOVED = "Base branch was modified. Review and try the merge again."


_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


class MergeConflict(Unprocessable):
    """The two cannot be merged."""


class Merging(Mergeability):
    """See the module."""

    async def merge_pull(
        self, full_name: str, number: int, login: str = "octocat", *, method: str = "merge", title: str = "",
        message: str | None = None,
    ) -> str:  # fmt: skip
        """By `merge`, `squash` or `rebase`; gives the base branch's new tip. Refused with GitHub's reason."""
        repo, issue, pull = self.pull(full_name, number)
        sender = self.add_user(login)
        tip = await self._fit(repo, issue, pull, method, sender)
        if method == "merge":
            sha = await self.merge_commit(repo, issue, sender, title, message)
        elif method == "squash":
            sha = await self._squashed(repo, issue, pull, sender, title, message)
        else:
            sha = await self._rebased(repo, pull, tip, sender)
        try:
            await self.move_ref(repo, f"refs/heads/{pull.base_ref}", sha, sender, tip, merged=True)
        except git.GitCommandError as error:
            raise Unprocessable(MOVED) from error
        if not pull.merged_at:
            await self.end_merged(repo, issue, sha, sender)
        return sha

    def allow_methods(self, full_name: str, methods: list[str]) -> None:
        """The only ways that a pull request may be merged here."""
        if unknown := set(methods) - set(METHODS):
            raise ValueError(f"{unknown} is none of {', '.join(METHODS)}")
        self.repository(full_name).methods = set(methods)
        self.changed()

    async def update_branch(self, full_name: str, number: int, login: str = "octocat", expected: str = "") -> str:
        """Merges the base into the pull's own branch and gives the new head."""
        repo, _, pull = self.pull(full_name, number)
        if expected and expected != pull.head_sha:
            raise Unprocessable("expected head sha didn\u2019t match current head ref.")
        if not await self.behind(repo, pull):
            raise Unprocessable("There are no new commits on the base branch.")
        tip, head = await self.branch(repo, pull.base_ref, "base"), pull.head_repository
        await self._bring(repo, head, tip)
        message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
        try:
            return await self._join(head, (pull.head_ref, pull.head_sha), tip, message, self.add_user(login))
        except MergeConflict as error:
            raise Unprocessable("merge conflict between base and head") from error

    async def merge_branch(
        self, full_name: str, base: str, head: str, message: str = "", login: str = "octocat"
    ) -> str | None:
        """Merges a branch or commit into a branch; None where it holds that already. Missing, Conflict."""
        repo = self.repository(full_name)
        tip, other = await self.branch(repo, base, "base"), await git.resolve(repo.path, head)
        if not other:
            raise LookupError(head)
        if await git.is_ancestor(repo.path, other, tip):
            return None
        return await self._join(repo, (base, tip), other, message or f"Merge {head} into {base}", self.add_user(login))

    async def _join(self, repo: Repository, to: tuple[str, str], other: str, message: str, sender: User) -> str:
        """A merge commit on a branch: its name, and where it is."""
        (branch, tip) = to
        try:
            tree = await fast_import.merged_tree(repo.path, tip, other)
        except git.GitCommandError as error:
            raise MergeConflict("Merge conflict") from error
        sha = await fast_import.merge(repo.path, tree, (tip, other), message, self.author(sender))
        try:
            await self.move_ref(repo, f"refs/heads/{branch}", sha, sender, tip)
        except git.GitCommandError as error:
            raise MergeConflict(MOVED) from error
        return sha

    async def _fit(self, repo: Repository, issue: Issue, pull: PullDetails, method: str, sender: User) -> str:
        """Refused where the pull cannot or may not be merged like that; else the tip of its base."""
        if issue.state != "open":
            raise Unprocessable(NOT_MERGEABLE)
        if pull.draft:
            raise Unprocessable("Pull Request is still a draft")
        if method not in repo.methods:
            raise Unprocessable(f"{_NAMES[method]} are not allowed on this repository.")
        if method == "merge" and rules_of(repo, pull.base_ref).linear:
            raise Unprocessable(branch_rules.NO_MERGES)
        if problem := self.merge_problem(repo, issue, pull, behind=await self.behind(repo, pull), sender=sender):
            raise Unprocessable(problem)
        return await self.branch(repo, pull.base_ref, "base")

    async def _squashed(
        self, repo: Repository, issue: Issue, pull: PullDetails, sender: User, title: str, message: str | None
    ) -> str:
        tip = await self.branch(repo, pull.base_ref, "base")
        try:
            tree = await self.tree_with_base(repo, pull)
        except git.GitCommandError as error:
            raise Unprocessable(NOT_MERGEABLE) from error
        commits = (await git.log(repo.path, pull.head_sha, f"^{tip}"))[::-1]
        if message is None:
            message = "\n\n".join(f"* {commit.message.strip()}" for commit in commits) if len(commits) > 1 else ""
        text = f"{title or f'{issue.title} (#{issue.number})'}\n\n{message}".rstrip()
        return await fast_import.merge(repo.path, tree, (tip,), text, self.author(issue.user), self.author(sender))

    async def _rebased(self, repo: Repository, pull: PullDetails, tip: str, sender: User) -> str:
        """Merge commits are left out, as `git rebase` does."""
        onto = tip
        for commit in (await git.log(repo.path, "--no-merges", pull.head_sha, f"^{tip}"))[::-1]:
            try:
                onto = await fast_import.picked(repo.path, commit, onto, self.author(sender))
            except git.GitCommandError as error:
                raise Unprocessable("This branch can't be rebased") from error
        return onto
