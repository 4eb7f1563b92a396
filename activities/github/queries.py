"""What the bot looks up: pulls, branches, and what a person may do."""

from collections.abc import Mapping
from typing import Any

from activities.github.client import GitHub
from activities.github.client.errors import Forbidden, NotFound, Validation
from activities.github.types.lookups import BranchInfo, Permission, PullOfHeadInput, PullOfHeadResult, PullRequest
from activities.model import RepoRef

# What GitHub calls each of its own roles in `permission`, which knows no triage and no maintain.
_BASES = {"none": "none", "read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"}


async def pull_request(github: GitHub, repo: RepoRef, number: int) -> PullRequest:
    """A pull by its number, as it is now."""
    api = await github.installation(repo, {"pull_requests": "read"})
    return pull_of(await api.getitem("/repos/{owner}/{repo}/pulls/{number}", _names(repo, number=str(number))))


async def open_pulls(github: GitHub, repo: RepoRef, head: str = "") -> tuple[PullRequest, ...]:
    """Open pulls, newest first; `head` is `owner:branch`."""
    api = await github.installation(repo, {"pull_requests": "read"})
    url = "/repos/{owner}/{repo}/pulls{?state,head,per_page}"
    names = _names(repo, state="open", per_page="100") | ({"head": head} if head else {})
    return tuple([pull_of(data) async for data in api.getiter(url, names)])


async def pulls_with(github: GitHub, repo: RepoRef, sha: str) -> tuple[PullRequest, ...]:
    """Pulls that hold a commit; none for one that GitHub does not know (yet)."""
    api = await github.installation(repo, {"pull_requests": "read", "contents": "read"})
    url = "/repos/{owner}/{repo}/commits/{sha}/pulls?per_page=100"
    try:
        return tuple([pull_of(data) async for data in api.getiter(url, _names(repo, sha=sha))])
    except (NotFound, Validation):
        return ()


async def pull_of_head(github: GitHub, wanted: PullOfHeadInput) -> PullOfHeadResult:
    """The newest open pull whose head is this commit: by its branch first, since a commit may be in many."""
    repo = wanted.repo
    found = await open_pulls(github, repo, f"{repo.owner}:{wanted.branch}") if wanted.branch else ()
    found = found or await pulls_with(github, repo, wanted.sha)
    fitting = [pull for pull in found if pull.state == "open" and pull.head_sha == wanted.sha]
    return PullOfHeadResult(max(fitting, key=lambda pull: pull.number, default=None))


async def permission(github: GitHub, repo: RepoRef, login: str) -> Permission:
    """What this person may do. Nobody we cannot ask about may do anything; what GitHub cannot tell just now is asked
    again by the activity's next try."""
    api = await github.installation(repo, {"metadata": "read"})
    url = "/repos/{owner}/{repo}/collaborators/{login}/permission"
    try:
        data = await api.getitem(url, _names(repo, login=login))
    except (NotFound, Forbidden, Validation):
        return Permission("none")
    role, base = str(data.get("role_name") or ""), str(data.get("permission") or "")
    # `role_name` may be an organisation's own word, whatever it sounds like: then the role that it is built on counts.
    return Permission(role if _BASES.get(role) == base else base if base in _BASES else "none")


async def branch_info(github: GitHub, repo: RepoRef, branch: str) -> BranchInfo:
    """A branch's head and what it is to the repository; the default branch where none is named."""
    api = await github.installation(repo, {"contents": "read"})
    default = str((await api.getitem("/repos/{owner}/{repo}", _names(repo)))["default_branch"])
    name = branch or default
    try:
        data = await api.getitem("/repos/{owner}/{repo}/branches/{branch}", _names(repo, branch=name))
    except NotFound:
        return BranchInfo(name, "", default=name == default)
    return BranchInfo(name, str(data["commit"]["sha"]), bool(data.get("protected")), name == default)


def pull_of(data: Mapping[str, Any]) -> PullRequest:
    """GitHub's pull as our noun. The lists lack `merged` and `maintainer_can_modify`."""
    head, base = data["head"], data["base"]
    head_repo = str((head.get("repo") or {}).get("full_name") or "")
    return PullRequest(
        number=int(data["number"]),
        title=str(data.get("title") or ""),
        author=str((data.get("user") or {}).get("login") or ""),
        state=str(data["state"]),
        draft=bool(data.get("draft")),
        merged=bool(data.get("merged_at")),
        head_sha=str(head["sha"]),
        head_ref=str(head["ref"]),
        head_repo=head_repo,
        base_sha=str(base["sha"]),
        base_ref=str(base["ref"]),
        fork=head_repo.lower() != str(base["repo"]["full_name"]).lower(),
        can_modify=bool(data.get("maintainer_can_modify")),
    )


def _names(repo: RepoRef, **more: str) -> dict[str, str]:
    return {"owner": repo.owner, "repo": repo.name, **more}
