"""Merging: pull requests in three ways or through the merge queue, a base into a pull request's branch, two branches.

Whether a pull request can be merged is computed when someone asks for it, as on GitHub.
"""

from simulator.github import git
from simulator.github.entities import Json, PullDetails, Repository, SimulatedIssue, User
from simulator.github.errors import EntityNotFound, Unprocessable
from simulator.github.git import ZERO, fast_import
from simulator.github.serializers import git as git_json
from simulator.github.services.events import Events
from simulator.github.services.protection import NO_MERGES, ProtectionService, unstable
from simulator.github.services.pulls import PullService, branch_tip, fetch_commit
from simulator.github.services.refs import RefService
from simulator.github.store import Store

_NOT_MERGEABLE = "Pull Request is not mergeable"
_BASE_MODIFIED = "Base branch was modified. Review and try the merge again."
_METHOD_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
_QUEUE = "refs/heads/gh-readonly-queue"


class MergeConflict(Unprocessable):
    """The two cannot be merged."""


class MergeService:
    """Merges pull requests and branches. `login` is the user who acts."""

    def __init__(
        self, store: Store, events: Events, protection: ProtectionService, pulls: PullService, refs: RefService
    ) -> None:
        self._store, self._events = store, events
        self._protection, self._pulls, self._refs = protection, pulls, refs

    # --- mergeability

    async def update_mergeability(self, repo: Repository, issue: SimulatedIssue, pull: PullDetails) -> None:
        """Sets `mergeable` and `mergeable_state`, unless they are to stay undecided for this request."""
        pull.mergeable, pull.mergeable_state = None, "unknown"
        if issue.state == "closed":
            return
        if pull.undecided_requests:
            pull.undecided_requests -= 1
            return
        tip = await branch_tip(repo, pull.base_ref, "base")
        behind = not await git.is_ancestor(repo.path, tip, pull.head_sha)
        try:
            await fast_import.merged_tree(repo.path, tip, pull.head_sha)
        except git.GitCommandError:
            pull.mergeable, pull.mergeable_state = False, "dirty"
            return
        pull.mergeable = True
        if pull.draft:
            pull.mergeable_state = "draft"
        elif self._protection.merge_problem(repo, pull, behind=False, sender=None):
            pull.mergeable_state = "blocked"
        elif repo.rules_of(pull.base_ref).strict and behind:
            pull.mergeable_state = "behind"
        else:
            pull.mergeable_state = "unstable" if unstable(repo, pull.head_sha) else "clean"

    def delay_mergeable(self, full_name: str, number: int, looks: int = 1) -> None:
        """The next `looks` requests for a pull request find `mergeable` null, as GitHub's first one does."""
        _, _, pull = self._store.pull(full_name, number)
        pull.undecided_requests = looks

    # --- pull requests

    async def merge_pull(
        self, full_name: str, number: int, login: str = "octocat", *, method: str = "merge", title: str = "",
        message: str | None = None,
    ) -> str:  # fmt: skip
        """By `merge`, `squash` or `rebase`; the base branch's new tip. Unprocessable with GitHub's reason."""
        repo, issue, pull = self._store.pull(full_name, number)
        sender = self._store.add_user(login)
        tip = await self._check_merge(repo, issue, pull, method, sender)
        if method == "merge":
            sha = await self._pulls.merge_commit(repo, issue, sender, title, message)
        elif method == "squash":
            sha = await self._squash(repo, issue, pull, tip, sender, title, message)
        else:
            sha = await self._rebase(repo, pull, tip, sender)
        try:
            await self._refs.move_ref(repo, f"refs/heads/{pull.base_ref}", sha, sender, tip, merged=True)
        except git.GitCommandError as error:
            raise Unprocessable(_BASE_MODIFIED) from error
        if not pull.merged_at:
            await self._pulls.mark_merged(repo, issue, sha, sender)
        return sha

    async def _check_merge(
        self, repo: Repository, issue: SimulatedIssue, pull: PullDetails, method: str, sender: User
    ) -> str:
        """The tip of the base; Unprocessable where this merge is impossible or forbidden."""
        if issue.state != "open":
            raise Unprocessable(_NOT_MERGEABLE)
        if pull.draft:
            raise Unprocessable("Pull Request is still a draft")
        if method not in repo.merge_methods:
            raise Unprocessable(f"{_METHOD_NAMES[method]} are not allowed on this repository.")
        if method == "merge" and repo.rules_of(pull.base_ref).linear:
            raise Unprocessable(NO_MERGES)
        tip = await branch_tip(repo, pull.base_ref, "base")
        behind = not await git.is_ancestor(repo.path, tip, pull.head_sha)
        if problem := self._protection.merge_problem(repo, pull, behind=behind, sender=sender):
            raise Unprocessable(problem)
        return tip

    async def _squash(
        self,
        repo: Repository,
        issue: SimulatedIssue,
        pull: PullDetails,
        tip: str,
        sender: User,
        title: str,
        message: str | None,
    ) -> str:
        try:
            tree = await fast_import.merged_tree(repo.path, tip, pull.head_sha)
        except git.GitCommandError as error:
            raise Unprocessable(_NOT_MERGEABLE) from error
        commits = (await git.log(repo.path, pull.head_sha, f"^{tip}"))[::-1]
        if message is None:
            message = "\n\n".join(f"* {commit.message.strip()}" for commit in commits) if len(commits) > 1 else ""
        text = f"{title or f'{issue.title} (#{issue.number})'}\n\n{message}".rstrip()
        author, committer = self._store.author(issue.user), self._store.author(sender)
        return await fast_import.merge(repo.path, tree, (tip,), text, author, committer)

    async def _rebase(self, repo: Repository, pull: PullDetails, tip: str, sender: User) -> str:
        """Merge commits are left out, as `git rebase` does."""
        onto = tip
        for commit in (await git.log(repo.path, "--no-merges", pull.head_sha, f"^{tip}"))[::-1]:
            try:
                onto = await fast_import.picked(repo.path, commit, onto, self._store.author(sender))
            except git.GitCommandError as error:
                raise Unprocessable("This branch can't be rebased") from error
        return onto

    # --- branches

    async def update_branch(self, full_name: str, number: int, login: str = "octocat", expected: str = "") -> str:
        """Merges the base into the pull request's branch; the new head."""
        repo, _, pull = self._store.pull(full_name, number)
        if expected and expected != pull.head_sha:
            raise Unprocessable("expected head sha didn\u2019t match current head ref.")
        tip, head = await branch_tip(repo, pull.base_ref, "base"), pull.head_repository
        if await git.is_ancestor(repo.path, tip, pull.head_sha):
            raise Unprocessable("There are no new commits on the base branch.")
        await fetch_commit(repo, head, tip)
        message, sender = f"Merge branch '{pull.base_ref}' into {pull.head_ref}", self._store.add_user(login)
        try:
            return await self._merge_into(head, (pull.head_ref, pull.head_sha), tip, message, sender)
        except MergeConflict as error:
            raise Unprocessable("merge conflict between base and head") from error

    async def merge_branch(
        self, full_name: str, base: str, head: str, message: str = "", login: str = "octocat"
    ) -> str | None:
        """Merges a branch or commit into a branch; None where that contains it. EntityNotFound, MergeConflict."""
        repo, sender = self._store.repository(full_name), self._store.add_user(login)
        tip, other = await branch_tip(repo, base, "base"), await git.resolve(repo.path, head)
        if not other:
            raise EntityNotFound(head)
        if await git.is_ancestor(repo.path, other, tip):
            return None
        return await self._merge_into(repo, (base, tip), other, message or f"Merge {head} into {base}", sender)

    async def _merge_into(
        self, repo: Repository, branch: tuple[str, str], other: str, message: str, sender: User
    ) -> str:
        """Writes a merge commit to a branch, given by its name and its tip."""
        name, tip = branch
        try:
            tree = await fast_import.merged_tree(repo.path, tip, other)
        except git.GitCommandError as error:
            raise MergeConflict("Merge conflict") from error
        sha = await fast_import.merge(repo.path, tree, (tip, other), message, self._store.author(sender))
        try:
            await self._refs.move_ref(repo, f"refs/heads/{name}", sha, sender, tip)
        except git.GitCommandError as error:
            raise MergeConflict(_BASE_MODIFIED) from error
        return sha

    # --- merge queue

    async def queue_merge(self, full_name: str, number: int, login: str = "octocat") -> str:
        """Puts a pull request into the merge queue: a group's branch, and `merge_group.checks_requested`."""
        repo, issue, pull = self._store.pull(full_name, number)
        sender = self._store.add_user(login)
        base = await branch_tip(repo, pull.base_ref, "base")
        sha = await self._pulls.merge_commit(repo, issue, sender)
        ref = f"{_QUEUE}/{pull.base_ref}/pr-{number}-{base}"
        await git.update_ref(repo.path, ref, sha)
        group = await _merge_group(repo, ref, sha, pull.base_ref, base)
        self._events.send("merge_group", repo, sender, {"action": "checks_requested", "merge_group": group})
        return sha

    async def destroy_merge_group(self, full_name: str, sha: str, reason: str = "dequeued") -> None:
        """Takes a group out of the queue: `merge_group.destroyed`."""
        repo = self._store.repository(full_name)
        for ref, tip in (await git.refs(repo.path, _QUEUE)).items():
            if tip == sha:
                base_ref, _, rest = ref.removeprefix(f"{_QUEUE}/").rpartition("/pr-")
                group = await _merge_group(repo, ref, sha, base_ref, rest.rpartition("-")[2])
                await git.update_ref(repo.path, ref, ZERO)
                payload = {"action": "destroyed", "reason": reason, "merge_group": group}
                self._events.send("merge_group", repo, repo.owner, payload)
        self._store.changed()


async def _merge_group(repo: Repository, ref: str, sha: str, base_ref: str, base_sha: str) -> Json:
    return {
        "head_sha": sha,
        "head_ref": ref,
        "base_sha": base_sha,
        "base_ref": f"refs/heads/{base_ref}",
        "head_commit": git_json.simple_commit(await git.one(repo.path, sha)),
    }
