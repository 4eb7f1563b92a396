"""Moving refs, and what follows from it: events, check suites, pull requests kept up to date."""

import asyncio
from collections.abc import Mapping

from simulator.github import git
from simulator.github.entities import Json, Repository, User
from simulator.github.git import ZERO, diff
from simulator.github.serializers import git as git_json
from simulator.github.services.checks import CheckService
from simulator.github.services.events import Events
from simulator.github.services.protection import ProtectionService
from simulator.github.services.pulls import PullService
from simulator.github.store import Store

_COMMITS_LIMIT = 20
"""Commits in one push event."""
_TAGS_LIMIT = 3
"""GitHub sends no events for tags when more are pushed at once."""


class RefService:
    """Moves refs, and reacts to refs that a push moved."""

    def __init__(
        self, store: Store, events: Events, protection: ProtectionService, checks: CheckService, pulls: PullService
    ) -> None:
        self._store, self._events = store, events
        self._protection, self._checks, self._pulls = protection, checks, pulls
        self._locks: dict[int, asyncio.Lock] = {}

    async def move_ref(
        self, repo: Repository, ref: str, new: str, sender: User, old: str | None = None, *, merged: bool = False
    ) -> None:
        """Moves one ref, as a push would; GitCommandError if it is no longer at `old`, BranchProtected if forbidden.

        `merged`: the rules for merging a pull request were checked already, so those for pushes do not apply.
        """
        async with self.pushing(repo):
            before = await git.refs(repo.path)
            if not merged:
                await self._protection.check_push(repo, ref, before.get(ref, git.ZERO), new, sender)
            await git.update_ref(repo.path, ref, new, old)
            await self.refs_moved(repo, before, sender)

    def pushing(self, repo: Repository) -> asyncio.Lock:
        """To be held from before the refs are read until they are compared, so that each move has one sender."""
        return self._locks.setdefault(repo.id, asyncio.Lock())

    async def refs_moved(self, repo: Repository, before: Mapping[str, str], sender: User) -> None:
        """Sends the app an event for each ref that is not where it was, and brings pull requests up to date."""
        after = await git.refs(repo.path)
        moved = [ref for ref in sorted(before.keys() | after.keys()) if before.get(ref) != after.get(ref)]
        many_tags = sum(ref.startswith("refs/tags/") for ref in moved) > _TAGS_LIMIT
        for ref in moved:
            repo.pushed_at = self._store.now()
            if not (many_tags and ref.startswith("refs/tags/")):
                await self._ref_moved(repo, ref, before.get(ref, ZERO), after.get(ref, ZERO), sender)
        self._store.changed()

    async def _ref_moved(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        await self._send_push(repo, ref, old, new, sender)
        branch = ref.removeprefix("refs/heads/")
        if branch == ref:
            return
        if new != ZERO:
            await self._checks.request_suite(repo, new, branch, old, sender)
        await self._update_pulls(repo, branch, new, sender)

    async def _update_pulls(self, repo: Repository, branch: str, new: str, sender: User) -> None:
        """Pull requests from the branch, then those into it: closed, synchronized or merged."""
        for issue, pull in self._pulls.open_pulls_of(repo):
            if pull.head_ref == branch:
                base = next(
                    each for each in self._store.repositories.values() if each.issues.get(issue.number) is issue
                )
                if new == ZERO:
                    await self._pulls.close_pull(base.full_name, issue.number, sender.login)
                else:
                    await self._pulls.synchronize(base, issue, new, sender)
        for issue in [issue for issue in repo.issues.values() if issue.pull and issue.state == "open"]:
            if issue.pull and issue.pull.base_ref == branch:
                issue.pull.mergeable, issue.pull.mergeable_state = None, "unknown"
                if new == ZERO:
                    await self._pulls.close_pull(repo.full_name, issue.number, sender.login)
                elif await git.is_ancestor(repo.path, issue.pull.head_sha, new):
                    await self._pulls.mark_merged(repo, issue, new, sender)

    async def _send_push(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> None:
        kind, _, name = ref.removeprefix("refs/").partition("/")
        kind = {"heads": "branch", "tags": "tag"}[kind]
        payload: Json = {"ref": name, "ref_type": kind, "pusher_type": "user"}
        if old == ZERO:
            more = {"master_branch": repo.default_branch, "description": None}
            self._events.send("create", repo, sender, {**payload, **more})
        if new == ZERO:
            self._events.send("delete", repo, sender, payload)
        self._events.send("push", repo, sender, await self._push_payload(repo, ref, old, new, sender))

    async def _push_payload(self, repo: Repository, ref: str, old: str, new: str, sender: User) -> Json:
        """`commits` are the new ones, oldest first; those of a new branch are in no other branch."""
        tips = await git.refs(repo.path, "refs/heads")
        commits, head = [], None
        if new != ZERO:
            known = [old] if old != ZERO else [tip for tip in tips.values() if tip != new]
            commits = await self._commits(repo, _COMMITS_LIMIT, new, *(f"^{sha}" for sha in known))
            head = commits[-1] if commits else (await self._commits(repo, 1, new))[0]
        same = sorted(other for other, tip in tips.items() if tip == new and other != ref)
        return {
            "ref": ref,
            "before": old,
            "after": new,
            "created": old == ZERO,
            "deleted": new == ZERO,
            "forced": ZERO not in (old, new) and not await git.is_ancestor(repo.path, old, new),
            "base_ref": same[0] if same and old == ZERO else None,
            "compare": f"{self._store.url}/{repo.full_name}/compare/{old[:12]}...{new[:12]}",
            "commits": commits,
            "head_commit": head,
            "pusher": {"name": sender.login, "email": sender.person.email},
        }

    async def _commits(self, repo: Repository, limit: int, *revisions: str) -> list[Json]:
        commits = await git.log(repo.path, *revisions, limit=limit)
        touched = await diff.touched(repo.path, [commit.sha for commit in commits])
        return [git_json.pushed_commit(self._store, repo, commit, touched[commit.sha]) for commit in reversed(commits)]
