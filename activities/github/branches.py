"""Branches: created, brought up to date and looked up, so that a second try finds what the first one did."""

import contextlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.errors import Conflict, NotFound, Validation, branch_rules
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import API, AppClient, GitHub

_SHA = re.compile(r"[0-9a-f]{40}")
_GITHUB = "web-flow"
"""GitHub's own account, the committer of what is committed by its API or pages."""


@dataclass(frozen=True)
class BranchInfoInput:
    """A branch; "" is the default one."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class BranchInfoResult:
    """`sha` "" where the branch does not exist (or nothing has been pushed yet)."""

    name: str
    sha: str
    protected: bool = False
    default: bool = False


@dataclass(frozen=True)
class BranchStateInput:
    """A branch that we may have made. `commits` are ours beside those that the App itself committed."""

    repo: RepoRef
    branch: str
    commits: tuple[str, ...] = ()


@dataclass(frozen=True)
class BranchStateResult:
    """`sha` "" where the branch does not exist. `others`: its head is a commit of somebody else. `pull` is its open
    pull request, ours before other people's and the newest of them, 0 where there is none; `ours`: we opened it."""

    sha: str = ""
    others: bool = False
    pull: int = 0
    ours: bool = False
    draft: bool = False


@dataclass(frozen=True)
class CreateBranchInput:
    """A branch `name` that begins at `base`: another branch's name, or a commit (40 hex digits)."""

    repo: RepoRef
    name: str
    base: str


@dataclass(frozen=True)
class CreateBranchResult:
    """`sha` is the branch's head. `changed` False: it was there, perhaps with commits on top of its base."""

    name: str
    sha: str
    changed: bool


@dataclass(frozen=True)
class SyncBranchInput:
    """Brings `base` (a branch or a commit) into `branch`. `message` "" is GitHub's own."""

    repo: RepoRef
    branch: str
    base: str
    message: str = ""


@dataclass(frozen=True)
class SyncBranchResult:
    """`sha` is the branch's head. `changed` False: it held all of the base already."""

    sha: str
    changed: bool


@dataclass(frozen=True)
class DeleteBranchInput:
    """Delete `branch` where its head is one of `heads`: what somebody else pushed to it is kept."""

    repo: RepoRef
    branch: str
    heads: tuple[str, ...]


@dataclass(frozen=True)
class PushTimeInput:
    """When was this commit pushed to this branch? `branch` "" is one of a fork."""

    repo: RepoRef
    sha: str
    branch: str = ""


@dataclass(frozen=True)
class PushTimeResult:
    """GitHub's time in seconds since 1970, 0 where that is unknown."""

    at: float = 0.0


class BranchActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def branch_info(self, input: BranchInfoInput) -> BranchInfoResult:
        """Returns a branch's head, and whether it is protected or the default branch."""
        api = await self._github.installation(input.repo, {"contents": "read"})
        default = str((await api.getitem("/repos/{owner}/{repo}", url_values(input.repo)))["default_branch"])
        name = input.branch or default
        try:
            data = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", url_values(input.repo, branch=name))
        except NotFound:
            return BranchInfoResult(name, "", default=name == default)
        return BranchInfoResult(name, str(data["commit"]["sha"]), bool(data.get("protected")), name == default)

    @github_activity
    async def get_branch_state(self, input: BranchStateInput) -> BranchStateResult:
        """Returns a branch's head, whether somebody else has pushed it, and its open pull request."""
        api = await self._github.installation(input.repo, {"contents": "read", "pull_requests": "read"})
        sha, app = await tip(api, input.repo, input.branch), await self._github.app()
        if not sha:
            return BranchStateResult()
        others = sha not in input.commits
        if others:
            url = "/repos/{owner}/{repo}/commits/{ref}"
            commit = await api.getitem(url, url_values(input.repo, ref=sha))
            others = not made_by_us(commit, app, input.commits)
        # GitHub's filter knows no former name of an owner.
        owner = api.full_name(input.repo).partition("/")[0]
        where = url_values(input.repo, state="open", head=f"{owner}:{input.branch}", per_page="100")
        found = [
            (app.wrote(pull), int(pull["number"]), bool(pull.get("draft")))
            async for pull in api.getiter("/repos/{owner}/{repo}/pulls{?state,head,per_page}", where)
            if pull["head"]["ref"] == input.branch
            and (pull["head"].get("repo") or {}).get("id") == pull["base"]["repo"]["id"]
        ]
        ours, number, draft = max(found, default=(False, 0, False))
        return BranchStateResult(sha, others, number, ours, draft)

    @github_activity
    async def get_push_time(self, input: PushTimeInput) -> PushTimeResult:
        """Returns when a commit was pushed to a branch for the first time, as far as GitHub knows.

        It creates the App's check suite of a commit with its first push to any branch; of a fork it names none.
        """
        app = await self._github.app()
        api = await self._github.installation(input.repo, {"checks": "read"})
        url = "/repos/{owner}/{repo}/commits/{ref}/check-suites?app_id={app}"
        try:
            found = await api.getitem(url, url_values(input.repo, ref=input.sha, app=str(app.id)))
        except (NotFound, Validation):
            return PushTimeResult()
        times = [
            datetime.fromisoformat(str(suite["created_at"])).timestamp()
            for suite in found["check_suites"]
            if (suite.get("app") or {}).get("id") == app.id and (suite.get("head_branch") or "") in ("", input.branch)
        ]
        return PushTimeResult(min(times, default=0.0))

    @github_activity
    async def create_branch(self, input: CreateBranchInput) -> CreateBranchResult:
        """Creates a branch at another branch's head or at a commit.

        `Conflict` where one of that name is somewhere else. A base that is a branch may have moved since an earlier
        try, so a branch of that name without commits of its own is found as well.
        """
        api = await self._github.installation(input.repo, {"contents": "write"})
        base = await commit_of(api, input.repo, input.base)
        there = await tip(api, input.repo, input.name)
        if not there:
            try:
                with branch_rules(input.name):
                    ref = {"ref": f"refs/heads/{input.name}", "sha": base}
                    await api.post("/repos/{owner}/{repo}/git/refs", url_values(input.repo), data=ref)
                return CreateBranchResult(input.name, base, changed=True)
            except Validation:
                # Somebody else may just have created it; GitHub's sentence for that is not the only one it uses.
                if not (there := await tip(api, input.repo, input.name)):
                    raise
        fitting = ("ahead", "identical") if input.base == base else ("ahead", "identical", "behind")
        if there == base or await compared(api, input.repo, there, base) in fitting:
            return CreateBranchResult(input.name, there, changed=False)
        raise Conflict(texts.branch_exists(input.name, there, base))

    @github_activity
    async def delete_branch(self, input: DeleteBranchInput) -> None:
        """Deletes a branch, never the default one, unless its head is another one than expected."""
        api = await self._github.installation(input.repo, {"contents": "write"})
        await refuse_default(api, input.repo, input.branch)
        if await tip(api, input.repo, input.branch) not in input.heads:
            return
        with contextlib.suppress(NotFound, Validation):
            where = url_values(input.repo, ref=f"heads/{input.branch}")
            await api.delete("/repos/{owner}/{repo}/git/refs/{ref}", where)

    @github_activity
    async def sync_branch(self, input: SyncBranchInput) -> SyncBranchResult:
        """Merges the base into a branch.

        Raises `UserError` for a conflict, which no second try solves, and for the default branch.
        """
        api = await self._github.installation(input.repo, {"contents": "write"})
        await refuse_default(api, input.repo, input.branch)
        data = {"base": input.branch, "head": input.base}
        data |= {"commit_message": input.message} if input.message else {}
        try:
            with branch_rules(input.branch):
                merged = await api.post("/repos/{owner}/{repo}/merges", url_values(input.repo), data=data)
        except Conflict as error:
            if "merge conflict" not in error.reason.lower():
                raise
            raise UserError(texts.branch_conflicts(input.branch, input.base)) from None
        except (NotFound, Validation):  # which of the two is not there?
            await commit_of(api, input.repo, input.branch)
            await commit_of(api, input.repo, input.base)
            raise
        # 204 without a body: there was nothing to merge.
        sha = str(merged["sha"]) if merged else await tip(api, input.repo, input.branch)
        return SyncBranchResult(sha, changed=bool(merged))


def made_by_us(commit: Mapping[str, Any], app: "AppClient", ours: Collection[str]) -> bool:
    """Whether a commit, as REST gives it, is one of `ours` or was made by the App: what it makes by the API is
    committed by GitHub in its name. Whoever changes such a commit by git becomes its committer."""
    if commit["sha"] in ours:
        return True
    author, committer = (str((commit.get(role) or {}).get("login") or "") for role in ("author", "committer"))
    return author == app.login and committer in (app.login, _GITHUB)


async def tip(api: "API", repo: RepoRef, branch: str) -> str:
    """A branch's head, "" where there is no such branch."""
    try:
        data = await api.getitem("/repos/{owner}/{repo}/git/ref/{ref}", url_values(repo, ref=f"heads/{branch}"))
    except NotFound:
        return ""
    return str(data["object"]["sha"])


async def commit_of(api: "API", repo: RepoRef, name: str) -> str:
    """The commit that a branch's name or 40 hex digits mean.

    Raises `UserError` for a branch that does not exist, `NotFound` for a commit that GitHub does not know (yet).
    """
    if not _SHA.fullmatch(name):
        if sha := await tip(api, repo, name):
            return sha
        raise UserError(texts.unknown_branch(repo.full_name, name))
    try:
        data = await api.getitem("/repos/{owner}/{repo}/git/commits/{sha}", url_values(repo, sha=name))
    except NotFound:
        raise NotFound(f"{repo.full_name} has no commit {name}.") from None
    return str(data["sha"])


async def refuse_default(api: "API", repo: RepoRef, branch: str) -> None:
    """Raises `UserError` for the default branch: what the bot changes there it proposes as a pull request."""
    data = await api.getitem("/repos/{owner}/{repo}", url_values(repo))
    if branch == data["default_branch"]:
        raise UserError(texts.is_default_branch(branch))


async def compared(api: "API", repo: RepoRef, head: str, commit: str) -> str:
    """How `head` compares to `commit`, both ids: `identical`, `ahead` (it holds it), `behind`, `diverged`."""
    url = "/repos/{owner}/{repo}/compare/{basehead}?per_page=1"
    try:
        data = await api.getitem(url, url_values(repo, basehead=f"{commit}...{head}"))
    except NotFound:
        return "diverged"  # nothing in common
    return str(data["status"])
