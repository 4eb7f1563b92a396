"""What GitHub does once the refs of a repository have moved: events, check suites, pull requests kept up to date."""

import asyncio
from collections.abc import Mapping

from simulator.github import git
from simulator.github.git import ZERO, diff
from simulator.github.serializers import git as shapes_git
from simulator.github.services.entities import Issue, Json, Repository, User
from simulator.github.services.protection import Protection
from simulator.github.services.pulls import Pulls

_LISTED = 20
"""Commits in one push event."""
_TAGS_TOLD = 3
"""GitHub says nothing of tags when more are pushed at once."""


class RefMoves(Pulls, Protection):
    """See the module."""

    async def move_ref(
        self, repo: Repository, ref: str, new: str, sender: User, old: str | None = None, *, merged: bool = False
    ) -> None:
        """Moves one ref, as a push would; raises GitError if it is no longer at `old`, Declined if it is protected.

        `merged`: a pull request was found fit to be merged, so nobody else is asked.
        """
        async with self.pushing(repo):
            before = await git.refs(repo.path)
            if not merged:
                await self.guard(repo, ref, before.get(ref, git.ZERO), new, sender)
            await git.update_ref(repo.path, ref, new, old)
            await self.refs_moved(repo, before, sender)

    def pushing(self, repo: Repository) -> asyncio.Lock:
        """Held from before the refs are read until they are compared: who pushed what must be known."""
        return self._locks.setdefault(repo.id, asyncio.Lock())

    async def refs_moved(self, repo: Repository, before: Mapping[str, str], sender: User) -> None:
        """Tells the app of every ref that is not where it was, and brings pull requests up to date."""
        after = await git.refs(repo.path)
        names = [ref for ref in sorted(before.keys() | after.keys()) if before.get(ref) != after.get(ref)]
        many_tags = sum(ref.startswith("refs/tags/") for ref in names) > _TAGS_TOLD
        for ref in names:
            repo.pushed_at = self.now()
            if not (many_tags and ref.startswith("refs/tags/")):
                await self._ref_moved(repo, ref, before.get(ref, ZERO), after.get(ref, ZERO), sender)
        self.changed()

    async def _ref_moved(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        await self._tell_push(repo, ref, old, new, sender)
        branch = ref.removeprefix("refs/heads/")
        if branch == ref:
            return
        if new != ZERO:
            await self.request_suite(repo, new, branch, old, sender)
        for issue, pull in self.open_pulls_of(repo):
            if pull.head_ref == branch:
                await self._head_moved(issue, new, sender)
        await self._base_moved(repo, branch, new, sender)

    async def _head_moved(self, issue: Issue, new: str, sender: User) -> None:
        repo = next(repo for repo in self.repositories.values() if repo.issues.get(issue.number) is issue)
        if new == ZERO:
            await self.close_pull(repo.full_name, issue.number, sender.login)
        else:
            await self.synchronize(repo, issue, new, sender)

    async def _base_moved(self, repo: Repository, branch: str, new: str, sender: User) -> None:
        issues = [issue for issue in repo.issues.values() if issue.pull and issue.state == "open"]
        for issue in issues:
            if issue.pull is None or issue.pull.base_ref != branch:
                continue
            issue.pull.mergeable, issue.pull.mergeable_state = None, "unknown"
            if new == ZERO:
                await self.close_pull(repo.full_name, issue.number, sender.login)
            elif await git.is_ancestor(repo.path, issue.pull.head_sha, new):
                await self.end_merged(repo, issue, new, sender)

    async def _tell_push(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        kind, _, name = ref.removeprefix("refs/").partition("/")
        kind = {"heads": "branch", "tags": "tag"}[kind]
        made = {"ref": name, "ref_type": kind, "pusher_type": "user"}
        if old == ZERO:
            more = {"master_branch": repo.default_branch, "description": None}
            self.emit("create", repo, sender, {**made, **more})
        if new == ZERO:
            self.emit("delete", repo, sender, made)
        self.emit("push", repo, sender, await self._push_payload(repo, ref, old, new, sender))

    async def _push_payload(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> Json:
        commits = await self._pushed(repo, old, new) if new != ZERO else []
        tips = await git.refs(repo.path, "refs/heads")
        same = sorted(other for other, tip in tips.items() if tip == new and other != ref)
        return {
            "ref": ref,
            "before": old,
            "after": new,
            "created": old == ZERO,
            "deleted": new == ZERO,
            "forced": ZERO not in (old, new) and not await git.is_ancestor(repo.path, old, new),
            "base_ref": same[0] if same and old == ZERO else None,
            "compare": f"{self.url}/{repo.full_name}/compare/{old[:12]}...{new[:12]}",
            "commits": commits,
            "head_commit": commits[-1] if commits else await self._commit_at(repo, new),
            "pusher": {"name": sender.login, "email": self.person(sender).email},
        }

    async def _pushed(self, repo: Repository, old: str, new: str) -> list[Json]:
        """Oldest first. A new branch brings what no other branch has."""
        others = [tip for ref, tip in (await git.refs(repo.path, "refs/heads")).items() if tip != new]
        known = [old] if old != ZERO else others
        return await self._commits(repo, _LISTED, new, *(f"^{sha}" for sha in known))

    async def _commit_at(self, repo: Repository, sha: str) -> Json | None:
        return None if sha == ZERO else (await self._commits(repo, 1, sha))[0]

    async def _commits(self, repo: Repository, limit: int, *revisions: str) -> list[Json]:
        commits = await git.log(repo.path, *revisions, limit=limit)
        touched = await diff.touched(repo.path, [commit.sha for commit in commits])
        return [shapes_git.pushed_commit(self, repo, commit, touched[commit.sha]) for commit in reversed(commits)]
