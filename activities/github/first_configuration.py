"""The branch from which a repository gets its first `.github/autobuild.yml`: one commit upon the default branch."""

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity, unprepared
from activities.github.branches import tip
from activities.github.errors import Conflict, NotFound, Validation, branch_rules
from activities.github.urls import url_values
from activities.heartbeat import heartbeating
from activities.model import CONFIG_PATH, CONFIG_PATHS, RepoRef
from activities.reporting import first_configuration as texts
from activities.reporting import github_errors
from activities.untrusted_files import UntrustedFolder
from activities.workspace.git import git_line

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.reporting.planned import Explanation
    from activities.workspace.mirror import Workspaces

BRANCH = "autobuild/init"
_FOLDER_MODE = "040000"


@dataclass(frozen=True)
class FirstConfigInput:
    """A repository that may have no configuration yet."""

    repo: RepoRef


@dataclass(frozen=True)
class FirstConfigResult:
    """`branch` has the configuration, for a pull request into `base`; `body` is that one's. `exists` is the file that
    the default branch has already. `kept` is the open pull request to which other people have added commits."""

    branch: str = BRANCH
    base: str = ""
    body: str = ""
    exists: str = ""
    kept: int = 0


class FirstConfigActivities:
    """May run again. `workspaces` are this host's mirrors."""

    def __init__(self, github: "GitHub", workspaces: "Workspaces") -> None:
        self._github = github
        self._workspaces = workspaces

    @github_activity
    async def write_first_config(self, input: FirstConfigInput) -> FirstConfigResult:
        """Writes what `autobuild init` finds on the default branch as one commit on a branch of its own.

        The branch is brought to the default branch's head, unless other people have added commits to it. Raises
        `UserError` for what a person must do first.
        """
        from activities.workspace.leases import leases

        repo = input.repo
        async with heartbeating():
            api = await self._github.installation(repo, {"contents": "write", "pull_requests": "write"})
            base, head = await _default_head(api, repo)
            with leases():
                try:
                    await self._workspaces.fetch(repo, head)
                    await self._require_folder(repo, head)
                    folder = await self._workspaces.checkout(repo, head)
                    exists, plan, text = await asyncio.to_thread(_found, folder)
                except UserError:
                    raise
                except Exception as error:
                    raise unprepared(error, head) from error
            if exists:
                return FirstConfigResult(base=base, exists=exists)
            kept = await _Branch(api, repo, head, (await self._github.app()).login).write(text)
            return FirstConfigResult(base=base, body=texts.pull_body(plan), kept=kept)

    async def _require_folder(self, repo: RepoRef, head: str) -> None:
        """GitHub would put a folder in the place of a file or a link of that name."""
        name = str(Path(CONFIG_PATH).parent)
        entry = await git_line(self._workspaces.mirror(repo), "ls-tree", head, "--", name)
        if entry and not entry.startswith(_FOLDER_MODE):
            raise UserError(texts.NO_FOLDER)


def _found(folder: Path) -> "tuple[str, Explanation, str]":
    """(the configuration that is there, what else was found, the configuration for it)."""
    from activities.quality_gate.explanation import explain
    from activities.quality_gate.first_configuration import first_configuration

    files = UntrustedFolder(folder)
    exists = next((path for path in CONFIG_PATHS if files.look(path) is not None), "")
    plan = explain(folder)
    return exists, plan, first_configuration(plan)


async def _default_head(api: "API", repo: RepoRef) -> tuple[str, str]:
    """The default branch and its commit."""
    data = await api.getitem("/repos/{owner}/{repo}", url_values(repo))
    if data.get("archived"):
        raise UserError(github_errors.ARCHIVED)
    base, head = str(data["default_branch"]), ""
    try:
        head = await tip(api, repo, base)
    except Conflict as error:
        if "empty" not in error.reason.lower():
            raise
    if not head:
        raise UserError(texts.nothing_on_default_branch(base))
    return base, head


