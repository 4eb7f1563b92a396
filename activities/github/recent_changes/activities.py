"""The activity that fetches what was changed before an incident. It runs on the host that has the incident's data."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from activities.github.activity_errors import github_activity
from activities.github.recent_changes.types import ChangesOnGitHub, FetchChangesInput
from activities.github.urls import url_values
from activities.heartbeat import heartbeating
from activities.incidents.types import FetchResult, RecentChange
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.incidents.store import IncidentStore
    from activities.workspace.mirror import Workspaces

WINDOW_S = 72 * 3600.0
_SKEW_S = 60.0
_MOST = 200
NO_REPOSITORY = "No repository of this service is known, so nothing is known of its changes."
NO_BRANCH = "The repository has no commit on its default branch."


class RecentChangeActivities:
    """It may run again: what it fetched is replaced. `github` is None on a laptop, where there are folders only."""

    def __init__(self, github: "GitHub | None", store: "IncidentStore", workspaces: "Workspaces") -> None:
        self._github = github
        self._store = store
        self._workspaces = workspaces

    @github_activity
    async def fetch_changes(self, input: FetchChangesInput) -> FetchResult:
        """Fetches what was changed in a service's repository in the three days before an incident."""
        from activities.workspace.leases import leases

        async with heartbeating():
            repo = input.scope.repo
            if repo is None or (not repo.path and self._github is None):
                return await self._kept(input, None, NO_REPOSITORY)
            with leases():
                tip, found = await (self._of_folder(repo) if repo.path else self._of_github(input, repo))
                if not tip:
                    return await self._kept(input, None, NO_BRANCH)
                changes, problem = await self._joined(input, repo, tip, found)
            problem = " ".join([*found.problems, *([problem] if problem else [])])
            return await self._kept(input, changes, problem, ("git",) if repo.path else ("git", "GitHub"))

    async def _of_github(self, input: FetchChangesInput, repo: RepoRef) -> tuple[str, ChangesOnGitHub]:
        from activities.github.errors import Forbidden
        from activities.github.recent_changes.listing import ChangeListing

        assert self._github
        needed = {"contents": "read", "metadata": "read", "pull_requests": "read"}
        try:
            api = await self._github.installation(repo, {**needed, "deployments": "read"})
        except Forbidden:  # an account that has not accepted this permission yet
            api = await self._github.installation(repo, needed)
        branch = str((await api.getitem("/repos/{owner}/{repo}", url_values(repo)))["default_branch"])
        onset = input.scope.onset
        listing = ChangeListing(api, repo, branch, onset - WINDOW_S, onset + _SKEW_S)
        return await self._workspaces.fetch_branch(repo, branch), await listing.read(input.environment)

    async def _of_folder(self, repo: RepoRef) -> tuple[str, ChangesOnGitHub]:
        from activities.workspace.folder_repository import bare_repository, find_repository, stand_in

        path = Path(repo.path)
        repository = await asyncio.to_thread(lambda: bare_repository(path) or find_repository(path))
        if repository is None:
            return "", ChangesOnGitHub()
        async with stand_in(repository) as names:
            tip = await names.commit("HEAD")
            if tip:
                await self._workspaces.take(repo, names, tip)
        return tip, ChangesOnGitHub()

    async def _joined(
        self, input: FetchChangesInput, repo: RepoRef, tip: str, found: ChangesOnGitHub
    ) -> tuple[tuple[RecentChange, ...], str]:
        """The newest changes, with what they touch."""
        from activities.github.recent_changes import joining
        from activities.incident_changes.git_history import branch_commits, described_change

        now = self._github.clock.now() if self._github and not repo.path else time.time()
        commits = await branch_commits(self._workspaces, repo, tip, now)
        known = {one.sha for one in commits}
        onset = input.scope.onset
        all_changes = [
            *joining.commit_changes(commits, found, repo),
            *joining.deployment_changes(found.deployments, repo),
            *joining.release_changes(found, repo),
        ]
        within = sorted(
            (one for one in all_changes if onset - WINDOW_S <= one.at <= onset + _SKEW_S), key=lambda one: -one.at
        )
        changes = []
        for one in within[:_MOST]:
            described = one
            if one.sha in known and (one.base in known or one.sort != "deployment"):
                described = await described_change(self._workspaces, repo, one, one.base, one.sha)
            changes.append(joining.classified(described, input.scope.service, input.paths))
        problem = f"There were {len(within):,} changes; the newest {_MOST} count." if len(within) > _MOST else ""
        return tuple(changes), problem

    async def _kept(
        self, input: FetchChangesInput, changes: tuple[RecentChange, ...] | None, problem: str,
        sources: tuple[str, ...] = (),
    ) -> FetchResult:  # fmt: skip
        incident = input.scope.incident
        await asyncio.to_thread(self._store.put, incident, "changes", changes)
        await asyncio.to_thread(self._store.put, incident, "problem-changes", problem)
        return FetchResult(len(changes or ()), problem, sources)
