"""Branches: made, brought up to date and looked up, so that a second try finds what the first one did."""

import re

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import Conflict, NotFound, Validation
from activities.github.merging.errors import rules_of
from activities.github.types.branches import CreateBranchInput, CreateBranchResult, SyncBranchInput, SyncBranchResult
from activities.model import RepoRef
from activities.reporting import code

_SHA = re.compile(r"[0-9a-f]{40}")
_REFS = "/repos/{owner}/{repo}/git/refs"


async def create(github: GitHub, wanted: CreateBranchInput) -> CreateBranchResult:
    """The branch is there afterwards and holds its base; `Conflict` where one of that name stands elsewhere.

    A base that is a branch may have moved since an earlier try, so a branch of that name without commits of its own
    is found as well.
    """
    api = await github.installation(wanted.repo, {"contents": "write"})
    base = await commit_of(api, wanted.repo, wanted.base)
    there = await tip(api, wanted.repo, wanted.name)
    if not there:
        try:
            return await _create(api, wanted, base)
        except Validation:
            # Somebody else may just have made it; GitHub's sentence for that is not the only one it uses.
            if not (there := await tip(api, wanted.repo, wanted.name)):
                raise
    if await _is_of(api, wanted, base, there):
        return CreateBranchResult(wanted.name, there, changed=False)
    raise Conflict(f"{code(wanted.name)} exists already, at {there[:12]}, which does not hold {base[:12]}.")


async def sync(github: GitHub, wanted: SyncBranchInput) -> SyncBranchResult:
    """The branch holds all of its base afterwards, by a merge commit where one is needed.

    Raises `UserError` for a conflict, which no second try solves, and for the default branch.
    """
    api = await github.installation(wanted.repo, {"contents": "write"})
    await refuse_default(api, wanted.repo, wanted.branch)
    data = {"base": wanted.branch, "head": wanted.base}
    data |= {"commit_message": wanted.message} if wanted.message else {}
    try:
        with rules_of(wanted.branch):
            merged = await api.post("/repos/{owner}/{repo}/merges", names(wanted.repo), data=data)
    except Conflict as error:
        raise _conflict(wanted, error) from None
    except (NotFound, Validation):  # which of the two is not there?
        await commit_of(api, wanted.repo, wanted.branch)
        await commit_of(api, wanted.repo, wanted.base)
        raise
    # 204 without a body: there was nothing to merge.
    sha = str(merged["sha"]) if merged else await tip(api, wanted.repo, wanted.branch)
    return SyncBranchResult(sha, changed=bool(merged))


async def tip(api: API, repo: RepoRef, branch: str) -> str:
    """A branch's head, "" where there is no such branch."""
    try:
        data = await api.getitem("/repos/{owner}/{repo}/git/ref/{ref}", names(repo, ref=f"heads/{branch}"))
    except NotFound:
        return ""
    return str(data["object"]["sha"])


async def commit_of(api: API, repo: RepoRef, name: str) -> str:
    """The commit that a branch's name or 40 hex digits mean.

    Raises `UserError` for a branch that does not exist, `NotFound` for a commit that GitHub does not know (yet).
    """
    if not _SHA.fullmatch(name):
        if sha := await tip(api, repo, name):
            return sha
        raise UserError(f"{repo.full_name} has no branch {code(name) or 'without a name'}.")
    try:
        data = await api.getitem("/repos/{owner}/{repo}/git/commits/{sha}", names(repo, sha=name))
    except NotFound:
        raise NotFound(f"{repo.full_name} has no commit {name}.") from None
    return str(data["sha"])


async def refuse_default(api: API, repo: RepoRef, branch: str) -> None:
    """Raises `UserError` for the default branch: what the bot wants there it proposes as a pull request."""
    data = await api.getitem("/repos/{owner}/{repo}", names(repo))
    if branch == data["default_branch"]:
        raise UserError(f"{code(branch)} is the default branch: propose the change there as a pull request.")


async def standing(api: API, repo: RepoRef, head: str, commit: str) -> str:
    """How `head` stands to `commit`, both ids: `identical`, `ahead` (it holds it), `behind`, `diverged`."""
    url = "/repos/{owner}/{repo}/compare/{basehead}?per_page=1"
    try:
        data = await api.getitem(url, names(repo, basehead=f"{commit}...{head}"))
    except NotFound:
        return "diverged"  # nothing in common
    return str(data["status"])


def names(repo: RepoRef, **more: str) -> dict[str, str]:
    """What fills the templates of GitHub's addresses."""
    return {"owner": repo.owner, "repo": repo.name, **more}


async def _create(api: API, wanted: CreateBranchInput, base: str) -> CreateBranchResult:
    with rules_of(wanted.name):
        await api.post(_REFS, names(wanted.repo), data={"ref": f"refs/heads/{wanted.name}", "sha": base})
    return CreateBranchResult(wanted.name, base, changed=True)


async def _is_of(api: API, wanted: CreateBranchInput, base: str, there: str) -> bool:
    if there == base:
        return True
    good = ("ahead", "identical") if wanted.base == base else ("ahead", "identical", "behind")
    return await standing(api, wanted.repo, there, base) in good


def _conflict(wanted: SyncBranchInput, error: Conflict) -> Exception:
    if "merge conflict" not in error.said.lower():
        return error
    return UserError(f"{code(wanted.branch)} conflicts with {code(wanted.base)}: merge it by hand.")