@dataclass(frozen=True)
class _Branch:
    """The bot's branch upon `head`; `login` is the bot's."""

    api: "API"
    repo: RepoRef
    head: str
    login: str

    async def write(self, text: str) -> int:
        """Brings the file to the branch. The number of the open pull request that is left as it is, 0 for none."""
        there = await tip(self.api, self.repo, BRANCH)
        pull = await self._open_pull()
        if there and not await self._is_ours(there):
            if pull:
                return pull
            raise UserError(texts.branch_of_others(BRANCH))
        tree = await self._tree(text)
        if there and await self._has(there, text if pull else "", tree):
            return 0
        data = {"message": texts.COMMIT_MESSAGE, "tree": tree, "parents": [self.head]}
        made = await self.api.post("/repos/{owner}/{repo}/git/commits", url_values(self.repo), data=data)
        await self._move(there, str(made["sha"]))
        return 0

    async def _open_pull(self) -> int:
        where = url_values(self.repo, head=f"{self.repo.owner}:{BRANCH}")
        async for pull in self.api.getiter("/repos/{owner}/{repo}/pulls{?head}", where):
            if pull["head"]["ref"] == BRANCH:
                return int(pull["number"])
        return 0

    async def _tree(self, text: str) -> str:
        file = {"path": CONFIG_PATH, "mode": "100644", "type": "blob", "content": text}
        commit = await self._commit(self.head)
        data = {"base_tree": commit["tree"]["sha"], "tree": [file]}
        made = await self.api.post("/repos/{owner}/{repo}/git/trees", url_values(self.repo), data=data)
        return str(made["sha"])

    async def _commit(self, sha: str) -> Any:
        return await self.api.getitem("/repos/{owner}/{repo}/git/commits/{sha}", url_values(self.repo, sha=sha))

    async def _is_ours(self, there: str) -> bool:
        """Whether nothing is lost with it: it has at most one commit of its own, which the bot made."""
        try:
            where = url_values(self.repo, basehead=f"{self.head}...{there}")
            data = await self.api.getitem("/repos/{owner}/{repo}/compare/{basehead}", where)
        except NotFound:  # nothing in common
            return False
        logins = {str((commit.get("author") or {}).get("login")) for commit in data["commits"]}
        return int(data["ahead_by"]) <= 1 and logins <= {self.login}

    async def _has(self, there: str, text: str, tree: str) -> bool:
        """Whether the branch has the file: with `text` upon any commit of the default branch, else as `tree` upon its
        head."""
        if not text:
            commit = await self._commit(there)
            return bool(commit["tree"]["sha"] == tree and [one["sha"] for one in commit["parents"]] == [self.head])
        try:
            url = f"/repos/{{owner}}/{{repo}}/contents/{CONFIG_PATH}{{?ref}}"
            file = await self.api.getitem(url, url_values(self.repo, ref=there))
        except NotFound:
            return False
        return base64.b64decode(file.get("content") or "") == text.encode()

    async def _move(self, there: str, sha: str) -> None:
        """To the commit. That the branch is still where it was is looked up just before: GitHub compares nothing."""
        if await tip(self.api, self.repo, BRANCH) != there:
            raise Conflict(github_errors.branch_moved(BRANCH, there))
        try:
            with branch_rules(BRANCH):
                if there:
                    where = url_values(self.repo, ref=f"heads/{BRANCH}")
                    url = "/repos/{owner}/{repo}/git/refs/{ref}"
                    await self.api.patch(url, where, data={"sha": sha, "force": True})
                else:
                    ref = {"ref": f"refs/heads/{BRANCH}", "sha": sha}
                    await self.api.post("/repos/{owner}/{repo}/git/refs", url_values(self.repo), data=ref)
        except Validation:
            if await tip(self.api, self.repo, BRANCH) == there:
                raise
            raise Conflict(github_errors.branch_moved(BRANCH, there)) from None
